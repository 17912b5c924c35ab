"""The buttons "Pause" and "Pause everything": what is planned for an account waits."""

from __future__ import annotations

from bot.records.states import AccountState
from bot.records.tables import RequestRow
from bot.slack.accounts import set_accounts
from bot.slack.desk import Desk

ACTION = "pause_account"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Pause one account, or all."""
    await set_accounts(desk, row, AccountState.PAUSED, "paused in Slack")
