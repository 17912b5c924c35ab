"""The policy of config/moderation.toml: which moderators look, and which scores need a person or stop a post.

A score is compared with the thresholds of its category. They may be given at the base, for a network, a channel
and an account, and at each of these levels for one moderator alone (whose scores may mean something else than
others'). The moderator's own line wins over the general one of the same level; across levels the strictest wins,
so that a network, channel or account can only ask for more care than the base, never for less.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from moderation.errors import PolicyError
from moderation.places import Places
from moderation.verdicts import Thresholds

TEXT_CATEGORIES = (
    "profanity",
    "harassment",
    "hate",
    "threat",
    "sexual",
    "self-harm",
    "illegal",
    "personal-data",
    "brand",
)
PICTURE_CATEGORIES = ("sexual", "violence", "broken", "blank", "near-duplicate", "contrast")
CATEGORIES = tuple(dict.fromkeys(TEXT_CATEGORIES + PICTURE_CATEGORIES))

TEXT_MODERATORS = ("rules", "meaning", "personal-data", "brand", "detoxify", "openai")
PICTURE_MODERATORS = ("pixels", "open-nsfw", "nsfwjs", "text-in-picture", "rejected-before", "openai", "nudenet")
MODERATORS = tuple(dict.fromkeys(TEXT_MODERATORS + PICTURE_MODERATORS))

SCOPES = ("networks", "channels", "accounts")
DEFAULT_POLICY = Path(__file__).resolve().parent.parent / "config" / "moderation.toml"
MAXIMUM_POLICY_BYTES = 1_000_000
LARGEST_TIME_LIMIT_SECONDS = 600.0

Rules = Mapping[str, Mapping[str, Thresholds]]
"""Category -> moderator (or "" for any) -> thresholds."""


@dataclass(frozen=True)
class Policy:
    """What a post must keep to.

    Attributes:
        places: the file it was read from, and where in it things stand.
        text: names of the moderators that read texts, in order.
        pictures: names of the moderators that look at pictures, in order.
        time_limit_seconds: how long one moderator may take for one text or picture.
        load_limit_seconds: how long one moderator may take to load its model.
        base: thresholds for everything.
        scopes: `networks`, `channels`, `accounts` -> name -> thresholds that are added there.
        options: moderator -> its own settings, checked by the moderator when it loads.
    """

    places: Places
    text: tuple[str, ...]
    pictures: tuple[str, ...]
    time_limit_seconds: float
    load_limit_seconds: float
    base: Rules
    scopes: Mapping[str, Mapping[str, Rules]] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | str = DEFAULT_POLICY) -> Policy:
        """Read and check a policy file.

        Raises:
            PolicyError: the file is missing, no TOML, or says something that cannot be applied; with file and line.
        """
        path = Path(path)
        return _Reader(path, _read(path)).policy()

    @property
    def path(self) -> Path:
        """The file it was read from; lists named in it are relative to its folder."""
        return self.places.path

    def refusal(self, moderator: str, key: str, what: str) -> PolicyError:
        """The error that names the line of one of a moderator's own settings."""
        return self.places.refusal(["options", moderator, key], f"[options.{moderator}] {key}: {what}.")

    def texts(self, moderator: str, key: str) -> list[str]:
        """One of a moderator's own settings that is a list of texts; empty if it is not given.

        Raises:
            PolicyError: it is something else.
        """
        values = self.options.get(moderator, {}).get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            raise self.refusal(moderator, key, "must be a list of texts")
        return values

    def thresholds(
        self,
        moderator: str,
        category: str,
        *,
        networks: Sequence[str] = (),
        channel: str | None = None,
        accounts: Sequence[str] = (),
    ) -> Thresholds:
        """The strictest thresholds that apply to `category` as scored by `moderator`."""
        asked = {"networks": networks, "channels": [channel], "accounts": accounts}
        levels = [self.base] + [
            level
            for scope, names in asked.items()
            for name in names
            if (level := self.scopes.get(scope, {}).get(name or ""))
        ]
        pairs = [pair for level in levels if (pair := _of(level, moderator, category))]
        return Thresholds(min(pair.review for pair in pairs), min(pair.block for pair in pairs))

    def near(self, name: str) -> Path:
        """The file or folder that the policy calls `name`: beside it, or else beside the shipped policy."""
        beside = self.path.parent / name
        return beside if beside.exists() else DEFAULT_POLICY.parent / name


def _of(level: Rules, moderator: str, category: str) -> Thresholds | None:
    entries = level.get(category, {})
    return entries.get(moderator) or entries.get("")


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAXIMUM_POLICY_BYTES + 1)
        if len(raw) > MAXIMUM_POLICY_BYTES:
            raise PolicyError(f"{path}: larger than {MAXIMUM_POLICY_BYTES:,} bytes, which is no moderation policy.")
        return raw.decode()
    except OSError as error:
        raise PolicyError(f"{path}: the moderation policy cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: not UTF-8 text (byte {error.start}). Save the file as UTF-8.") from error


