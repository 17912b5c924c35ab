"""The rules of a channel: shown, and set by admins."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.roles import EVERYBODY, Role
from bot.slack.blocks.rules import rules_view
from bot.slack.desk import Desk


async def open_rules(desk: Desk, row: RequestRow) -> None:
    """Show the rules of the channel that the person is in; an admin can change them."""
    channel, user = row.body.get("channel", ""), row.body["user"]
    rules = await desk.rules(channel)
    editable = await desk.may(user, Role.ADMIN, channel)
    await desk.client.views_open(trigger_id=row.body["trigger"], view=rules_view(rules, channel, editable=editable))


async def save_rules(desk: Desk, row: RequestRow) -> None:
    """Set the rules. An admin of one channel is not one everywhere."""
    scope = "" if row.body["everywhere"] else row.body["channel"]
    await desk.need(row.body["user"], Role.ADMIN, scope)
    sent = row.body["rules"]
    rules = {
        "requesters": sent["requesters"] or [EVERYBODY],
        "approvers": sent["approvers"] or [EVERYBODY],
        "admins": sent["admins"],
        "trusted": sent["trusted"],
        "two_people": sent["two_people"],
    }
    await desk.do(desk.records.set_rules, scope, rules, row.person, "set the rules in Slack")
    where = "everywhere without rules of its own" if not scope else "in this channel"
    await desk.tell(row, f"The rules hold {where} from now on.")
