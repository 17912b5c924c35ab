"""The moderators of a policy, asked together."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.errors import PictureError
from moderation.policy import Policy
from moderation.seat import Moderator, Seat
from moderation.verdicts import Decision, Thresholds, Verdict

if TYPE_CHECKING:
    from PIL import Image

Maker = Callable[[Policy], Moderator[Any]]

REJECTED_BEFORE = "rejected-before"
STATED = ("personal-data", "brand")
"""Moderators that are nothing but what the policy says of them: a mistake in it is met before anything is judged."""

TEXT_MAKERS = {
    "rules": "moderation.text.rules:RuleList",
    "meaning": "moderation.text.meaning:Meaning",
    "personal-data": "moderation.text.personal_data:PersonalData",
    "brand": "moderation.text.brand:Brand",
    "detoxify": "moderation.text.detoxify:Detoxify",
    "openai": "moderation.openai_moderation:OpenAiModeration",
}
PICTURE_MAKERS = {
    "pixels": "moderation.pictures.pixels:Pixels",
    "open-nsfw": "moderation.pictures.open_nsfw:OpenNsfw",
    "nsfwjs": "moderation.pictures.nsfwjs:NsfwJs",
    REJECTED_BEFORE: "moderation.pictures.likeness:NearDuplicates",
    "openai": "moderation.openai_moderation:OpenAiModeration",
}


class Moderators:
    """Every moderator that a policy names, each loaded once, when first needed.

    Safe to share between threads. Each `judge_*` returns one verdict a moderator, in the policy's order; `decide` makes
    one decision of them.
    """

    def __init__(
        self, policy: Policy, text: Mapping[str, Maker] | None = None, pictures: Mapping[str, Maker] | None = None
    ) -> None:
        """`text` and `pictures` replace or add ways to make a moderator: name -> policy -> moderator."""
        self.policy = policy
        self._text: list[Seat[str]] = [
            Seat(name, policy, (text or {}).get(name) or _maker(TEXT_MAKERS, name)) for name in policy.text
        ]
        looking = {"text-in-picture": self._make_text_in_picture} | dict(pictures or {})
        self._pictures: list[Seat[Image.Image]] = [
            Seat(name, policy, looking.get(name) or _maker(PICTURE_MAKERS, name)) for name in policy.pictures
        ]

    @classmethod
    def load(cls, policy: Policy | Path | str | None = None) -> Moderators:
        """The moderators of `policy` (a policy, its file, or none for the shipped one).

        Raises:
            PolicyError: the policy file cannot be applied.
        """
        if not isinstance(policy, Policy):
            policy = Policy.load(policy) if policy is not None else Policy.load()
        for name in STATED:
            _maker(TEXT_MAKERS, name)(policy)
        return cls(policy)

    def judge_text(
        self,
        text: str,
        *,
        where: str = "draft",
        network: str | Iterable[str] | None = None,
        channel: str | None = None,
        account: str | Iterable[str] | None = None,
    ) -> tuple[Verdict, ...]:
        """What each text moderator says of `text`.

        Args:
            text: anything a person or a model wrote.
            where: what the text is (`draft`, `prompt`, `alt text`, ...), for the record.
            network: the network or networks it is meant for.
            channel: the channel it was asked from.
            account: the account or accounts it is meant for.
        """
        thresholds = self._thresholds(network, channel, account)
        return tuple(seat.verdict(text, where, thresholds) for seat in self._text)

    def judge_picture(
        self,
        picture: Image.Image | Path | bytes,
        *,
        where: str = "picture",
        network: str | Iterable[str] | None = None,
        channel: str | None = None,
        account: str | Iterable[str] | None = None,
        rejected: Mapping[int, str] | None = None,
    ) -> tuple[Verdict, ...]:
        """What each picture moderator says of `picture`, which may be a file or bytes that nobody has checked yet.

        `rejected` maps the fingerprints of pictures that people turned down to what they are, for the moderator
        `rejected-before`. A file that is no sound picture is blocked without another look.
        """
        from moderation.pictures.reading import read_picture

        if isinstance(picture, Path | bytes):
            try:
                picture = read_picture(picture)
            except PictureError as error:
                return (_broken(str(error), where),)
        thresholds = self._thresholds(network, channel, account)
        image = picture
        verdicts = [seat.verdict(image, where, thresholds) for seat in self._pictures]
        if rejected and REJECTED_BEFORE in self.policy.pictures:
            from moderation.pictures.likeness import NearDuplicates

            known: Seat[Image.Image] = Seat(REJECTED_BEFORE, self.policy, lambda policy: NearDuplicates(rejected))
            verdicts.append(known.verdict(image, where, thresholds))
        return tuple(verdicts)

    def _make_text_in_picture(self, policy: Policy) -> Moderator[Image.Image]:
        """The one moderator that asks others: what it reads is judged by the text moderators at the base thresholds."""
        from moderation.pictures.text_in_picture import TextInPicture

        return TextInPicture.load(policy, self.judge_text)

    def _thresholds(
        self, network: str | Iterable[str] | None, channel: str | None, account: str | Iterable[str] | None
    ) -> Callable[[str, str], Thresholds]:
        networks, accounts = ([names] if isinstance(names, str) else list(names or ()) for names in (network, account))

        def thresholds(moderator: str, category: str) -> Thresholds:
            return self.policy.thresholds(moderator, category, networks=networks, channel=channel, accounts=accounts)

        return thresholds


def _maker(makers: Mapping[str, str], name: str) -> Maker:
    """A maker that imports the moderator's module only when it is called."""

    def make(policy: Policy) -> Moderator[Any]:
        if name not in makers:
            raise LookupError(f"no moderator called {name!r} is built in")
        module, attribute = makers[name].split(":")
        maker: Maker = getattr(importlib.import_module(module), attribute).load
        return maker(policy)

    return make


def _broken(reason: str, where: str) -> Verdict:
    return Verdict(
        moderator="picture-file",
        version="1",
        where=where,
        scores={"broken": 1.0},
        thresholds={"broken": Thresholds(1.0, 1.0)},
        decision=Decision.BLOCK,
        reason=reason,
        category="broken",
    )
