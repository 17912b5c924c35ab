"""The ways in which a person may read a text that was written so that a filter does not.

Every reading is a row of words with their places in the text. The first is always the text as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from moderation.text.lexicon import Lexicon
from moderation.text.lookalikes import MASKS, ONLY_TURNED, SIGNS, TURNED, latinised, spellings
from moderation.text.words import Word, chunks, plain, words

AS_WRITTEN = "as written"
UNDISGUISED = "without its disguise"
BACKWARDS = "backwards"
WORDS_BACKWARDS = "each word backwards"
TURNED_ROUND = "turned round"
RUN_TOGETHER = "with spaces between its words"

LONGEST_CHUNK = 40
"""Letters and signs without white space; longer ones are addresses or noise, no disguised word."""

SHORTEST_RUN_TOGETHER = 9
SHORTEST_REVERSED = 4
NEVER_DOUBLE = frozenset("aiuvwxyhjkq")
"""Letters that English hardly ever doubles."""

FEWEST_TURNED = 2
BREAKS = frozenset(',;:"()[]{}<>/\\&=…“”„«»‹›–—¿')
EDGES = BREAKS | MASKS | frozenset("!+|'")


@dataclass(frozen=True)
class Reading:
    """One way to read a text."""

    name: str
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(word.letters for word in self.words)


def readings(text: str, lexicon: Lexicon) -> list[Reading]:
    """All different readings of `text`, first as it is written."""
    characters = list(plain(text))
    written = Reading(AS_WRITTEN, tuple(words(characters)))
    undisguised = Reading(UNDISGUISED, tuple(join(undisguise(characters, lexicon), lexicon)))
    found = [written, undisguised, *_turned(characters, lexicon), *_backwards(written, lexicon)]
    found += _run_together(undisguised, lexicon)
    different = {tuple(word.letters for word in reading.words): reading for reading in reversed(found)}
    return [reading for reading in found if reading in different.values()]


def undisguise(characters: Sequence[tuple[str, int]], lexicon: Lexicon) -> Iterator[Word]:
    """The words of a text with signs, look-alikes, masks and repeated letters undone where that gives a known word."""
    for chunk in chunks(characters):
        usual = list(words(chunk))
        if len(chunk) > LONGEST_CHUNK or (usual and all(lexicon.knows(word.letters) for word in usual)):
            yield from usual
        else:
            yield from _undisguised_chunk(chunk, usual, lexicon)


def _undisguised_chunk(chunk: list[tuple[str, int]], usual: list[Word], lexicon: Lexicon) -> list[Word]:
    trimmed = _trim(chunk)
    if trimmed and (letters := _known_spelling("".join(character for character, _ in trimmed), lexicon)):
        return [Word(letters, trimmed[0][1], trimmed[-1][1] + 1)]
    groups = groupby(chunk, key=lambda pair: pair[0] in BREAKS)
    parts = [list(part) for is_break, part in groups if not is_break]
    if len(parts) > 1:
        return [word for part in parts for word in _undisguised_chunk(part, list(words(part)), lexicon)]
    return [Word(_known_spelling(word.letters, lexicon) or word.letters, word.start, word.end) for word in usual]


def _trim(chunk: list[tuple[str, int]]) -> list[tuple[str, int]]:
    start, end = 0, len(chunk)
    while start < end and chunk[start][0] in EDGES:
        start += 1
    while end > start and chunk[end - 1][0] in EDGES:
        end -= 1
    return chunk[start:end]


def _known_spelling(chunk: str, lexicon: Lexicon) -> str:
    """The known word that `chunk` spells in disguise, or ""."""
    if not any(character.isalpha() for character in chunk) or lexicon.knows(chunk):
        return ""
    letters = latinised(chunk)
    tried = [letters, "".join(letter for letter in letters if letter not in MASKS)]
    if any(character in SIGNS for character in letters):
        tried = [spelling for form in tried for spelling in spellings(form)]
    for form in tried:
        if form.isalpha() and (known := _known(form, lexicon)):
            return known
    if any(letter in MASKS for letter in letters[1:]):
        return next((word for form in tried if (word := lexicon.matching(form, MASKS))), "")
    backwards = letters[::-1]
    return backwards if len(letters) >= SHORTEST_REVERSED and backwards in lexicon.listed else ""


def _known(letters: str, lexicon: Lexicon) -> str:
    """`letters` if known, or with its runs of one letter shortened to two or one so that it is."""
    if lexicon.knows(letters):
        return letters
    for longest in (2, 1):
        shorter = "".join(_shorten(letter, len(list(run)), longest) for letter, run in groupby(letters))
        if shorter != letters and len(shorter) > 1 and lexicon.knows(shorter):
            return shorter
    return ""


def _shorten(letter: str, count: int, longest: int) -> str:
    """`letter` as often as it may stand: names end in double letters, so only what no spelling has is shortened."""
    stretched = count > 2 or (count == 2 and letter in NEVER_DOUBLE)
    return letter * (min(count, longest) if stretched else count)


def join(row: Iterator[Word], lexicon: Lexicon) -> Iterator[Word]:
    """`row` with the fragments of split words put together."""
    parts = list(row)
    for start, end in lexicon.join([word.letters for word in parts]):
        if end - start == 1:
            yield parts[start]
        else:
            letters = "".join(word.letters for word in parts[start:end])
            yield Word(letters, parts[start].start, parts[end - 1].end)


def _backwards(reading: Reading, lexicon: Lexicon) -> Iterator[Reading]:
    """The text read from the back, if that gives more known words than reading it as it is."""
    long_enough = [word.letters for word in reading.words if len(word.letters) >= SHORTEST_REVERSED - 1]
    forwards = sum(map(lexicon.knows, long_enough))
    turned = sum(lexicon.knows(letters[::-1]) for letters in long_enough)
    if turned > forwards:
        row = tuple(Word(word.letters[::-1], word.start, word.end) for word in reading.words)
        yield Reading(WORDS_BACKWARDS, row)
        yield Reading(BACKWARDS, row[::-1])


def _turned(characters: Sequence[tuple[str, int]], lexicon: Lexicon) -> Iterator[Reading]:
    """The text as it reads upside down, if it holds letters that are."""
    if sum(character in ONLY_TURNED for character, _ in characters) >= FEWEST_TURNED:
        turned = [(TURNED.get(character, character), place) for character, place in reversed(characters)]
        yield Reading(TURNED_ROUND, tuple(words(turned)))


def _run_together(reading: Reading, lexicon: Lexicon) -> Iterator[Reading]:
    """The text with long unknown words split into known ones. Place names split into anything: no word rules here."""
    row: list[Word] = []
    for word in reading.words:
        long_enough = len(word.letters) >= SHORTEST_RUN_TOGETHER and word.letters.isascii()
        parts = lexicon.split(word.letters) if long_enough and not lexicon.knows(word.letters) else []
        row += [Word(part, word.start, word.end) for part in parts] or [word]
    yield Reading(RUN_TOGETHER, tuple(row))
