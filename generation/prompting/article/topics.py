"""What each part of an article is about, said in words of the lexicon rather than cut from the text, and combined."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from generation.prompting.lexicon import Lexicon
from generation.prompting.pictures import HINT_WEIGHT, NAMED_WEIGHT, base_forms, verb_stems

CHUNK_WORDS = 180
"""Words in a part: a few paragraphs, which usually keep to one topic."""
CONTEXT_SHARE = 0.15
"""How much of a part is repeated from the one before, so that a pronoun meets its noun."""
TOPICS_LIMIT = 6
ALIKE = 0.75
"""Similarity of sentence embeddings above which two topics are one."""
_TOPICS_OF_A_CHUNK = 4
_FEWEST_MENTIONS = 3
"""Mentions in the whole article that make a word more than a passing one."""
_PICTURE_FACTOR = 1.5
"""A topic that can be drawn counts for more than one that cannot."""
_TITLE_FACTOR = 2.0
_CANDIDATES = 24
_NOUN_SHARE = 0.25
_PAIR_SHARE = 0.4
_LEADERS = frozenset(
    (
        *("a", "an", "the", "this", "that", "these", "those", "its", "their", "his", "her", "our", "my", "your", "of"),
        *("in", "on", "for", "with", "by", "from", "as", "into", "no", "each", "every", "some", "any", "more", "most"),
        *("two", "three", "four", "five", "new", "old", "small", "large", "good", "first", "last", "other", "same"),
    )
)
"""Words that nouns follow."""
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SHORTEST_KEYWORD = 4
_NO_PLURALS = frozenset({"always", "gas", "lens", "news", "series"})

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts to unit vectors; handed in by whoever has an embedding model."""


@dataclass(frozen=True)
class Topic:
    """A short name, the picture that shows it (empty where none is known), its rank and how specific it is."""

    name: str
    picture: str
    weight: float


@dataclass(frozen=True)
class ChunkTopics:
    """A part of the article by its first words, and its topics, best first."""

    opening: str
    topics: tuple[Topic, ...]


def chunk(text: str) -> list[str]:
    """The text in parts of about `CHUNK_WORDS` words that end where sentences and paragraphs do, each with some
    context."""
    from semchunk import chunkerify  # type: ignore[attr-defined]

    cut = chunkerify(lambda part: len(part.split()), CHUNK_WORDS)
    return [str(part) for part in cut(text, overlap=CONTEXT_SHARE)]


def chunk_topics(chunks: Sequence[str], lexicon: Lexicon, title: str = "") -> list[ChunkTopics]:
    """The topics of each part: what it says of the things and words that the whole article comes back to."""
    heading = frozenset(_stems(title))
    vocabulary = _vocabulary("\n".join(chunks), lexicon)
    counts = [_counts(part, lexicon, vocabulary) for part in chunks]
    total: Counter[_Thing] = Counter()
    for part in counts:
        total.update({thing: words.total() for thing, words in part.items()})
    return [
        ChunkTopics(" ".join(part.split()[:8]), _topics_of(found, total, heading))
        for part, found in zip(chunks, counts, strict=True)
    ]


def combine(
    parts: Sequence[ChunkTopics], title: str, lexicon: Lexicon, embed: Embed | None = None
) -> tuple[Topic, ...]:
    """At most `TOPICS_LIMIT` topics of the whole: those of many parts and of the title first, near-duplicates merged.

    Of two topics that are alike, the more specific one (the one with a picture, or the longer name) is kept with both
    weights. Without `embed`, topics are alike when they share a picture or a word.
    """
    weights: dict[str, float] = {}
    names: dict[str, Counter[str]] = {}
    for topic in (topic for part in parts for topic in part.topics):
        key = topic.picture or topic.name
        factor = _TITLE_FACTOR if set(_stems(title)) & set(_stems(topic.name)) else 1.0
        weights[key] = weights.get(key, 0.0) + factor * topic.weight
        names.setdefault(key, Counter())[topic.name] += round(factor * topic.weight * 100)
    pictures = {topic.picture for part in parts for topic in part.topics}
    ranked = [
        Topic(names[key].most_common(1)[0][0], key if key in pictures else "", weight)
        for key, weight in weights.items()
    ]
    ranked = sorted(ranked, key=lambda topic: -topic.weight)[:_CANDIDATES]
    return tuple(_merged(ranked, embed)[:TOPICS_LIMIT])


def _merged(ranked: Sequence[Topic], embed: Embed | None) -> list[Topic]:
    vectors = embed([topic.name for topic in ranked]) if embed and ranked else None
    kept: list[int] = []
    merged: dict[int, Topic] = {}
    for place, topic in enumerate(ranked):
        like = next((other for other in kept if _alike(ranked, vectors, other, place)), None)
        if like is None:
            kept.append(place)
            merged[place] = topic
        else:
            best = merged[like]
            picture = best.picture or topic.picture
            name = topic.name if len(topic.name.split()) > len(best.name.split()) else best.name
            merged[like] = Topic(name, picture, best.weight + topic.weight)
    return sorted(merged.values(), key=lambda topic: -topic.weight)


def _alike(ranked: Sequence[Topic], vectors: Sequence[Sequence[float]] | None, one: int, other: int) -> bool:
    first, second = ranked[one], ranked[other]
    if (first.picture and first.picture == second.picture) or set(_stems(first.name)) & set(_stems(second.name)):
        return True
    if vectors is None:
        return False
    return sum(a * b for a, b in zip(vectors[one], vectors[other], strict=True)) >= ALIKE


