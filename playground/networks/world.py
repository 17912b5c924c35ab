"""What both local networks share: who is there, what was posted, how they are set, and their limits."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from playground.journal import Journal
from playground.networks.tokens import Tokens
from playground.settings import Changeable

WINDOW_SECONDS = 900.0  # X counts its limits in quarters of an hour


@dataclass
class Settings(Changeable):
    """How the networks behave; `POST /_settings` changes any of it by name."""

    processing_seconds: float = 0.0  # how long an upload takes until it can be posted
    timeline_lag_seconds: float = 0.0  # how long a new post stays out of listings
    refuse_duplicates: bool = True  # a crash benchmark turns it off, to see doubles that it would hide
    duplicate_seconds: float = 86_400.0
    x_posts_per_window: int = 100
    x_uploads_per_window: int = 500
    x_reads_per_window: int = 900
    linkedin_posts_per_day: int = 150
    oldest_linkedin_version: str = "202511"
    linkedin_drops_scope: str = ""  # LinkedIn may grant less than was asked for, and says so only in the answer


@dataclass
class Upload:
    """A picture or document handed over. `data` is empty until its bytes came."""

    id: str
    owner: str
    kind: str
    data: bytes = b""
    mime_type: str = ""
    alt: str = ""
    ready_at: float = 0.0
    failed: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether it can be posted."""
        return bool(self.data) and not self.failed and time.time() >= self.ready_at


@dataclass
class Post:
    """A post as readers see it. `written` is what the network was sent."""

    id: str
    author: str
    text: str
    written: str
    uploads: tuple[str, ...]
    alts: tuple[str, ...]
    at: datetime
    made_with_ai: bool = False
    title: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class World:
    """The memory of both networks."""

    journal: Journal
    tokens: Tokens = field(default_factory=Tokens)
    settings: Settings = field(default_factory=Settings)
    posts: dict[str, dict[str, Post]] = field(default_factory=lambda: {"x": {}, "linkedin": {}})
    uploads: dict[str, Upload] = field(default_factory=dict)
    _used: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    _numbers: Callable[[], int] = field(default_factory=lambda: itertools.count(1_990_000_000_000_000_001).__next__)

    def begin_anew(self, tokens: Tokens) -> None:
        """Forget everything, but never give out an id twice."""
        self.journal.forget()
        self.tokens, self.settings = tokens, Settings()
        for posts in self.posts.values():
            posts.clear()
        self.uploads.clear()
        self._used.clear()

    def number(self) -> str:
        """A new id, as large as the networks' own: it does not fit a float."""
        return str(self._numbers())

    def duplicate(self, network: str, author: str, written: str) -> Post | None:
        """The author's post with the same text that is still there and not old, where the network minds."""
        if not self.settings.refuse_duplicates:
            return None
        since = time.time() - self.settings.duplicate_seconds
        for post in reversed(self.posts[network].values()):
            if post.author == author and post.written == written and post.at.timestamp() >= since:
                return post
        return None

    def listed(self, network: str, author: str | None = None) -> list[Post]:
        """Posts that listings show by now, the newest first."""
        latest = time.time() - self.settings.timeline_lag_seconds
        posts = reversed(self.posts[network].values())
        return [post for post in posts if post.at.timestamp() <= latest and author in {None, post.author}]

    def keep(self, network: str, post: Post) -> None:
        """Publish a post and write it down."""
        self.posts[network][post.id] = post
        self.journal.write(
            network,
            "posted",
            id=post.id,
            author=post.author,
            text=post.text,
            written=post.written,
            uploads=list(post.uploads),
            alts=list(post.alts),
            made_with_ai=post.made_with_ai,
        )

    def count(self, who: str, what: str, limit: int, window: float = WINDOW_SECONDS) -> tuple[bool, dict[str, str]]:
        """Count a request against a limit: whether it is within, and X's headers that tell."""
        now = time.time()
        used = self._used[who, what]
        used[:] = [at for at in used if at > now - window]
        within = len(used) < limit
        if within:
            used.append(now)
        reset = int((used[0] if used else now) + window)
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - len(used))),
            "x-rate-limit-reset": str(reset),
        }
        return within, headers


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer with the networks' clock in it."""
    return JSONResponse(body, status, headers)
