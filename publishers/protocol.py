"""The one protocol that every network is spoken to through. A publisher is bound to one account."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol, runtime_checkable

from publishers.limits import Limits
from publishers.publication import AccountReport, Lookup, Media, Publication, Published


@runtime_checkable
class Publisher(Protocol):
    """Gets a publication onto one account of one network, once.

    The order that makes it exactly once is the caller's: `upload` each picture (repeatable), record the
    intent with its time, `create` without a blind retry, and on an unknown outcome `find` before anything else.
    Every method may raise `PublishError`, whose `outcome` says whether the network may have acted.
    """

    @property
    def network(self) -> str:
        """The network's name: "x", "linkedin" or "outbox"."""
        ...

    @property
    def limits(self) -> Limits:
        """What the network accepts."""
        ...

    def check(self) -> AccountReport:
        """Whether the account can be posted to, and what its owner should know."""
        ...

    def prepare(self, picture: bytes) -> bytes:
        """The picture as the network takes it, changed only as far as its limits demand."""
        ...

    def upload(self, data: bytes, alt: str) -> Media:
        """Hand over a prepared picture (or a PDF, whose `alt` is its title). Nothing is visible yet."""
        ...

    def create(self, publication: Publication) -> Published:
        """Post it. Called once for each recorded intent."""
        ...

    def find(self, publication: Publication) -> Lookup:
        """Whether the post is there: Found, surely Absent, or Unknown."""
        ...

    def delete(self, publication: Publication) -> None:
        """Take the post down; one that is already gone is no error."""
        ...

    def cost(self, publication: Publication) -> Decimal:
        """What the network will charge for `create`, in US dollars."""
        ...
