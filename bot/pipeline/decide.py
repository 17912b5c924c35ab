"""What follows from what a network said: pure rules, so that each answer's outcome can be read and tested in one place.

The rules never guess. Only an answer that says so, or a lookup made after every request has had its time to act
(the publishers see to that), counts as "the post is not there"; then it is sent once more. Where nobody can know, a
person is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.records.states import PublicationState
from publishers import Absent, Found, Lookup, Outcome, Published, PublishError, Reason

ACCOUNT_REASONS = frozenset({Reason.UNAUTHORIZED, Reason.PAYMENT, Reason.VERSION})
"""Refusals that the next post on the account would meet too: the account is paused and its posts wait."""

MOST_TRIES = 10
"""Requests to post that turned out to be absent, before a person is told. With the waits between them it takes most
of an hour, so that a network's short trouble is sat out."""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
"""Waits between visits where the network names none: doubled each time, up to the longest."""

LOOK_FOR = timedelta(hours=24)
"""How long a lookup that cannot be made (the network is down) is tried again before a person is asked."""

RETRY_FOR = timedelta(hours=24)
"""How long a post that a network keeps putting off is held before it fails."""


@dataclass(frozen=True)
class Situation:
    """What is known of a publication when the network answers. Times are UTC.

    `tries` counts requests to post that may have acted, the present one included; `visits` all visits so far.
    """

    now: datetime
    due_at: datetime
    attempted_at: datetime
    tries: int
    visits: int


@dataclass(frozen=True)
class Decision:
    """Where a publication goes now. `visit_at` asks for another visit, `harmless` says that nothing was posted.

    Holds only what JSON can, since a durable step remembers it; `visit_at` is an ISO time.
    """

    to: str
    why: str
    visit_at: str | None = None
    remote_id: str | None = None
    url: str | None = None
    pause_account: bool = False
    harmless: bool = False


def after_success(published: Published) -> Decision:
    """The network has the post."""
    why = published.status.replace("_", " ")
    return Decision(PublicationState.PUBLISHED, why, remote_id=published.remote_id, url=published.url)


def after_refused_upload(error: PublishError, situation: Situation) -> Decision:
    """Uploading shows nothing to anybody, so whatever happened, it may be done again."""
    if error.reason in ACCOUNT_REASONS:
        return hold(error, PublicationState.PLANNED, situation)
    if error.outcome is Outcome.REFUSED:
        return Decision(PublicationState.FAILED, str(error))
    return retry(error, situation)


def after_refused_create(error: PublishError, situation: Situation) -> Decision:
    """The request to post did not end well."""
    if error.outcome is Outcome.UNKNOWN:
        return look_at(situation.now, str(error))
    if error.reason in ACCOUNT_REASONS:
        return hold(error, PublicationState.PLANNED, situation)
    if error.outcome is Outcome.RETRY_AFTER:
        return retry(error, situation)
    return Decision(PublicationState.FAILED, str(error), harmless=True)


def after_lookup(lookup: Lookup, situation: Situation) -> Decision:
    """The network was asked whether the post is there."""
    if isinstance(lookup, Found):
        return after_success(lookup.published)
    if isinstance(lookup, Absent):
        if situation.tries >= MOST_TRIES:
            return Decision(
                PublicationState.FAILED,
                f"It was sent {situation.tries} times and is surely not there. Check the network and try again.",
            )
        wait = timedelta() if situation.tries <= 1 else doubled(situation.tries - 2)
        at = (situation.now + wait).isoformat()
        return Decision(PublicationState.PLANNED, "surely not there: it is sent once more", visit_at=at)
    if lookup.look_again_after is None or situation.now > situation.attempted_at + LOOK_FOR:
        return Decision(PublicationState.NEEDS_CONFIRMATION, lookup.why)
    return look_at(situation.now + timedelta(seconds=lookup.look_again_after), lookup.why)


def after_failed_lookup(error: PublishError, situation: Situation) -> Decision:
    """The network could not even be asked."""
    if error.reason is Reason.FORBIDDEN:
        return Decision(PublicationState.NEEDS_CONFIRMATION, str(error))
    if error.reason in ACCOUNT_REASONS:
        return hold(error, PublicationState.PUBLISHING, situation)
    if error.outcome is Outcome.REFUSED or situation.now > situation.attempted_at + LOOK_FOR:
        return Decision(PublicationState.NEEDS_CONFIRMATION, str(error))
    return look_at(situation.now + wait_after(error, situation.visits), str(error))


def retry(error: PublishError, situation: Situation) -> Decision:
    """Nothing was posted: keep the place and come again when the network says, or after a growing wait."""
    if situation.now > situation.due_at + RETRY_FOR:
        return Decision(PublicationState.FAILED, str(error), harmless=True)
    at = situation.now + wait_after(error, situation.visits)
    return Decision(PublicationState.PLANNED, str(error), visit_at=at.isoformat(), harmless=True)


def hold(error: PublishError, to: PublicationState, situation: Situation) -> Decision:
    """Nothing is wrong with the post: it waits until its account works again."""
    return Decision(
        to,
        str(error),
        visit_at=situation.now.isoformat(),
        pause_account=True,
        harmless=to == PublicationState.PLANNED,
    )


def look_at(moment: datetime, why: str) -> Decision:
    """Look the post up at `moment`."""
    return Decision(PublicationState.PUBLISHING, why, visit_at=moment.isoformat())


def wait_after(error: PublishError, visits: int) -> timedelta:
    """How long to wait: what the network asks for, else twice as long each time."""
    if error.retry_after is not None:
        return timedelta(seconds=max(0.0, error.retry_after))
    return doubled(visits)


def doubled(times: int) -> timedelta:
    """The first wait, doubled so many times, up to the longest."""
    return min(timedelta(seconds=FIRST_WAIT.total_seconds() * 2 ** min(times, 16)), LONGEST_WAIT)
