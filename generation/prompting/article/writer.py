"""The article way: readable text, parts, topics, one hard prompt. Each stage stays visible in what is returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from generation.prompting.article.readable import Article
from generation.prompting.article.topics import ChunkTopics, Embed, Topic, chunk, chunk_topics, combine
from generation.prompting.brand import Brand
from generation.prompting.brief import Brief
from generation.prompting.composing import NEVER_WANTED, NOTHING_TO_DRAW, alt_text, listed, picture_prompt
from generation.prompting.ranking import Ranking, rank
from generation.prompting.reading import read_draft
from generation.prompting.rules import RulesWriter, language_notice
from generation.prompting.words.language import detect_language

_THINGS = 3
_SHOWN = 4
"""Topics of a part that are shown."""
_LEAD_CHARACTERS = 280
_LANGUAGE_SAMPLE = 2000
_GIST_CHARACTERS = 3000


@dataclass(frozen=True)
class ArticleBrief:
    """The brief of an article, whose draft is the post beside it and whose `article` tells how it was read; and its
    `gist`, which a language model may read for a better brief.
    """

    brief: Brief
    gist: str


def write_article(
    writer: RulesWriter, article: Article, *, draft: str = "", embed: Embed | None = None
) -> ArticleBrief:
    """The brief of an article by rules alone; `draft` is the post that goes with it, by default the title.

    Raises:
        DraftError: a given `draft` is no draft.
    """
    lexicon, brand = writer.lexicon, writer.brand or Brand()
    parts = chunk_topics(chunk(article.text), article.title, lexicon)
    topics = combine(parts, embed)
    post = draft or article.title or article.paragraphs[0][:_LEAD_CHARACTERS]
    by_post = writer.write(post)
    language = detect_language(article.text[:_LANGUAGE_SAMPLE])
    ranking = replace(rank(read_draft(by_post.draft, lexicon, language), lexicon, language), unknown=())
    things = _things(topics, ranking, brand)
    told = (notice for notice in by_post.notices if notice not in language_notice(by_post.language))
    brief = replace(
        by_post,
        language=language,
        prompt=picture_prompt(things, ranking, brand),
        negative=tuple(dict.fromkeys((*brand.avoid, *by_post.negative, *NEVER_WANTED))),
        alt_text=alt_text(things, ranking),
        topics=tuple(topic.name for topic in topics) or by_post.topics,
        notices=(*told, *article.notices, *language_notice(language, "article"), _read_notice(article, things)),
    )
    brief = replace(brief, article=_stages(article, parts, topics))
    return ArticleBrief(brief, _gist(article, topics))


def _stages(article: Article, parts: Sequence[ChunkTopics], topics: Sequence[Topic]) -> dict[str, Any]:
    """The stages as plain JSON types."""
    return {
        "title": article.title,
        "word_count": article.word_count,
        "chunks": [
            {"opening": part.opening, "topics": [topic.name for topic in part.topics[:_SHOWN]]} for part in parts
        ],
        "topics": [{"name": t.name, "picture": t.picture, "weight": round(t.weight, 3)} for t in topics],
    }


def _gist(article: Article, topics: Sequence[Topic]) -> str:
    """The article as far as a language model reads it: title, topics found, and its beginning."""
    found = "Topics: " + ", ".join(topic.name for topic in topics) if topics else ""
    return "\n\n".join(filter(None, (article.title, found, article.text[:_GIST_CHARACTERS])))


def _things(topics: tuple[Topic, ...], ranking: Ranking, brand: Brand) -> tuple[str, ...]:
    """Pictures of the topics, the most important first; where no topic has one, those of the post."""
    pictures = [topic.picture for topic in topics if topic.picture and not brand.avoids(topic.picture)]
    named = [thing.picture.phrase for thing in ranking.things if not brand.avoids(thing.picture.phrase)]
    return tuple(dict.fromkeys(pictures or named))[:_THINGS] or (NOTHING_TO_DRAW,)


def _read_notice(article: Article, things: tuple[str, ...]) -> str:
    return f"Read {article.word_count:,} words of the article; the picture shows {listed(things)}."
