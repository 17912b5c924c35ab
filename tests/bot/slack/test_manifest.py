"""config/slack_manifest.yaml keeps to Slack's manifest schema (version 2), and names what the bot listens to.

The rules are those of https://github.com/slackapi/manifest-schema for the parts that the manifest has.
"""

import re

import pytest
import yaml

from bot.slack.listeners.commands.easel import COMMAND
from bot.slack.listeners.events import app_home_opened, app_removed
from bot.slack.listeners.shortcuts import new_post, paint_message
from bot.slack.manifest import MANIFEST, needed_scopes


def text(least, most, pattern=".*"):
    return lambda value: isinstance(value, str) and least <= len(value) <= most and re.search(pattern, value)


def flag(value):
    return isinstance(value, bool)


def number(value):
    return isinstance(value, int)


def several(rule, least, most):
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(rule, value))


def table(needed, **rules):
    """A mapping with these keys and no others, of which `needed` must be there."""
    return lambda value: (
        isinstance(value, dict)
        and set(needed.split()) <= set(value) <= set(rules)
        and all(rules[name](item) for name, item in value.items())
    )


SHORTCUT = table(
    "name type callback_id description",
    name=text(1, 24),
    type=lambda value: value in ("message", "global"),
    callback_id=text(1, 255),
    description=text(1, 150),
)
SLASH_COMMAND = table(
    "command description",
    command=text(2, 32, "^/"),
    url=text(8, 3_000, "^https?://"),
    description=text(1, 2_000),
    usage_hint=text(1, 1_000),
    should_escape=flag,
)
SCOPES = several(text(1, 60, "^[a-z_.:]+$"), 1, 255)
SCHEMA = table(
    "display_information",
    _metadata=table("", major_version=number, minor_version=number),
    display_information=table(
        "name",
        name=text(1, 35),
        description=text(1, 140),
        background_color=text(4, 7, "^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$"),
        long_description=text(175, 4_000),
    ),
    features=table(
        "",
        app_home=table("", home_tab_enabled=flag, messages_tab_enabled=flag, messages_tab_read_only_enabled=flag),
        bot_user=table("display_name", display_name=text(1, 80), always_online=flag),
        shortcuts=several(SHORTCUT, 1, 10),
        slash_commands=several(SLASH_COMMAND, 1, 50),
    ),
    oauth_config=table("", scopes=table("", bot=SCOPES, bot_optional=SCOPES)),
    settings=table(
        "",
        event_subscriptions=table("", bot_events=several(text(1, 60, "^[a-z_.]+$"), 1, 100)),
        interactivity=table("is_enabled", is_enabled=flag),
        org_deploy_enabled=flag,
        socket_mode_enabled=flag,
        token_rotation_enabled=flag,
    ),
)


@pytest.fixture(scope="module")
def manifest():
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def test_it_keeps_to_the_schema(manifest):
    assert SCHEMA(manifest)


def test_what_does_not_keep_to_the_schema_is_met(manifest):
    assert not SCHEMA({**manifest, "display_information": {"name": "x" * 36}})
    assert not SCHEMA({**manifest, "colour": "red"})


def test_what_may_be_declined_is_asked_for_too_as_slack_wants_it(manifest):
    scopes = manifest["oauth_config"]["scopes"]
    assert set(scopes["bot_optional"]) < set(scopes["bot"])
    assert needed_scopes() == [scope for scope in scopes["bot"] if not scope.endswith(":history")]


def test_it_names_every_callback_and_no_other(manifest):
    shortcuts = {(item["type"], item["callback_id"]) for item in manifest["features"]["shortcuts"]}
    assert shortcuts == {("message", paint_message.SHORTCUT), ("global", new_post.SHORTCUT)}
    assert [item["command"] for item in manifest["features"]["slash_commands"]] == [COMMAND]
    events = {app_home_opened.EVENT, app_removed.UNINSTALLED, app_removed.REVOKED}
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == events
