"""The two state machines: a post, and a publication of that post on one account.

A post moves left to right; only "again" and an edit after approval lead back to an earlier state, and both ask for
approval anew. Which moves exist is said here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class PostState(StrEnum):
    """Where a post is on its way from a draft to a decision."""

    DRAFTED = "drafted"
    PREPARING = "preparing"
    BLOCKED = "blocked"
    FAILED = "failed"
    REVIEW = "review"
    APPROVED = "approved"
    REJECTED = "rejected"


class PublicationState(StrEnum):
    """Where one publication is on its way onto its account."""

    PLANNED = "planned"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    NEEDS_CONFIRMATION = "needs_confirmation"
    MISSED = "missed"
    CANCELLED = "cancelled"
    TAKEN_DOWN = "taken_down"


POST_MOVES: Mapping[PostState, frozenset[PostState]] = {
    PostState.DRAFTED: frozenset({PostState.PREPARING}),
    PostState.PREPARING: frozenset({PostState.REVIEW, PostState.BLOCKED, PostState.FAILED}),
    PostState.REVIEW: frozenset({PostState.APPROVED, PostState.REJECTED, PostState.PREPARING}),
    PostState.FAILED: frozenset({PostState.PREPARING}),
    PostState.APPROVED: frozenset({PostState.REVIEW}),
    PostState.BLOCKED: frozenset(),
    PostState.REJECTED: frozenset(),
}

PUBLICATION_MOVES: Mapping[PublicationState, frozenset[PublicationState]] = {
    PublicationState.PLANNED: frozenset(
        {
            PublicationState.PUBLISHING,
            PublicationState.PLANNED,  # moved to another time, or put back to wait
            PublicationState.PUBLISHED,  # an earlier request turned out to have arrived
            PublicationState.MISSED,
            PublicationState.FAILED,
            PublicationState.CANCELLED,
        }
    ),
    PublicationState.PUBLISHING: frozenset(
        {
            PublicationState.PUBLISHED,
            PublicationState.PUBLISHING,  # to be looked up again later
            PublicationState.PLANNED,
            PublicationState.FAILED,
            PublicationState.NEEDS_CONFIRMATION,
        }
    ),
    PublicationState.FAILED: frozenset({PublicationState.PLANNED, PublicationState.CANCELLED}),
    PublicationState.MISSED: frozenset({PublicationState.PLANNED, PublicationState.CANCELLED}),
    PublicationState.NEEDS_CONFIRMATION: frozenset(
        {PublicationState.PUBLISHED, PublicationState.PLANNED, PublicationState.CANCELLED}
    ),
    PublicationState.PUBLISHED: frozenset({PublicationState.TAKEN_DOWN}),
    PublicationState.CANCELLED: frozenset(),
    PublicationState.TAKEN_DOWN: frozenset(),
}


COMING = (PublicationState.PLANNED, PublicationState.PUBLISHING)
"""States in which a worker has something to do."""

LOOKING = (*COMING, PublicationState.NEEDS_CONFIRMATION)
"""States that wait, in one way or another, for the news that a post is there."""

ASKING = (PublicationState.NEEDS_CONFIRMATION, PublicationState.MISSED, PublicationState.FAILED)
"""States in which a person has something to decide."""

ENDED = (PublicationState.PUBLISHED, PublicationState.CANCELLED, PublicationState.TAKEN_DOWN)
"""States that an edit of the post leaves as they are."""


class AccountState(StrEnum):
    """Whether an account is published to."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


CONNECTED = (AccountState.ACTIVE, AccountState.PAUSED)
"""States of an account whose token is kept."""

REMINDED = "reminded"
"""No state but a note in the audit: somebody was reminded, and nothing was moved."""

FORGOTTEN = "forgotten"
"""No state but a note in the audit: what it is about is no longer kept."""
