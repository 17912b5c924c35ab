"""Opening the form for a new post: from a command, a shortcut, or again from what was asked before."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError

from bot.accounts import account_name
from bot.pipeline.studio import Studio
from bot.records.tables import RequestRow
from bot.slack.blocks.compose import Choices, compose_view
from bot.slack.blocks.words import actions, button, label, section
from bot.slack.desk import Desk
from bot.slack.forms import ComposeForm
from bot.slack.incoming import plain_words
from generation.prompting.draft import DRAFT_LIMIT

LATE_TRIGGERS = ("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired")


def choices_of(studio: Studio) -> Choices:
    """What there is to choose from in this workspace."""
    from generation.models import ModelRegistry

    settings = studio.settings
    targets = []
    for network in ("x", "linkedin"):
        accounts = studio.records.accounts(network)
        targets += [(network, account.name) for account in accounts] or [
            (network, account_name(studio.records, network))
        ]
    models = ModelRegistry(settings.models_dir).names()
    return Choices(targets, models, settings.count, settings.model)


def blank_form(studio: Studio, choices: Choices, draft: str, channel: str, thread: str = "") -> ComposeForm:
    """The form as it opens: the settings' networks, each with its first account."""
    wanted: dict[str, tuple[str, str]] = {}
    for network, account in choices.targets:
        if network in studio.settings.networks:
            wanted.setdefault(network, (network, account))
    return ComposeForm(draft, tuple(wanted.values()), channel, thread, count=choices.count)


async def open_compose(
    desk: Desk,
    row: RequestRow,
    draft: str = "",
    *,
    thread: str = "",
    notice: str = "",
    ask_where: bool = False,
    form: ComposeForm | None = None,
) -> None:
    """Open the form, filled with a draft or with an earlier form; where Slack's moment has passed, offer a button."""
    choices = await desk.do(choices_of, desk.studio)
    form = form or blank_form(desk.studio, choices, draft, row.body.get("channel", ""), thread)
    view = compose_view(form, choices, source=row.key, notice=notice, ask_where=ask_where)
    try:
        await desk.client.views_open(trigger_id=row.body["trigger"], view=view)
    except SlackApiError as error:
        if error.response.get("error") not in LATE_TRIGGERS:
            raise
        await offer_form(desk, row, "That took too long for Slack to open a form. Your draft is kept.")


async def offer_form(desk: Desk, row: RequestRow, told: str) -> None:
    """A button that opens the form with what was asked."""
    blocks = [section(label(told, 3_000)), actions(button("Open the form", "open_form", row.key, style="primary"))]
    await desk.tell(row, told, blocks)


def draft_of(row: RequestRow) -> str:
    """The draft in what was asked for: a form's, or the words of a command or a message."""
    if "form" in row.body:
        return str(row.body["form"]["draft"])
    return plain_words(str(row.body.get("text", ""))).strip()[:DRAFT_LIMIT]
