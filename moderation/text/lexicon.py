"""Known words: they tell a disguise that spells something from signs that merely stand beside a word."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from moderation.text.encoder import vocabulary

SHORT_WORDS = frozenset((
    "a", "i", "am", "an", "as", "at", "be", "by", "do", "go", "ha", "he", "hi", "if", "in", "is", "it", "me", "my",
    "no", "of", "oh", "ok", "on", "or", "ow", "so", "to", "tv", "uk", "up", "us", "vs", "we", "ya", "yo",
))  # fmt: skip
CONTRACTIONS = frozenset((
    "im", "ive", "id", "ill", "youre", "youve", "youll", "youd", "hes", "shes", "its", "were", "weve", "theyre",
    "theyve", "theyll", "dont", "doesnt", "didnt", "cant", "couldnt", "wont", "wouldnt", "shouldnt", "isnt", "arent",
    "wasnt", "lets", "thats", "whats", "whos", "theres", "heres",
))  # fmt: skip
"""Words of one or two letters (the model's vocabulary holds every pair), and those with an apostrophe left out."""

SHORTEST_KNOWN = 3
LISTED_RANK = 5_000
"""How common a listed word counts that the vocabulary does not hold."""

INFLECTED_RANK = 20_000
"""How common a word with an ending counts that the vocabulary only holds without it."""

ENDINGS = ("s", "es", "ed", "d", "ing", "er", "ers", "y", "ly")
JOIN_COST = 1.0
UNKNOWN_COST = 12.0
UNKNOWN_LETTER_COST = 2.0
"""Costs are -log of a word's frequency by Zipf's law, its rank being its place in the vocabulary. An unknown word costs
more than a known one, so that fragments are joined when they make a word."""

LONGEST_WORD = 24
FEWEST_PARTS = 3
KNOWN_SHARE = 0.8
SHORTEST_RARE = 4
"""Letters from which on a word of the long list counts; of its shorter ones anything can be put together."""
"""What is split in two is a compound ("spread sheets"); a run of letters must mostly be words to be worth reading."""


class Lexicon:
    """The sentence encoder's vocabulary, and listed words that must be recognised above all."""

    def __init__(self, listed: Iterable[str] = (), often_masked: Iterable[str] = ()) -> None:
        """`listed` words are recognised before others; a masked word is first sought among `often_masked`, too."""
        self.listed = frozenset(listed)
        whole = [word for word in vocabulary() if word.isascii() and word.isalpha() and len(word) >= SHORTEST_KNOWN]
        self._rank = {word: rank for rank, word in enumerate(whole, start=1)}
        self._rank.update((word, 1) for word in SHORT_WORDS | CONTRACTIONS)
        for word in self.listed:
            self._rank.setdefault(word, LISTED_RANK)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in dict.fromkeys((*often_masked, *sorted(self.listed), *whole)):
            self._by_length[len(word)].append(word)

    def knows(self, word: str) -> bool:
        """Whether `word`, or what is left of it without a common ending, is known."""
        if word in self._rank:
            return True
        return any(
            len(word) - len(ending) > SHORTEST_KNOWN and word.endswith(ending) and word[: -len(ending)] in self._rank
            for ending in ENDINGS
        )

    def cost(self, word: str) -> float:
        """How rare `word` is: small for common words, large for unknown ones."""
        rank = self._rank.get(word) or (INFLECTED_RANK if self.knows(word) else 0)
        return math.log(rank + 10) if rank else UNKNOWN_COST + UNKNOWN_LETTER_COST * len(word)

    def matching(self, masked: str, masks: frozenset[str]) -> str:
        """The word that `masked` hides (each of `masks` stands for one letter), listed ones first, or ""."""
        if word := self._matching(masked, masks, self._by_length[len(masked)]):
            return word
        for ending in ENDINGS:  # of a listed word that takes any
            stem = masked.removesuffix(ending)
            listed = [word for word in self._by_length[len(stem)] if word in self.listed] if stem != masked else []
            if not masks.isdisjoint(stem) and (word := self._matching(stem, masks, listed)):
                return word + ending
        return ""

    def _matching(self, masked: str, masks: frozenset[str], among: Iterable[str]) -> str:
        pattern = re.compile("".join("." if letter in masks else re.escape(letter) for letter in masked))
        return next((word for word in among if pattern.fullmatch(word)), "")

    def join(self, fragments: Sequence[str]) -> list[tuple[int, int]]:
        """The cheapest way to read `fragments` as words: `[start, end)` of the fragments of each.

        Fragments that are words by themselves stay apart ("pen is"); a joined word must be known.
        """
        count = len(fragments)
        best = [0.0] + [math.inf] * count
        before = [0] * (count + 1)
        for end in range(1, count + 1):
            joined, has_stray = "", False
            for start in range(end - 1, -1, -1):
                joined = fragments[start] + joined
                if len(joined) > LONGEST_WORD and start < end - 1:
                    break
                has_stray = has_stray or fragments[start] not in self._rank
                if start < end - 1 and (not has_stray or not self.knows(joined)):
                    continue
                cost = best[start] + self.cost(joined) + (JOIN_COST if start < end - 1 else 0.0)
                if cost < best[end]:
                    best[end], before[end] = cost, start
        return _steps(before)

    def split(self, run: str) -> list[str]:
        """`run` as the cheapest row of words, or nothing if they are few or too many of their letters make no word."""
        parts = [run[start:end] for start, end in _steps(self._split_steps(run))]
        if not _mostly(self.knows, parts):
            parts = _split_by_rare_words(run)
            if not _mostly(lambda part: self.knows(part) or len(part) >= SHORTEST_RARE, parts):
                return []
        return parts if len(parts) >= FEWEST_PARTS else []

    def _split_steps(self, run: str) -> list[int]:
        best = [0.0] + [math.inf] * len(run)
        before = [0] * (len(run) + 1)
        for end in range(1, len(run) + 1):
            for start in range(max(0, end - LONGEST_WORD), end):
                cost = best[start] + self.cost(run[start:end]) + JOIN_COST
                if cost < best[end]:
                    best[end], before[end] = cost, start
        return before


def _mostly(knows: Callable[[str], bool], parts: Sequence[str]) -> bool:
    """Whether most letters of `parts` belong to words that are known."""
    return sum(len(part) for part in parts if knows(part)) >= KNOWN_SHARE * sum(map(len, parts))


def _split_by_rare_words(run: str) -> list[str]:
    """`run` split by a list of 125,000 words, whose rare ones ("abomination") the vocabulary lacks.

    What is none of them comes back in single letters.
    """
    import wordninja  # reads its list when imported

    return [str(part) for part in wordninja.split(run)]


def _steps(before: Sequence[int]) -> list[tuple[int, int]]:
    """The `[start, end)` pairs on the way back from the end."""
    steps, end = [], len(before) - 1
    while end > 0:
        steps.append((before[end], end))
        end = before[end]
    return steps[::-1]
