"""What an app's manifest says it is: its commands, shortcuts, events and scopes.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ALL_SCOPES = (
    "app_mentions:read,channels:history,channels:join,channels:read,chat:write,commands,files:read,files:write,"
    "groups:history,groups:read,im:history,im:read,im:write,mpim:read,mpim:write,reactions:write,team:read,users:read"
)
LONGEST_MANIFEST = 200_000


@dataclass(frozen=True)
class Shortcut:
    """An entry of the shortcuts menu (`kind` global) or of a message's menu (`kind` message)."""

    name: str
    callback_id: str
    kind: str
    description: str = ""


@dataclass(frozen=True)
class Command:
    """A slash command."""

    command: str
    description: str = ""
    usage_hint: str = ""


@dataclass(frozen=True)
class Manifest:
    """An app. Without a manifest it may do everything, and every command and shortcut is handed to it."""

    name: str = "Easel"
    scopes: frozenset[str] = frozenset(ALL_SCOPES.split(","))
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    events: frozenset[str] | None = None
    is_open: bool = True

    def hears(self, event: Mapping[str, Any]) -> bool:
        """Whether the app asked for such an event."""
        if self.events is None:
            return True
        kind, channel_type = str(event["type"]), event.get("channel_type", "")
        return (
            f"{kind}.{channel_type}s" if channel_type == "channel" else f"{kind}.{channel_type}"
        ) in self.events or (kind in self.events)

    def knows_command(self, command: str) -> bool:
        """Whether the app has this slash command."""
        return self.is_open or any(command == known.command for known in self.commands)

    def knows_shortcut(self, callback_id: str, kind: str) -> bool:
        """Whether the app has this shortcut of this kind."""
        return self.is_open or any((s.callback_id, s.kind) == (callback_id, kind) for s in self.shortcuts)


def read_manifest(file: Path) -> Manifest:
    """The manifest in a YAML or JSON file.

    Raises:
        ValueError: saying what of it cannot be used.
    """
    text = file.read_text(encoding="utf-8")
    if len(text) > LONGEST_MANIFEST:
        raise ValueError(f"{file} is too long for a manifest.")
    try:
        loaded = yaml.safe_load(text)  # JSON is YAML
        features, settings = loaded.get("features") or {}, loaded.get("settings") or {}
        scopes = loaded["oauth_config"]["scopes"]["bot"]
        return Manifest(
            name=str(loaded["display_information"]["name"]),
            scopes=frozenset(map(str, scopes)),
            commands=tuple(
                Command(entry["command"], entry.get("description", ""), entry.get("usage_hint", ""))
                for entry in features.get("slash_commands") or ()
            ),
            shortcuts=tuple(
                Shortcut(entry["name"], entry["callback_id"], entry["type"], entry.get("description", ""))
                for entry in features.get("shortcuts") or ()
            ),
            events=frozenset((settings.get("event_subscriptions") or {}).get("bot_events") or ()),
            is_open=False,
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} is no app manifest: {' '.join(str(error).split())[:200]}") from None
