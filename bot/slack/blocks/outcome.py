"""Where an approved post goes and how that went, with what a person may do about each place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.records import PublicationState
from bot.records.tables import PublicationRow
from bot.slack.blocks.words import Json, actions, button, escaped, marked, network_name, section, shortened, sure, when

ICONS = {
    PublicationState.PLANNED: ":calendar:",
    PublicationState.PUBLISHING: ":arrow_up:",
    PublicationState.PUBLISHED: ":tada:",
    PublicationState.FAILED: ":warning:",
    PublicationState.NEEDS_CONFIRMATION: ":grey_question:",
    PublicationState.MISSED: ":alarm_clock:",
    PublicationState.CANCELLED: ":wastebasket:",
    PublicationState.TAKEN_DOWN: ":put_litter_in_its_place:",
}
MOST_PLACES = 20
"""Two blocks each keep a message under Slack's 50."""


def outcome_blocks(rows: Sequence[PublicationRow]) -> list[Json]:
    """A paragraph and, where there is something to do, a row of buttons for each publication."""
    blocks: list[Json] = []
    for row in rows[:MOST_PLACES]:
        blocks.append(section(marked(line(row))))
        if buttons := [made for made in buttons_of(row) if made]:
            blocks.append(actions(*buttons))
    return blocks


def outcome_text(rows: Sequence[PublicationRow]) -> str:
    """The message in words."""
    return " · ".join(f"{network_name(row.network)}: {row.state.replace('_', ' ')}" for row in rows)


def line(row: PublicationRow) -> str:
    """How one publication stands."""
    name = f"{ICONS.get(PublicationState(row.state), '')} *{escaped(network_name(row.network, row.account))}*"
    why = escaped(shortened(row.error, 500)) if row.error else ""
    match row.state:
        case PublicationState.PUBLISHED:
            link = f" · <{row.url}|see it>" if row.url and row.url.startswith(("https://", "http://")) else ""
            kept = " · kept in the local outbox" if row.url and row.url.startswith("file:") else ""
            return f"{name} is live{link}{kept}"
        case PublicationState.PLANNED if row.due_at > datetime.now(UTC):
            return f"{name} goes out {when(row.due_at)}{': ' + why if why else ''}"
        case PublicationState.PLANNED | PublicationState.PUBLISHING:
            return f"{name} is going out{': ' + why if why else ' …'}"
        case PublicationState.FAILED:
            return f"{name} failed: {why}"
        case PublicationState.NEEDS_CONFIRMATION:
            return f"{name}: nobody can know whether it is there. Look, and say so. {why}"
        case PublicationState.MISSED:
            return f"{name} missed its time: {why}"
        case PublicationState.TAKEN_DOWN:
            return f"{name} was taken down"
    return f"{name} was taken off the plan"


def buttons_of(row: PublicationRow) -> list[Json | None]:
    """What may be done about a publication in its state."""
    value = f"{row.id}:{row.attempt}"
    cancel = button(
        "Take off the plan",
        "cancel",
        value,
        confirm=sure("Take it off the plan?", "It is not published.", "Take it off"),
    )
    match row.state:
        case PublicationState.PLANNED if row.due_at > datetime.now(UTC):
            return [button("Move …", "move", value), button("Publish now", "retry", value), cancel]
        case PublicationState.FAILED | PublicationState.MISSED:
            return [button("Retry", "retry", value, style="primary"), button("Move …", "move", value), cancel]
        case PublicationState.NEEDS_CONFIRMATION:
            return [button("It is there", "there", value), button("It is not there", "absent", value), cancel]
        case PublicationState.PUBLISHED:
            down = sure("Take it down?", "It disappears from the network. This cannot be undone.", "Take it down")
            return [button("Take down", "take_down", value, style="danger", confirm=down)]
    return []
