"""From an article to a brief: its readable text, a topic for each part, the topics combined, one picture."""

from __future__ import annotations

from generation.prompting.article.readable import Article, ArticleError, read_article
from generation.prompting.article.writer import ArticleBrief, write_article

__all__ = ["Article", "ArticleBrief", "ArticleError", "read_article", "write_article"]
