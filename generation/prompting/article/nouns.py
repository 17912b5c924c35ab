"""The nouns of an article: which of its words stand as nouns, which of these stand together, and how rare they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[^\W\d_][\w'’-]*|[.,;:!?()\"“”—–]")
_LEADERS = frozenset(
    (
        *(
            "the",
            "a",
            "an",
            "this",
            "that",
            "these",
            "those",
            "my",
            "our",
            "your",
            "his",
            "her",
            "its",
            "their",
            "each",
        ),
        *(
            "every",
            "no",
            "some",
            "any",
            "of",
            "for",
            "with",
            "in",
            "on",
            "at",
            "by",
            "from",
            "into",
            "between",
            "through",
        ),
        *("about", "across", "per", "another"),
    )
)
"""Words that a noun follows, at once or after an adjective."""
_LEAST_SHARE = 0.15
"""Of its mentions, how many must stand as a noun for a word to be one."""
_SURE_SHARE = 0.4
"""And from which share on it surely is one."""
_SHARE_OF_THINGS = 0.25
"""At which share what is known as a thing counts at the least."""
_SHORTEST = 3
_FEWEST_TOGETHER = 3
_SHARE_TOGETHER = 0.3
"""How often, and at what share of its mentions, a word stands beside another to be named with it ("heat pump")."""
_UNKNOWN_COST = 13.5
_COMMON_COST = 5.0
"""Costs, the logarithms of inverse frequencies, of a word that no list knows and of one that says nothing."""
_NO_PLURALS = frozenset({"always", "gas", "lens", "news", "series"})


@dataclass(frozen=True)
class Noun:
    """A noun in the singular, its mentions, how surely it is one (to 1), and its name: with its neighbour, if any."""

    word: str
    mentions: int
    sureness: float
    name: str


def mentions(text: str) -> Counter[str]:
    """How often each word stands in a text, by its singular."""
    return Counter(singular(key) for key in map(str.lower, _tokens(text)) if key[0].isalpha())


def nouns(text: str, common: Collection[str], is_thing: Callable[[str], bool]) -> list[Noun]:
    """The nouns of a text; names and words of `common` are none.

    A word stands as a noun after an article, a preposition or the like (and perhaps one word more), before a
    punctuation mark or a common word. What `is_thing` knows is one wherever it stands.
    """
    tokens = _tokens(text)
    small = {token for token in tokens if token[0].islower()}
    names = {token.lower() for token in tokens if token.lower() not in small}
    keys = [token.lower() for token in tokens]
    counts: Counter[str] = Counter()
    standing: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()

    def says_something(key: str) -> bool:
        if not key[0].isalpha() or len(key) < _SHORTEST or "'" in key.removesuffix("'s"):
            return False
        return key not in common and not all(part in common for part in key.split("-"))

    for place, key in enumerate(keys):
        if not says_something(key) or singular(key) in common:
            continue
        word, after = singular(key), keys[place + 1] if place + 1 < len(keys) else "."
        counts[word] += key not in names
        before = keys[max(0, place - 2) : place]
        led = bool(before) and (before[-1] in _LEADERS or (before[0] in _LEADERS and _may_describe(before[-1])))
        standing[word] += led and not says_something(after)
        if says_something(after):
            pairs[word, singular(after)] += 1
    shares = {
        word: max(standing[word] / count, _SHARE_OF_THINGS if is_thing(word) else 0.0)
        for word, count in counts.items()
        if count
    }
    names_of = _names(counts, pairs, standing)
    return [
        Noun(word, counts[word], min(1.0, share / _SURE_SHARE), names_of.get(word, word))
        for word, share in shares.items()
        if share >= _LEAST_SHARE
    ]


def _may_describe(key: str) -> bool:
    # After a plural comes a verb: "the astronauts wave".
    return key[0].isalpha() and singular(key) == key


def _tokens(text: str) -> list[str]:
    return [match.group().replace("’", "'") for match in _TOKEN.finditer(text)]


def _names(counts: Counter[str], pairs: Counter[tuple[str, str]], standing: Counter[str]) -> dict[str, str]:
    """The words that are named with a noun that they go with, and how."""
    closest: dict[str, tuple[int, tuple[str, str]]] = {}
    for pair, times in pairs.items():
        for word in pair if standing[pair[1]] else ():
            if times >= max(_FEWEST_TOGETHER, _SHARE_TOGETHER * counts[word]):
                closest[word] = max(closest.get(word, (0, pair)), (times, pair))
    return {word: " ".join(pair) for word, (_, pair) in closest.items()}


def singular(word: str) -> str:
    """A word in one of its forms, so that plural and singular count together."""
    word = word.removesuffix("'s").removesuffix("'")
    if word in _NO_PLURALS:
        return word
    if word.endswith("ies") and len(word) > _SHORTEST + 1:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def rarity(word: str) -> float:
    """How much a word says by being there: nothing for "people" (1.0 and less), much for "dinghy" (8)."""
    return max(0.0, _costs().get(word, _UNKNOWN_COST) - _COMMON_COST)


@lru_cache(maxsize=1)
def _costs() -> Mapping[str, float]:
    # The one list of word frequencies among the dependencies; it has no public door but `split`.
    import wordninja

    costs: Mapping[str, float] = wordninja.DEFAULT_LANGUAGE_MODEL._wordcost
    return costs
