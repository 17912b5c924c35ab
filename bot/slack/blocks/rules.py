"""Who may do what in a channel: shown to everybody, changed by admins."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.roles import EVERYBODY, Rules
from bot.slack.blocks.words import Json, choose, field, marked, modal, option, section

RULES = "rules"
HERE, EVERYWHERE = "here", "everywhere"


def rules_view(rules: Rules, channel: str, *, editable: bool) -> Json:
    """The rules of a channel; a form for an admin, words for others."""
    if not editable:
        return modal(RULES, "Who may do what", "", [section(marked(rules_words(rules)))])
    scopes = [option("In this channel", HERE), option("Everywhere without rules of its own", EVERYWHERE)]
    own = [option("Nobody approves their own", "yes")]
    two: Json = {"type": "checkboxes", "action_id": "two_people", "options": own}
    if rules.two_people:
        two["initial_options"] = own
    trusted_hint = f"Approved unseen if every verdict allows and every score is under {rules.trusted_score:g}."
    blocks = [
        *([field("scope", "Where", choose("scope", scopes, HERE))] if channel else []),
        people("requesters", "May ask", rules.requesters, "Empty: everybody."),
        people("approvers", "May approve", rules.approvers, "Empty: everybody. Approvers may also ask."),
        people("admins", "Admins", rules.admins, "Empty: the admins of the Slack workspace."),
        field("two_people", "Two people", two, optional=True),
        people("trusted", "Trusted", rules.trusted, f"{trusted_hint} Empty: nobody."),
    ]
    return modal(RULES, "Who may do what", "Save", blocks, json.dumps({"channel": channel}))


def people(name: str, shown: str, members: Sequence[str], hint: str) -> Json:
    """A field for several people."""
    element: Json = {"type": "multi_users_select", "action_id": "people"}
    if named := [member for member in members if member != EVERYBODY]:
        element["initial_users"] = named
    return field(name, shown, element, hint=hint, optional=True)


def rules_words(rules: Rules) -> str:
    """The rules as sentences."""
    lines = [
        f"*May ask:* {members(rules.requesters, 'everybody')}",
        f"*May approve:* {members(rules.approvers, 'everybody')}",
        f"*Admins:* {members(rules.admins, 'the admins of this Slack workspace')}",
    ]
    if rules.two_people:
        lines.append("Nobody approves what they asked for themselves.")
    if rules.trusted:
        lines.append(f"*Trusted:* {members(rules.trusted, 'nobody')}")
    return "\n".join(lines)


def members(named: Sequence[str], nobody: str) -> str:
    """People as mentions."""
    return ", ".join(f"<@{member}>" for member in named if member != EVERYBODY) or nobody
