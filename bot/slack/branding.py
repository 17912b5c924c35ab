"""The brand of a workspace: shown, and set by admins."""

from __future__ import annotations

import os
from typing import Any

from bot.pipeline.brand import set_brand
from bot.pipeline.generators import KEY, OPENAI, refuse_unusable_generator
from bot.pipeline.studio import Studio
from bot.records.tables import RequestRow
from bot.roles import Role
from bot.slack.blocks.brand import AS_SET_UP, brand_view
from bot.slack.blocks.words import harmless
from bot.slack.desk import Desk
from bot.slack.forms import Values, read
from generation.prompting import Brand, BrandError

TEXTS, LISTS = ("style", "voice"), ("palette", "avoid")


async def open_brand(desk: Desk, row: RequestRow) -> None:
    """Show how the workspace's pictures look; an admin of the whole workspace can change it."""
    channel, user = row.body.get("channel", ""), row.body["user"]
    editable = await desk.may(user, Role.ADMIN, "")
    brand = await desk.do(lambda: desk.studio.brand)
    drawers = await desk.do(generators_of, desk.studio)
    view = brand_view(brand, drawers, channel, editable=editable)
    await desk.client.views_open(trigger_id=row.body["trigger"], view=view)


async def save_brand(desk: Desk, row: RequestRow) -> None:
    """Set the brand. It holds in every channel, so an admin of one channel does not decide about it."""
    await desk.need(row.body["user"], Role.ADMIN, "")
    brand = Brand.from_values(row.body["brand"], "The brand")
    if brand.generator:
        await desk.do(refuse_unusable_generator, desk.settings, brand.generator)
    changed = await desk.do(set_brand, desk.records, brand, row.person)
    told = (
        f"The brand holds for new briefs from now on; changed: {', '.join(changed)}." if changed else "Nothing changed."
    )
    await desk.tell(row, told)


def generators_of(studio: Studio) -> list[str]:
    """Who may be chosen to draw: the models here, and OpenAI's server or one like it where it can be asked."""
    from generation.models import ModelRegistry

    asked = [OPENAI] if studio.settings.images_url or os.environ.get(KEY) else []
    return [*ModelRegistry(studio.settings.models_dir).names(), *asked]


def read_brand(values: Values) -> tuple[dict[str, Any], dict[str, str]]:
    """The brand that was filled in, as `Brand.from_values` takes it; and what is wrong with it, by field."""
    sent: dict[str, Any] = {name: " ".join(harmless(str(read(values, name) or "")).split()) for name in TEXTS}
    sent |= {name: words_in(str(read(values, name) or "")) for name in LISTS}
    chosen = str(read(values, "generator") or AS_SET_UP)
    sent["generator"] = "" if chosen == AS_SET_UP else chosen
    errors = {}
    for name, value in sent.items():
        try:
            Brand.from_values({name: value}, name)
        except BrandError as error:
            errors[name] = str(error).partition(": ")[2]
    return sent, errors


def words_in(text: str) -> list[str]:
    """Words separated by commas or lines, each once."""
    parts = (" ".join(part.split()) for part in harmless(text).replace("\n", ",").split(","))
    return list(dict.fromkeys(part for part in parts if part))
