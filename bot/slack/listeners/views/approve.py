"""The preview was approved: of exactly the pictures that it showed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.records.tables import RequestRow
from bot.slack.approving import approve_wish, wish_in
from bot.slack.asking import Listener
from bot.slack.blocks.preview import APPROVE
from bot.slack.desk import Desk
from bot.slack.forms import AT, refuse_time
from bot.slack.inbox import Asked, Inbox
from bot.slack.payloads import id_at, kept_view, team_of, text_at, user_at

CALLBACK = APPROVE


def listener(inbox: Inbox) -> Listener:
    """Check the time and that the preview showed what is picked; keep the approval."""

    async def keep(ack: AsyncAck, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        user, sent = user_at(body, "user", "id"), kept_view(view)
        wish = wish_in(sent["values"], sent["metadata"])
        errors: dict[str, str] = {}
        if problem := text_at(sent["metadata"], "problem", needed=False):
            errors["when"] = problem
        if wish.when == AT and (refusal := refuse_time(wish.at, datetime.now(UTC))):
            errors["at"] = refusal
        previewed = (list(wish.picks), wish.arrangement)
        if previewed != (sent["metadata"].get("picks"), sent["metadata"].get("arrangement")):
            errors["picks"] = "The preview of these pictures is being made: look at it, and approve again."
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        kept = {
            "user": user,
            "post": id_at(sent["metadata"], "post"),
            "picks": list(wish.picks),
            "arrangement": wish.arrangement,
            "when": wish.when,
            "at": wish.at,
        }
        await inbox.keep(Asked(f"{APPROVE}:{sent['id']}", APPROVE, team_of(body), user, kept))
        await ack()

    return keep


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Approve."""
    await approve_wish(desk, row)
