"""The ways in which a person may read a text that was written so that a filter does not.

Every reading is a row of words with their places in the text. The first is always the text as it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from moderation.text.lexicon import Lexicon
from moderation.text.lookalikes import MASKS, ONLY_TURNED, SIGNS, TURNED
from moderation.text.spelling import SHORTEST_REVERSED, spelled
from moderation.text.words import Word, chunks, plain, words

AS_WRITTEN = "as written"
UNDISGUISED = "without its disguise"
BACKWARDS = "backwards"
WORDS_BACKWARDS = "each word backwards"
TURNED_ROUND = "turned round"
RUN_TOGETHER = "with spaces between its words"
WHOLE_LINES = "over the ends of its lines"
GUESSED = frozenset({RUN_TOGETHER, WHOLE_LINES})
"""Readings that also make words of harmless place names and line ends: for meaning, not for single words."""

LONGEST_CHUNK = 40
"""Letters and signs without white space; longer ones are addresses or noise, no disguised word."""

SHORTEST_RUN_TOGETHER, LONGEST_RUN_TOGETHER = 12, 300
"""Letters of a run that is split into words: a long hashtag, a post without spaces."""

FEWEST_TURNED = 2
FEWEST_SIGNED = 2
"""Turned letters, or words with digits for letters, from which on a text is taken to be written so throughout."""

LINE_BREAKS = ("\n", "-\n", "\r\n", "-\r\n")
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
    undisguised = Reading(UNDISGUISED, tuple(join(_undisguised(characters, text, lexicon), lexicon)))
    found = [written, undisguised, *_turned(characters), *_backwards(written, lexicon)]
    found += _run_together(undisguised, lexicon)
    found += _whole_lines(written, text, lexicon)
    different = {tuple(word.letters for word in reading.words): reading for reading in reversed(found)}
    return [reading for reading in found if reading in different.values()]


def _undisguised(characters: Sequence[tuple[str, int]], text: str, lexicon: Lexicon) -> list[Word]:
    found = list(undisguise(characters, lexicon))
    signs = sum(word.letters.isalpha() and not SIGNS.keys().isdisjoint(text[word.start : word.end]) for word in found)
    return list(undisguise(characters, lexicon, sure=True)) if signs >= FEWEST_SIGNED else found


def undisguise(characters: Iterable[tuple[str, int]], lexicon: Lexicon, *, sure: bool = False) -> Iterator[Word]:
    """The words of a text with signs, look-alikes, masks and repeated letters undone; `sure` as in `spelled`."""
    for chunk in chunks(characters):
        usual = list(words(chunk))
        if len(chunk) > LONGEST_CHUNK or (usual and all(lexicon.knows(word.letters) for word in usual)):
            yield from usual
        else:
            yield from _undisguised_chunk(chunk, usual, lexicon, sure)


def _undisguised_chunk(chunk: list[tuple[str, int]], usual: list[Word], lexicon: Lexicon, sure: bool) -> list[Word]:
    trimmed = _trim(chunk)
    if trimmed and (letters := spelled("".join(character for character, _ in trimmed), lexicon, sure=sure)):
        return [Word(letters, trimmed[0][1], trimmed[-1][1] + 1)]
    groups = groupby(chunk, key=lambda pair: pair[0] in BREAKS)
    parts = [list(part) for is_break, part in groups if not is_break]
    if len(parts) > 1:
        return [word for part in parts for word in _undisguised_chunk(part, list(words(part)), lexicon, sure)]
    return [Word(spelled(word.letters, lexicon, sure=sure) or word.letters, word.start, word.end) for word in usual]


def _trim(chunk: list[tuple[str, int]]) -> list[tuple[str, int]]:
    start, end = 0, len(chunk)
    while start < end and chunk[start][0] in EDGES:
        start += 1
    while end > start and chunk[end - 1][0] in EDGES:
        end -= 1
    return chunk[start:end]


def join(parts: Sequence[Word], lexicon: Lexicon) -> Iterator[Word]:
    """`parts` with the fragments of split words put together."""
    for start, end in lexicon.join([word.letters for word in parts]):
        yield parts[start] if end - start == 1 else _joined(parts[start:end])


def _joined(parts: Sequence[Word]) -> Word:
    return Word("".join(word.letters for word in parts), parts[0].start, parts[-1].end)


def _whole_lines(reading: Reading, text: str, lexicon: Lexicon) -> Iterator[Reading]:
    """The text with words put together over a line break, where the whole is a word or a part is none."""
    row: list[Word] = []
    for word in reading.words:
        last = row[-1] if row else None
        if last and text[last.end : word.start] in LINE_BREAKS:
            whole = _joined([last, word])
            if lexicon.knows(whole.letters) or not (lexicon.knows(last.letters) and lexicon.knows(word.letters)):
                row[-1] = whole
                continue
        row.append(word)
    yield Reading(WHOLE_LINES, tuple(row))


def _backwards(reading: Reading, lexicon: Lexicon) -> Iterator[Reading]:
    """The text read from the back, if that gives more known words than reading it as it is."""
    long_enough = [word.letters for word in reading.words if len(word.letters) >= SHORTEST_REVERSED - 1]
    forwards = sum(map(lexicon.knows, long_enough))
    turned = sum(lexicon.knows(letters[::-1]) for letters in long_enough)
    if turned > forwards:
        row = tuple(Word(word.letters[::-1], word.start, word.end) for word in reading.words)
        yield Reading(WORDS_BACKWARDS, row)
        yield Reading(BACKWARDS, row[::-1])


def _turned(characters: Sequence[tuple[str, int]]) -> Iterator[Reading]:
    """The text as it reads upside down, if it holds letters that are."""
    if sum(character in ONLY_TURNED for character, _ in characters) >= FEWEST_TURNED:
        turned = [(TURNED.get(character, character), place) for character, place in reversed(characters)]
        yield Reading(TURNED_ROUND, tuple(words(turned)))


def _run_together(reading: Reading, lexicon: Lexicon) -> Iterator[Reading]:
    """The text with long unknown words split into known ones. Place names split into anything: no word rules here."""
    row: list[Word] = []
    for word in reading.words:
        long_enough = SHORTEST_RUN_TOGETHER <= len(word.letters) <= LONGEST_RUN_TOGETHER and word.letters.isascii()
        parts = lexicon.split(word.letters) if long_enough and not lexicon.knows(word.letters) else []
        row += [Word(part, word.start, word.end) for part in parts] or [word]
    yield Reading(RUN_TOGETHER, tuple(row))
