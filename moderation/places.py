"""Where in a policy file something stands, for errors that name the line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moderation.errors import PolicyError

TABLE = re.compile(r"^\s*\[\[?\s*(?P<keys>[^\]]+?)\s*\]\]?\s*(#.*)?$")
ENTRY = re.compile(r"""^\s*(?P<keys>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
KEY = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


@dataclass(frozen=True)
class Places:
    """A policy file, and the line of each of its tables and keys."""

    path: Path
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, text: str) -> Places:
        """The places in a file with this text."""
        return cls(path, line_numbers(text))

    def refusal(self, keys: Sequence[str], what: str) -> PolicyError:
        """The error that names the line on which `keys` (or the closest table around it) stands."""
        known = next((self.lines[tuple(keys[:n])] for n in range(len(keys), 0, -1) if tuple(keys[:n]) in self.lines), 1)
        return PolicyError(f"{self.path}, line {known}: {what}")


def line_numbers(text: str) -> dict[tuple[str, ...], int]:
    """The line of each table and key of a TOML text, which tomllib does not tell."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := TABLE.match(line):
            table = _keys(match["keys"])
            lines.setdefault(table, number)
        elif match := ENTRY.match(line):
            lines.setdefault(table + _keys(match["keys"]), number)
    return lines


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in KEY.findall(dotted))
