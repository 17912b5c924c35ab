"""Whom a post is for, as moderation's policy names them: networks, the accounts there, and the channel it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.records.options import PostOptions
from bot.records.tables import Post

if TYPE_CHECKING:
    from PIL.Image import Image

    from bot.pipeline.studio import Studio
    from moderation import Verdict


@dataclass(frozen=True)
class Audience:
    """The scopes of config/moderation.toml that a post falls under; the strictest counts."""

    networks: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    channel: str | None = None

    @classmethod
    def of(cls, studio: Studio, post: Post) -> Audience:
        """All accounts that the post goes to, and its channel in Slack."""
        accounts = tuple(account for _, account in targets(studio, post))
        return cls(tuple(post.networks), accounts, studio.records.channel_of(post.id))

    def judge_text(self, studio: Studio, text: str, where: str) -> tuple[Verdict, ...]:
        """The verdicts on a text that they would read."""
        return studio.moderators.judge_text(
            text, where=where, network=self.networks, account=self.accounts, channel=self.channel
        )

    def judge_picture(self, studio: Studio, image: Image) -> tuple[Verdict, ...]:
        """The verdicts on a picture that they would see."""
        return studio.moderators.judge_picture(
            image,
            network=self.networks,
            account=self.accounts,
            channel=self.channel,
            rejected=studio.records.rejected_fingerprints(),
        )


def targets(studio: Studio, post: Post) -> list[tuple[str, str]]:
    """The (network, account) pairs that a post goes to: those asked for, else the first account of each network."""
    from bot.accounts import account_name

    asked = PostOptions.from_dict(post.options).accounts
    pairs = []
    for network in post.networks:
        names = [account for its_network, account in asked if its_network == network]
        pairs += [(network, name) for name in names or [account_name(studio.records, network)]]
    return pairs
