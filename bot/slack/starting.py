"""Beginning a post from a filled-in form: kept with the order to draw it and its thread, once."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.errors import EaselError
from bot.pipeline.seeds import seeds_of
from bot.pipeline.studio import Studio
from bot.quota import refuse_over_quota
from bot.records.tables import RequestRow
from bot.records.values import NewPost, short_id
from bot.roles import Role
from bot.schedule import next_free_slot
from bot.slack.composing import offer_form
from bot.slack.desk import Desk
from bot.slack.errands import for_person
from bot.slack.forms import SLOT, ComposeForm


async def start_post(desk: Desk, row: RequestRow) -> None:
    """Begin the post that a row asks for. What forbids it is told, with a button that opens the form again."""
    form = ComposeForm.from_dict(row.body["form"])
    user = row.body["user"]
    channel = form.channel or await desk.direct(user)
    try:
        await desk.need(user, Role.REQUESTER, channel)
        timezone = (await desk.member(user)).timezone
        await desk.do(begin, desk.studio, row, form, channel, timezone)
    except EaselError as error:
        await offer_form(desk, row, for_person(str(error)))


def begin(studio: Studio, row: RequestRow, form: ComposeForm, channel: str, timezone: str) -> None:
    """Keep the post. Its id and seeds follow from the request, so that beginning twice is beginning once.

    Raises:
        EaselError: if the person's quota is used up, or an account has no slots.
    """
    records, post_id = studio.records, short_id("post", row.key)
    if records.thread(post_id) is None:
        refuse_over_quota(records, studio.settings, row.person)
    if form.when == SLOT:
        for network, account in form.targets:
            next_free_slot(records, network, account, datetime.now(UTC))
    new = NewPost(
        row.person,
        form.draft,
        form.networks,
        due_at=form.due_at,
        timezone=timezone,
        next_slot=form.when == SLOT,
        options=form.options,
        texts=form.texts or {},
    )
    seeds = seeds_of(row.key, form.count)
    records.start_post(post_id, new, seeds, channel, form.thread or None)
