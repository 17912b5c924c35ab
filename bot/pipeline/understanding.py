"""From what a person gives, a draft or an article, to the brief of a post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.records.options import PostOptions
from bot.records.tables import Post

if TYPE_CHECKING:
    from bot.articles import Page
    from bot.pipeline.studio import Studio
    from generation.prompting import Brief


def understand(studio: Studio, post: Post) -> Brief:
    """The brief of a post.

    A recorded brief that cost something (a language model's, a person's, an article's) holds for as long as the words
    of the post stay, so that drawing again, also after a crash, asks nobody twice. The rules are asked anew.

    Raises:
        Misuse, ArticleUnavailable, ArticleError, DraftError: as `understand_article`, for a post with an article.
    """
    if recorded := _recorded(studio, post):
        return recorded
    article = PostOptions.from_dict(post.options).article
    if not article:
        return studio.writer.write(post.draft)
    from bot.articles import Fetcher

    return _brief_of(studio, Fetcher().fetch(article), post.draft)  # a web address only: others than its owner ask too


def _recorded(studio: Studio, post: Post) -> Brief | None:
    from bot.pipeline.writing import RULES
    from generation.prompting import Brief, clean_draft

    row = studio.records.latest_brief(post.id)
    if row is None:
        return None
    try:
        brief = Brief.from_dict(row.body)
    except ValueError:  # kept by an earlier version
        return None
    is_kept = brief.article is not None or brief.writer != RULES
    return brief if is_kept and brief.draft == clean_draft(post.draft)[0] else None


def understand_article(studio: Studio, where: str, draft: str = "") -> Brief:
    """The brief of an article at a web address or in a file; its draft is the post beside it.

    Without a `draft` the post is the article's title, with its address below.

    Raises:
        Misuse: there is no article at `where`, or it is none of the public web.
        ArticleUnavailable, ArticleError: it cannot be had, or cannot be read as an article.
        DraftError: the draft is none.
    """
    from bot.articles import open_article

    return _brief_of(studio, open_article(where), draft)


def _brief_of(studio: Studio, page: Page, draft: str) -> Brief:
    from generation.prompting.article import read_article, write_article

    article = read_article(page.text, is_html=page.is_html or None)
    post = draft or "\n".join(filter(None, (article.title, page.url if page.is_public else "")))
    made = write_article(studio.rules, article, draft=post, embed=embed_sentences)
    brief = studio.writer.improve(made.brief, made.gist)
    return replace(brief, article={"source": page.url, **(made.brief.article or {})})


def embed_sentences(texts: Sequence[str]) -> Sequence[Sequence[float]]:
    """Texts as unit vectors of meaning, by the model that moderation brings."""
    from moderation.text.encoder import SentenceEncoder

    vectors: list[list[float]] = SentenceEncoder.load().encode(texts).tolist()
    return vectors
