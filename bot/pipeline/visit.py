"""One visit of a worker to one publication: send it, or find out what became of it, and record where it goes.

    upload (repeatable) -> record the intent -> create, never repeated blindly -> found, absent or not knowable

Each part runs through `run`, which a durable workflow uses to remember what was done (bot/pipeline/durable.py); in one
process it simply calls. Every part may be cut off and run again: uploads repeat, the intent is one compare-and-set
that only one run can win, and whoever comes second looks the post up instead of sending it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.errors import EaselError, Misuse, Refused
from bot.pipeline import decide
from bot.pipeline.credentials import signed
from bot.pipeline.decide import Decision, Situation
from bot.records.states import COMING, LOOKING, AccountState, PublicationState
from bot.records.tables import PublicationRow
from bot.records.values import EASEL, OUTBOX_ACCOUNT
from bot.spans import in_words
from publishers import Media, Publication, PublishError

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from publishers import Publisher

LONGEST_TITLE = 100
"""Characters of a carousel's name: what fits on the line that LinkedIn gives it."""

Run = Callable[..., Any]
"""Calls `run(name, function, *arguments)` and returns the result, which JSON can hold."""


def directly(_name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a part with nothing remembered."""
    return function(*arguments)


def visit(studio: Studio, publication_id: str, attempt: int, run: Run = directly) -> PublicationRow:
    """Make the visit `attempt` and return the publication as it is afterwards.

    A visit that was overtaken (the publication was moved, cancelled, sent by another worker) changes nothing.
    """
    met = run("arrive", arrive, studio, publication_id, attempt)
    if met["overtaken"]:
        return studio.records.publication(publication_id)
    if met["decision"]:
        decided = Decision(**met["decision"])
    elif met["state"] == PublicationState.PUBLISHING:
        decided = Decision(**run("look", look, studio, publication_id))
    else:
        decided = send(studio, publication_id, attempt, met["pictures"], run)
    run("record", record, studio, publication_id, attempt, asdict(decided))
    return studio.records.publication(publication_id)


def arrive(studio: Studio, publication_id: str, attempt: int) -> dict[str, Any]:
    """What the visit meets. Remembered, so that a visit which is run again takes the same way as before."""
    row = studio.records.publication(publication_id)
    overtaken = row.attempt != attempt or row.state not in COMING
    decision = None if overtaken else reason_to_wait(studio, row)
    return {
        "overtaken": overtaken,
        "state": row.state,
        "pictures": 1 if row.carousel else len(row.pictures),
        "decision": asdict(decision) if decision else None,
    }


def reason_to_wait(studio: Studio, row: PublicationRow) -> Decision | None:
    """The decision for a publication whose account does not work or whose time was missed; None if it may go out."""
    if row.account != OUTBOX_ACCOUNT and (decision := account_trouble(studio, row)):
        return decision
    late = datetime.now(UTC) - row.visit_at
    if row.state == PublicationState.PLANNED and late > timedelta(minutes=studio.settings.missed_after_minutes):
        return Decision(PublicationState.MISSED, f"its time was missed by {in_words(late)}")
    return None


def account_trouble(studio: Studio, row: PublicationRow) -> Decision | None:
    """What to do where the account is gone, paused or locked: the post waits for it, or for a person."""
    try:
        account = studio.records.in_workspace(row.workspace).account(row.network, row.account)
    except Misuse as gone:
        sent = row.state == PublicationState.PUBLISHING
        return Decision(PublicationState.NEEDS_CONFIRMATION if sent else PublicationState.FAILED, str(gone))
    visit_at = row.visit_at.isoformat()
    if account.state == AccountState.PAUSED:
        why = f"The {row.network} account {row.account} is paused: {account.notice}"
        return Decision(row.state, why, visit_at=visit_at)
    try:
        publisher_of(studio, row)
    except EaselError as locked:
        return Decision(row.state, str(locked), visit_at=visit_at, pause_account=True)
    return None


def send(studio: Studio, publication_id: str, attempt: int, pictures: int, run: Run) -> Decision:
    """Upload the pictures one by one, then send the post."""
    media = []
    for index in range(pictures):
        uploaded = run(f"upload {index + 1}", upload, studio, publication_id, index)
        if "decision" in uploaded:
            return Decision(**uploaded["decision"])
        media.append(uploaded["media"])
    return Decision(**run("send", create, studio, publication_id, attempt, media))


def upload(studio: Studio, publication_id: str, index: int) -> dict[str, Any]:
    """Hand one picture over, or all as a carousel: `{"media": ...}`, or `{"decision": ...}` where that failed."""
    row = studio.records.publication(publication_id)
    try:
        publisher = publisher_of(studio, row)
        if row.carousel:
            from publishers import carousel_pdf  # loads Pillow

            title = carousel_title(row.text)
            digests = [digest for digest, _ in row.pictures]
            data = carousel_pdf([studio.pictures.read(digest) for digest in digests], title)
        else:
            digest, title = row.pictures[index]
            digests = [digest]
            data = publisher.prepare(studio.pictures.read(digest))
        return {"media": asdict(publisher.upload(signed(studio, row, digests, data), title))}
    except PublishError as error:
        decision = decide.after_refused_upload(error, situation(studio, row))
    except EaselError as error:
        decision = Decision(PublicationState.FAILED, str(error))
    return {"decision": asdict(decision)}


def carousel_title(text: str) -> str:
    """What a network shows as the name of a carousel: the first line of the post."""
    return text.strip().partition("\n")[0][:LONGEST_TITLE].strip()


def create(studio: Studio, publication_id: str, attempt: int, media: list[dict[str, Any]]) -> dict[str, Any]:
    """Record the intent and send the post; the decision that follows, as a dict."""
    row = studio.records.publication(publication_id)
    try:
        publisher = publisher_of(studio, row)
        row = studio.records.begin_publishing(publication_id, attempt)
    except Refused as refusal:
        return asdict(after_lost_intent(studio, publication_id, attempt, refusal))
    try:
        published = publisher.create(publication_value(row, media))
    except PublishError as error:
        return asdict(decide.after_refused_create(error, situation(studio, row)))
    return asdict(decide.after_success(published))


def after_lost_intent(studio: Studio, publication_id: str, attempt: int, refusal: Refused) -> Decision:
    """The intent was not recorded by this run: it was by an earlier one, or the post is not what was approved."""
    row = studio.records.publication(publication_id)
    if row.attempt == attempt and row.state == PublicationState.PLANNED:
        return Decision(PublicationState.FAILED, str(refusal))
    return decide.look_at(datetime.now(UTC), "a worker stopped while it was sending; looking whether it is there")


def look(studio: Studio, publication_id: str) -> dict[str, Any]:
    """Ask the network whether the post is there; the decision that follows, as a dict."""
    row = studio.records.publication(publication_id)
    try:
        lookup = publisher_of(studio, row).find(publication_value(row, []))
    except PublishError as error:
        return asdict(decide.after_failed_lookup(error, situation(studio, row)))
    return asdict(decide.after_lookup(lookup, situation(studio, row)))


def record(studio: Studio, publication_id: str, attempt: int, decision: dict[str, Any]) -> None:
    """Move the publication as decided, and pause its account where that was decided.

    What only this visit decided is void once it was overtaken; that the network has the post is true all the same.
    """
    decided = Decision(**decision)
    records = studio.records
    row = records.publication(publication_id)
    published = decided.to == PublicationState.PUBLISHED
    if row.state not in LOOKING if published else (row.attempt != attempt or row.state not in COMING):
        return  # done by an earlier run of this visit, or overtaken
    if decided.pause_account and row.account != OUTBOX_ACCOUNT:
        account = records.in_workspace(row.workspace).account(row.network, row.account)
        records.set_account_state(account.id, AccountState.PAUSED, EASEL, decided.why)
    try:
        records.finish_visit(
            publication_id,
            row.attempt,
            PublicationState(decided.to),
            decided.why,
            visit_at=datetime.fromisoformat(decided.visit_at) if decided.visit_at else None,
            harmless=decided.harmless,
            remote_id=decided.remote_id,
            url=decided.url,
            error=None if published else decided.why,
        )
    except Refused:
        now = records.publication(publication_id)
        if (now.state, now.attempt) == (row.state, row.attempt):
            raise  # nobody moved it: the move itself is not allowed
        record(studio, publication_id, attempt, decision)  # overtaken since it was read: judge anew what it is


def publisher_of(studio: Studio, row: PublicationRow) -> Publisher:
    """Who publishes for the row's account."""
    from bot.accounts import open_publisher

    return open_publisher(studio.settings, studio.records.in_workspace(row.workspace), row.network, row.account)


def publication_value(row: PublicationRow, media: list[dict[str, Any]]) -> Publication:
    """The row as the publishers know it."""
    return Publication(
        id=row.id,
        text=row.text,
        attempted_at=row.first_attempted_at or row.created_at,
        media=tuple(Media(**item) for item in media),
        body_hash=row.approval_hash,
        remote_id=row.remote_id,
        last_attempted_at=row.attempted_at,
        made_with_ai=bool(row.pictures),
    )


def situation(studio: Studio, row: PublicationRow) -> Situation:
    """What is known of the publication now."""
    return Situation(
        now=datetime.now(UTC),
        due_at=row.due_at,
        attempted_at=row.attempted_at or row.created_at,
        tries=row.tries,
        visits=row.attempt,
    )