@dataclass(frozen=True)
class _Thing:
    """What several words may stand for: a picture, or where none is known the word itself."""

    picture: str
    word: str = ""


@dataclass(frozen=True)
class _Vocabulary:
    """What the whole article shows of its words: which are names, which stand as nouns, which pairs belong together."""

    names: frozenset[str]
    nouns: frozenset[str]
    pairs: frozenset[tuple[str, str]]


def _counts(part: str, lexicon: Lexicon, vocabulary: _Vocabulary) -> dict[_Thing, Counter[str]]:
    """How often which words of a part stand for which thing; names and words that are too common are left out."""
    keys = [key for key, _ in _keys(part)]
    counts: dict[_Thing, Counter[str]] = {}
    place = 0
    while place < len(keys):
        length, thing = _thing_at(keys, place, lexicon, vocabulary)
        if thing is not None:
            counts.setdefault(thing, Counter())[" ".join(map(_stem, keys[place : place + length]))] += 1
        place += length
    return counts


def _thing_at(keys: Sequence[str], place: int, lexicon: Lexicon, vocabulary: _Vocabulary) -> tuple[int, _Thing | None]:
    """What the words from `place` on stand for, and how many they are."""
    pair = (_stem(keys[place]), _stem(keys[place + 1])) if place + 1 < len(keys) else None
    found = None if keys[place] in lexicon.common else lexicon.pictures.longest(keys, place)
    is_noun = _stem(keys[place]) in vocabulary.nouns
    if found and (found[1].weight <= HINT_WEIGHT or (found[1].weight < NAMED_WEIGHT and not is_noun)):
        found = None
    if pair in vocabulary.pairs and not (found and found[0] > 1):
        head = found or lexicon.pictures.longest(keys, place + 1)
        drawn = head is not None and head[1].weight > HINT_WEIGHT
        return 2, _Thing(head[1].phrase if head and drawn else "", "" if drawn else " ".join(pair or ()))
    if found:
        return found[0], _Thing(found[1].phrase)
    word = _stem(keys[place])
    is_topic = is_noun and keys[place] not in vocabulary.names and _may_be_topic(keys[place], lexicon)
    return 1, _Thing("", word) if is_topic else None


def _keys(text: str) -> list[tuple[str, bool]]:
    """The words of a text in small letters, and whether only a space or a hyphen parts each from the one before."""
    keys, end = [], -1
    for match in _WORD.finditer(text):
        keys.append((match.group().lower().replace("’", "'"), text[end : match.start()] in {" ", "-"}))
        end = match.end()
    return keys


def _vocabulary(text: str, lexicon: Lexicon) -> _Vocabulary:
    """The names, nouns and pairs of an article.

    A noun stands after an article, a preposition or the like more than now and then, or in the plural. A pair are two
    words that no other table knows together and that the article keeps together much of the time ("heat pump").
    """
    keys = _keys(text)
    names = _names(text)
    counts = Counter(_stem(key) for key, _ in keys)
    led: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for (before, _), (key, is_joined) in pairwise(keys):
        led[_stem(key)] += before in _LEADERS or (_stem(key) != key and not key.endswith("'s"))
        if is_joined and not {before, key} & names and all(_may_be_topic(word, lexicon) for word in (before, key)):
            pairs[_stem(before), _stem(key)] += 1
    return _Vocabulary(
        names,
        frozenset(word for word, count in led.items() if count >= _NOUN_SHARE * counts[word]),
        frozenset(
            pair
            for pair, count in pairs.items()
            if count >= _FEWEST_MENTIONS and count >= _PAIR_SHARE * min(counts[word] for word in pair)
        ),
    )


def _names(text: str) -> frozenset[str]:
    """Words that are never written small."""
    words = [match.group() for match in _WORD.finditer(text)]
    small = {word for word in words if word[0].islower()}
    return frozenset(word.lower() for word in words if word.lower() not in small)


def _may_be_topic(key: str, lexicon: Lexicon) -> bool:
    return len(key) >= _SHORTEST_KEYWORD and not any(
        form in lexicon.common for form in (*base_forms(key), *verb_stems(key))
    )


def _topics_of(found: dict[_Thing, Counter[str]], total: Counter[_Thing], heading: frozenset[str]) -> tuple[Topic, ...]:
    """The best topics of a part, each called by the word that the part uses most for it, one of the title's first.

    The weight grows slower than the mentions, so that in the sum over all parts a topic of many parts comes before one
    that a single part dwells on.
    """
    topics = []
    for thing, words in found.items():
        if total[thing] >= _FEWEST_MENTIONS:
            weight = math.sqrt(words.total()) * (_PICTURE_FACTOR if thing.picture else 1.0)
            name = max(words, key=lambda word: (not heading.isdisjoint(word.split()), words[word]))
            topics.append((weight * math.log1p(total[thing]), Topic(name, thing.picture, weight)))
    topics.sort(key=lambda item: -item[0])
    return tuple(topic for _, topic in topics[:_TOPICS_OF_A_CHUNK])


def _stem(word: str) -> str:
    """A word in one of its forms, so that plural and singular count together."""
    word = word.removesuffix("'s").removesuffix("'")
    if word in _NO_PLURALS:
        return word
    if word.endswith("ies") and len(word) > _SHORTEST_KEYWORD:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _stems(text: str) -> list[str]:
    return [_stem(match.group().lower()) for match in _WORD.finditer(text)]
