"""The button "Open the form": again, with what was asked for before."""

from __future__ import annotations

from bot.errors import Misuse
from bot.records.tables import RequestRow
from bot.slack.composing import draft_of, open_compose
from bot.slack.desk import Desk
from bot.slack.forms import ComposeForm

ACTION = "open_form"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Open the form as it was filled in, or with its draft."""
    source = await desk.do(desk.records.request, row.body["value"])
    if source is None or source.person != row.person:
        raise Misuse("This form is no longer kept: begin anew with `/easel`.")
    kept = source.body.get("form")
    form = ComposeForm.from_dict(kept) if kept else None
    source.body = {**source.body, "trigger": row.body["trigger"], "response_url": row.body["response_url"]}
    await open_compose(desk, source, draft_of(source), thread=source.body.get("thread", ""), form=form)
