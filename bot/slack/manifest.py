"""What config/slack_manifest.yaml says of the app."""

from __future__ import annotations

from bot.settings import CONFIG

MANIFEST = CONFIG / "slack_manifest.yaml"


def bot_scopes() -> list[str]:
    """The scopes that the app asks for."""
    return scopes_in("bot")


def needed_scopes() -> list[str]:
    """The scopes without which it does not work: all but those that a workspace may decline."""
    optional = scopes_in("bot_optional")
    return [scope for scope in bot_scopes() if scope not in optional]


def scopes_in(kind: str) -> list[str]:
    """The scopes of a kind, as the manifest lists them."""
    import yaml

    scopes: list[str] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"][kind]
    return scopes
