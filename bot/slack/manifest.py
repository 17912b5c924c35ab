"""What config/slack_manifest.yaml says of the app."""

from __future__ import annotations

from bot.settings import CONFIG

MANIFEST = CONFIG / "slack_manifest.yaml"


def bot_scopes() -> list[str]:
    """The scopes that the app asks for."""
    import yaml

    scopes: list[str] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]["bot"]
    return scopes
