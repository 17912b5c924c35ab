"""What an article is about: the topics of each part, and of the whole."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from generation.prompting.article.nouns import Noun, mentions, nouns, rarity
from generation.prompting.lexicon import Lexicon

CHUNK_WORDS = 180
"""Words in a part: a few paragraphs, which usually keep to one topic."""
CONTEXT_SHARE = 0.15
"""How much of a part is repeated from the one before, so that a pronoun meets its noun."""
TOPICS_LIMIT = 6
ALIKE = 0.5
"""Similarity of sentence embeddings from which two nouns are of one topic."""
_FEWEST_MENTIONS = 2
"""Mentions in the whole article that make a word more than a passing one."""
_PICTURE_FACTOR = 1.3
"""A topic that has a picture made by hand counts for more than others."""
_TITLE_FACTOR = 1.6
_CANDIDATES = 40
_SHARE_OF_OTHERS = 0.3
"""How much of their weight the other nouns of a topic add to that of its first."""

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts to unit vectors; handed in by whoever has an embedding model."""


@dataclass(frozen=True)
class Topic:
    """A short name, the picture that shows it (empty where none is known), and its rank."""

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


def chunk_topics(chunks: Sequence[str], title: str, lexicon: Lexicon) -> list[ChunkTopics]:
    """The topics of each part, all of them: its nouns that the whole article comes back to, the weightiest first.

    A noun weighs more the rarer it is elsewhere, and if it stands in the title or can be drawn. The weight grows slower
    than the mentions, so that in the sum over all parts a topic of many parts comes before one that a single part
    dwells on.
    """
    in_title = mentions(title)
    known = {
        noun.word: _topic(noun, lexicon, _TITLE_FACTOR if noun.word in in_title else 1.0)
        for noun in nouns("\n".join(chunks), lexicon.common, lambda word: lexicon.pictures.of_topic(word) is not None)
        if noun.mentions >= _FEWEST_MENTIONS
    }
    parts = []
    for part in chunks:
        counts = mentions(part)
        topics = [
            replace(topic, weight=topic.weight * math.sqrt(counts[word]))
            for word, topic in known.items()
            if counts[word]
        ]
        parts.append(ChunkTopics(" ".join(part.split()[:8]), tuple(sorted(topics, key=_descending))))
    return parts


def combine(parts: Sequence[ChunkTopics], embed: Embed | None = None) -> tuple[Topic, ...]:
    """At most `TOPICS_LIMIT` topics of the whole: nouns that mean much the same are one, named by the two weightiest.

    Without `embed`, nouns mean the same when they share a picture.
    """
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for topic in (topic for part in parts for topic in part.topics):
        weights[topic.name, topic.picture] += topic.weight
    ranked = sorted((Topic(*named, weight) for named, weight in weights.items()), key=_descending)[:_CANDIDATES]
    vectors = embed([topic.name for topic in ranked]) if embed and ranked else None
    groups: list[list[int]] = []
    for place in range(len(ranked)):
        likeness = [_likeness(ranked, vectors, group[0], place) for group in groups]
        if likeness and max(likeness) >= ALIKE:
            groups[likeness.index(max(likeness))].append(place)
        else:
            groups.append([place])
    topics = [_one([ranked[place] for place in group]) for group in groups]
    return tuple(sorted(topics, key=_descending)[:TOPICS_LIMIT])


def _topic(noun: Noun, lexicon: Lexicon, factor: float) -> Topic:
    picture = lexicon.pictures.of_topic(noun.word)
    drawn = _PICTURE_FACTOR if picture and not picture.plain else 1.0
    weight = rarity(noun.word) * noun.sureness * factor * drawn
    return Topic(noun.name, picture.phrase if picture else "", weight)


def _likeness(ranked: Sequence[Topic], vectors: Sequence[Sequence[float]] | None, one: int, other: int) -> float:
    if ranked[one].picture and ranked[one].picture == ranked[other].picture:
        return 1.0
    return sum(a * b for a, b in zip(vectors[one], vectors[other], strict=True)) if vectors is not None else 0.0


def _one(alike: Sequence[Topic]) -> Topic:
    first, *others = alike
    return Topic(
        " and ".join(dict.fromkeys(topic.name for topic in alike[:2])),
        next((topic.picture for topic in alike if topic.picture), ""),
        first.weight + _SHARE_OF_OTHERS * sum(topic.weight for topic in others),
    )


def _descending(topic: Topic) -> float:
    return -topic.weight
