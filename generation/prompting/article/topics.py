"""What each part of an article is about, said in words of the lexicon rather than cut from the text, and combined."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generation.prompting.lexicon import Lexicon
from generation.prompting.pictures import HINT_WEIGHT, Picture, base_forms, verb_stems

CHUNK_WORDS = 180
"""Words in a part: a few paragraphs, which usually keep to one topic."""
CONTEXT_SHARE = 0.15
"""How much of a part is repeated from the one before, so that a pronoun meets its noun."""
TOPICS_LIMIT = 6
ALIKE = 0.75
"""Similarity of sentence embeddings above which two topics are one."""
_PICTURES_OF_A_CHUNK = 2
_KEYWORDS_OF_A_CHUNK = 2
_FEWEST_MENTIONS = 2
_TITLE_FACTOR = 2.0
_CANDIDATES = 24
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SHORTEST_KEYWORD = 4

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


def chunk_topics(chunks: Sequence[str], lexicon: Lexicon) -> list[ChunkTopics]:
    """The topics of each part: things and themes that several of its words point to, then its own rare words."""
    counts = [_counts(part, lexicon) for part in chunks]
    spread = Counter(word for _, words in counts for word in words)
    return [
        ChunkTopics(" ".join(part.split()[:8]), _topics_of(pictures, words, spread, len(chunks)))
        for part, (pictures, words) in zip(chunks, counts, strict=True)
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
        names.setdefault(key, Counter())[topic.name] += round(topic.weight * 100)
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


@dataclass
class _Shown:
    """A picture that words of a part point to: those words and their weight together."""

    picture: Picture
    words: Counter[str]
    weight: float = 0.0


def _counts(part: str, lexicon: Lexicon) -> tuple[dict[str, _Shown], Counter[str]]:
    """The pictures of a part by phrase, and how often each word stands there that is not too common."""
    keys = [match.group().lower().replace("’", "'") for match in _WORD.finditer(part)]
    shown: dict[str, _Shown] = {}
    words: Counter[str] = Counter()
    place = 0
    while place < len(keys):
        found = lexicon.pictures.longest(keys, place)
        length = found[0] if found else 1
        if found and found[1].weight > HINT_WEIGHT:
            picture = shown.setdefault(found[1].phrase, _Shown(found[1], Counter()))
            picture.words[" ".join(map(_stem, keys[place : place + length]))] += 1
            picture.weight += found[1].weight
        else:
            words.update(_stem(key) for key in keys[place : place + length] if _may_be_topic(key, lexicon))
        place += length
    return shown, words


def _may_be_topic(key: str, lexicon: Lexicon) -> bool:
    return len(key) >= _SHORTEST_KEYWORD and not any(
        form in lexicon.common for form in (*base_forms(key), *verb_stems(key))
    )


def _topics_of(shown: dict[str, _Shown], words: Counter[str], spread: Counter[str], chunks: int) -> tuple[Topic, ...]:
    """A topic is called by the word that the part uses most for it."""
    best = sorted(shown.values(), key=lambda found: -found.weight)[:_PICTURES_OF_A_CHUNK]
    topics = [
        Topic(found.words.most_common(1)[0][0], found.picture.phrase, found.weight)
        for found in best
        if sum(found.words.values()) >= _FEWEST_MENTIONS
    ]
    rare = sorted(words.items(), key=lambda item: -item[1] * math.log(1 + chunks / spread[item[0]]))
    for word, count in rare[:_KEYWORDS_OF_A_CHUNK]:
        if count >= _FEWEST_MENTIONS:
            topics.append(Topic(word, "", float(count)))
    return tuple(topics)


def _stem(word: str) -> str:
    """A word in one of its forms, so that plural and singular count together."""
    word = word.removesuffix("'s").removesuffix("'")
    if word.endswith("ies") and len(word) > _SHORTEST_KEYWORD:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _stems(text: str) -> list[str]:
    return [_stem(match.group().lower()) for match in _WORD.finditer(text)]
