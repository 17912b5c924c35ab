"""Who may do what in a channel: files in config/ and the home, and what admins set in Slack.

What is said of a channel goes over what is said of everywhere; of each, Slack goes over the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.errors import Misuse
from bot.records.workspaces import EVERYWHERE
from bot.settings import CONFIG, read_toml

EVERYBODY = "*"
SET_IN_SLACK = "the rules set in Slack"


class Role(StrEnum):
    """What a person may be; each may do what those before it may."""

    REQUESTER = "requester"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True)
class Rules:
    """The rules of one channel. People are Slack's member ids, or `*` for every full member of the workspace."""

    requesters: tuple[str, ...] = (EVERYBODY,)
    approvers: tuple[str, ...] = (EVERYBODY,)
    admins: tuple[str, ...] = ()
    two_people: bool = False
    trusted: tuple[str, ...] = ()
    trusted_score: float = 0.05

    def allow(self, person: str, role: Role, *, is_guest: bool = False, runs_workspace: bool = False) -> bool:
        """Whether a person has a role; where no admin is named, those who run the Slack workspace are."""

        def named(people: Sequence[str]) -> bool:
            return person in people or (EVERYBODY in people and not is_guest)

        is_admin = named(self.admins) or (not self.admins and runs_workspace)
        if role is Role.ADMIN or is_admin:
            return is_admin
        return named(self.approvers) or (role is Role.REQUESTER and named(self.requesters))

    def trusts(self, person: str) -> bool:
        """Whether posts of a person may go out unseen; where two people are needed, nobody's may."""
        return not self.two_people and (person in self.trusted or EVERYBODY in self.trusted)

    def to_dict(self) -> dict[str, Any]:
        """The rules as JSON holds them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def rules_for(channel: str, home: Path, rows: Mapping[str, Mapping[str, Any]]) -> Rules:
    """The rules of a channel. `rows` are what admins set in Slack, as `Records.rules` gives it.

    Raises:
        Misuse: naming the file and the line's name, if a file holds something else than rules.
    """
    everywhere: dict[str, Any] = {}
    here: dict[str, Any] = {}
    for file in (CONFIG / "roles.toml", home / "roles.toml"):
        tables = read_toml(file)
        if unknown := sorted(tables.keys() - {"everywhere", "channels"}):
            raise Misuse(f"{file}: unknown table {unknown[0]!r}: there are everywhere and channels.")
        everywhere |= checked(tables.get("everywhere", {}), str(file))
        here |= checked(tables.get("channels", {}).get(channel, {}), str(file))
    everywhere |= checked(rows.get(EVERYWHERE, {}), SET_IN_SLACK)
    here |= checked(rows.get(channel, {}), SET_IN_SLACK)
    return Rules(**(everywhere | here))


def checked(table: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The table with lists as tuples.

    Raises:
        Misuse: if a name or a kind of value is not one of `Rules`.
    """
    kinds = {field.name: type(field.default) for field in fields(Rules)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in kinds:
            raise Misuse(f"{source}: unknown rule {name!r}: there are {', '.join(kinds)}.")
        if kinds[name] is tuple:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise Misuse(f"{source}: {name} should be a list of Slack member ids.")
            values[name] = tuple(value)
        elif not isinstance(value, kinds[name]) or isinstance(value, bool) is not (kinds[name] is bool):
            raise Misuse(f"{source}: {name} is {value!r}, which is no {kinds[name].__name__}.")
        else:
            values[name] = value
    return values
