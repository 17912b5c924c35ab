"""Accounts on networks: connected, encrypted at rest, opened as publishers. Without one, the outbox stands in."""

from bot.accounts.choice import account_name
from bot.accounts.opening import NewAccount, connect, open_publisher
from bot.accounts.vault import Vault

__all__ = ["NewAccount", "Vault", "account_name", "connect", "open_publisher"]
