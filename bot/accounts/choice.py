"""Which account a post goes to."""

from __future__ import annotations

from bot.records import Records
from bot.records.values import OUTBOX_ACCOUNT


def account_name(records: Records, network: str) -> str:
    """The account that posts for `network` go to: the first connected, or the outbox where none is.

    A paused account keeps its posts; they wait for it.
    """
    accounts = records.accounts(network)
    return accounts[0].name if accounts else OUTBOX_ACCOUNT
