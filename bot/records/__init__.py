"""What Easel remembers: posts, briefs, candidates, publications and who decided what, in one relational database."""

from bot.records.database import open_database
from bot.records.states import PostState, PublicationState
from bot.records.store import Records

__all__ = ["PostState", "PublicationState", "Records", "open_database"]
