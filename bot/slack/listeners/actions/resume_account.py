"""The buttons "Resume" and "Resume everything": what waited goes out."""

from __future__ import annotations

from bot.records.states import AccountState
from bot.records.tables import RequestRow
from bot.slack.accounts import set_accounts
from bot.slack.desk import Desk

ACTION = "resume_account"


async def carry_out(desk: Desk, row: RequestRow) -> None:
    """Resume one account, or all."""
    await set_accounts(desk, row, AccountState.ACTIVE, "resumed in Slack")