class _Reader:
    """Turns the text of a policy file into a `Policy`, knowing the line of everything it refuses."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.places = Places.of(path, text)
        try:
            self.tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            last = text.count("\n") + 1  # what is never closed is only met at the end
            raise PolicyError(f"{path}, line {line[1] if line else last}: not TOML: {error}.") from error

    def refuse(self, keys: Sequence[str], what: str) -> PolicyError:
        """The error that names the line on which `keys` stands."""
        return self.places.refusal(keys, what)

    def policy(self) -> Policy:
        """The checked policy."""
        for key in self.tables:
            self.known(key, ("moderators", "thresholds", "options", *SCOPES), [key], "section")
        moderators = self.table(self.tables, "moderators", [])
        for key in moderators:
            keys = ("text", "pictures", "time_limit_seconds", "load_limit_seconds")
            self.known(key, keys, ["moderators", key], "setting")
        return Policy(
            places=self.places,
            text=self.names(moderators, "text", TEXT_MODERATORS),
            pictures=self.names(moderators, "pictures", PICTURE_MODERATORS),
            time_limit_seconds=self.seconds(moderators, "time_limit_seconds"),
            load_limit_seconds=self.seconds(moderators, "load_limit_seconds"),
            base=self.base(),
            scopes=MappingProxyType({scope: self.scope(scope) for scope in SCOPES}),
            options=self.options(),
        )

    def known(self, word: str, words: Iterable[str], keys: Sequence[str], kind: str) -> None:
        """Refuse `word` unless it is among `words`."""
        words = tuple(words)
        if word not in words:
            raise self.refuse(keys, f"unknown {kind} {word!r}. Known: {', '.join(words)}.")

    def table(self, tables: Mapping[str, Any], key: str, keys: Sequence[str]) -> Mapping[str, Any]:
        """The table `key`, empty if it is not there."""
        value = tables.get(key, {})
        if not isinstance(value, dict):
            raise self.refuse([*keys, key], f"{key!r} must be a table, not {value!r}.")
        return value

    def names(self, moderators: Mapping[str, Any], key: str, known: Sequence[str]) -> tuple[str, ...]:
        """A list of moderators, each known and named once."""
        names = moderators.get(key)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.refuse(
                ["moderators", key], f"`moderators.{key}` must be a list of names from: {', '.join(known)}."
            )
        for name in names:
            self.known(name, known, ["moderators", key], "moderator")
        if len(set(names)) < len(names):
            raise self.refuse(["moderators", key], f"`moderators.{key}` names a moderator twice.")
        return tuple(names)

    def seconds(self, moderators: Mapping[str, Any], key: str) -> float:
        """A time limit."""
        value = moderators.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= LARGEST_TIME_LIMIT_SECONDS:
            most = int(LARGEST_TIME_LIMIT_SECONDS)
            raise self.refuse(
                ["moderators", key], f"`moderators.{key}` must be a number above 0, at most {most}; it is {value!r}."
            )
        return float(value)

    def base(self) -> Rules:
        """The thresholds for everything, which must name every category."""
        rules = self.rules(self.table(self.tables, "thresholds", []), ["thresholds"])
        for category in CATEGORIES:
            if "" not in rules.get(category, {}):
                raise self.refuse(
                    ["thresholds"], f"no thresholds for {category!r}. Every category needs a line under [thresholds]."
                )
        return rules

    def scope(self, scope: str) -> Mapping[str, Rules]:
        """The thresholds of every network, channel or account that has some."""
        tables = self.table(self.tables, scope, [])
        return {name: self.rules(self.table(tables, name, [scope]), [scope, name]) for name in tables}

    def rules(self, table: Mapping[str, Any], keys: list[str]) -> Rules:
        """Category -> moderator -> thresholds, from a table whose keys are categories or moderators."""
        rules: dict[str, dict[str, Thresholds]] = {}
        for key in table:
            if key in CATEGORIES:
                rules.setdefault(key, {})[""] = self.pair(table[key], [*keys, key])
                continue
            self.known(key, CATEGORIES + MODERATORS, [*keys, key], "category or moderator")
            for category, value in self.table(table, key, keys).items():
                self.known(category, CATEGORIES, [*keys, key, category], "category")
                rules.setdefault(category, {})[key] = self.pair(value, [*keys, key, category])
        return rules

    def pair(self, value: Any, keys: Sequence[str]) -> Thresholds:
        """Two thresholds, the right way round. A score is at most 1, so a threshold above 1 is never reached."""
        if (
            not isinstance(value, dict)
            or value.keys() != {"review", "block"}
            or not all(map(_is_number, value.values()))
        ):
            raise self.refuse(keys, f"{keys[-1]!r} must be two numbers, as in {{ review = 0.5, block = 0.9 }}.")
        if not 0 < value["review"] <= value["block"]:
            raise self.refuse(
                keys,
                f"thresholds of {keys[-1]!r} are the wrong way round: review = {value['review']} must be "
                f"above 0 and at most block = {value['block']}.",
            )
        return Thresholds(float(value["review"]), float(value["block"]))

    def options(self) -> Mapping[str, Mapping[str, Any]]:
        """The moderators' own settings."""
        tables = self.table(self.tables, "options", [])
        for name in tables:
            self.known(name, MODERATORS, ["options", name], "moderator")
        return {name: MappingProxyType(dict(self.table(tables, name, ["options"]))) for name in tables}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
