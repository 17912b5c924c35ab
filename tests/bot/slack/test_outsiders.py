"""Whoever may not decide cannot, by any button, form or command, whatever a payload claims to have been shown."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bot.errors import Misuse
from bot.records.tables import AuditRow, DrawingRow, Post, RequestRow, ThreadRow
from bot.slack.forms import ComposeForm
from bot.slack.listeners import KINDS

CHANNEL = "C1"
HARMLESS = {"app_home_opened", "app_removed", "form", "open_form", "home_rules", "home_brand"}
"""What decides nothing: Home shows, `open_form` opens one's own form, the rest is Slack's or waits for another page."""

PREVIEWS = ["approve", "approve_several", "schedule", "picks", "approve_post"]
ROLES = '[everywhere]\nrequesters = ["UR"]\napprovers = ["UA"]\nadmins = ["UB"]\ntwo_people = true\n'


@pytest.fixture
def desk(desk_with):
    """A desk with named roles."""
    return desk_with(ROLES)


@pytest.fixture
def bodies(desk, approve, connect):
    """What a row of each kind says, with everything as it truly is: only the person is wrong."""
    connect("x", "1001")
    records = desk.records
    [planned], [withdrawn] = approve("planned"), approve("in review")
    records.edit_post(withdrawn.post_id, "ana", "edited")
    with records.transaction() as session:
        now = datetime.now(UTC)
        for post_id in (planned.post_id, withdrawn.post_id):
            session.add(
                ThreadRow(
                    post_id=post_id, workspace=records.workspace, channel=CHANNEL, messages={}, shown_audit=0,
                    created_at=now,
                )
            )  # fmt: skip
        session.get_one(Post, withdrawn.post_id).requested_by = "slack:UA"
    post = f"{withdrawn.post_id}:{records.version(withdrawn.post_id)}:1"
    publication = f"{planned.id}:{planned.attempt}"
    rules = {name: ["UX"] for name in ("requesters", "approvers", "admins", "trusted")} | {"two_people": False}
    form = ComposeForm("mine", (("x", "main"),), CHANNEL).to_dict()
    view = {"id": "V1", "hash": "", "kind": "modal", "metadata": {"post": post, "picks": [1]}, "values": {}}
    texts = {"texts": {"x": "mine"}, "negative": [], "normalized": "", "prompt": "", "alt_text": ""}
    wish = {"picks": [1], "arrangement": "together", "when": "now", "at": 0}
    at = int(now.timestamp()) + 3600
    return {
        **{kind: {"value": post} for kind in ("again", "approve", "approve_several", "edit", "reject", "schedule")},
        **{kind: {"value": publication} for kind in ("absent", "cancel", "move", "retry", "take_down", "there")},
        **{kind: {"value": "all"} for kind in ("pause_account", "resume_account")},
        **{kind: {"form": form} for kind in ("compose", "words")},
        **{kind: {"text": "mine", "files": False, "thread": ""} for kind in ("/easel", "paint_message", "new_post")},
        "home_new": {},
        "connect_account": {"value": "x/main"},
        "picks": {"view": view},
        "approve_post": {"post": post, **wish},
        "edit_post": {"post": post, **texts},
        "move_publication": {"value": publication, "slot": False, "at": at},
        "rules": {"everywhere": True, "rules": rules},
        "brand": {"brand": {"style": "mine", "palette": [], "avoid": [], "voice": "", "generator": ""}},
    }


def carry_out(desk, kind, body, user):
    """Carry a row of this kind out for a person."""
    usual = {"user": user, "channel": CHANNEL, "trigger": "t", "response_url": "", "view": None}
    row = RequestRow(id=1, key=f"{kind}:1", kind=kind, person=f"slack:{user}", body={**usual, **body}, attempts=1)
    asyncio.run(KINDS[kind](desk, row))


def everything(records):
    """How much there is of what a decision leaves behind, and who may decide."""
    with records.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (AuditRow, DrawingRow, Post)]
    return counts, records.rules(CHANNEL), records.brand(), [row.state for row in records.accounts()]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - HARMLESS))
def test_an_outsider_decides_nothing(desk, told, bodies, kind):
    before = everything(desk.records)
    try:
        carry_out(desk, kind, bodies[kind], "UX")
    except Misuse as refusal:
        told.append(str(refusal))
    assert len(told) == 1
    assert "Nothing was changed" in told[0]
    assert everything(desk.records) == before


@pytest.mark.parametrize("kind", PREVIEWS)
def test_where_two_people_are_needed_nobody_approves_their_own(desk, bodies, kind):
    before = everything(desk.records)
    with pytest.raises(Misuse, match="Two people are needed"):
        carry_out(desk, kind, bodies[kind], "UA")
    assert everything(desk.records) == before
