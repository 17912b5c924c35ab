"""How a workspace's pictures look: what an admin set in Slack, over config/brand.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.settings import CONFIG

if TYPE_CHECKING:
    from bot.records import Records
    from generation.prompting import Brand


def shipped_brand() -> Brand:
    """The brand of config/brand.toml.

    Raises:
        BrandError: the file is malformed.
    """
    from generation.prompting import Brand

    return Brand.load(CONFIG / "brand.toml")


def brand_of(records: Records) -> Brand:
    """The brand of the records' workspace; what nobody set in Slack is the file's."""
    from generation.prompting import Brand

    shipped, own = shipped_brand(), records.brand()
    return Brand.from_values(shipped.values() | own, "The brand set in Slack") if own else shipped


def set_brand(records: Records, brand: Brand, person: str) -> tuple[str, ...]:
    """Keep a brand for the workspace; returns what changed. What is as in the file follows the file from now on."""
    before, after, shipped = brand_of(records).values(), brand.values(), shipped_brand().values()
    changed = tuple(name for name, value in after.items() if value != before[name])
    own = {name: value for name, value in after.items() if value != shipped[name]}
    if changed or own != records.brand():
        records.set_brand(own, person, f"set the brand in Slack: {', '.join(changed) or 'as in the file'}")
    return changed
