"""The buttons "Connect" and "Reconnect": the network's own consent page in the browser."""

from __future__ import annotations

from bot.records.tables import RequestRow
from bot.slack.accounts import offer_consent
from bot.slack.desk import Desk

ACTION = "connect_account"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Tell where the consent page is."""
    await offer_consent(desk, row)
