"""`easel doctor` and `easel bot` say which token is wrong, what it lacks, and what to do."""

import pytest

from bot.clocks import check_clock
from bot.settings import CONFIG, Settings
from bot.slack.checks import check_connection
from bot.slack.manifest import needed_scopes
from playground.slack.credentials import Credentials
from playground.slack.process import running_slack


def settings(slack, **more):
    usual = Credentials()
    tokens = {"slack_bot_token": usual.bot_token, "slack_app_token": usual.app_token, "slack_api_url": slack.api}
    return Settings(**{**tokens, **more})


def problems(findings):
    return [finding.told for finding in findings if finding.health == "broken"]


def test_good_tokens_are_good(slack, home):
    findings = list(check_connection(settings(slack)))
    assert problems(findings) == []
    assert {finding.what for finding in findings} == {"slack", "slack socket"}


@pytest.mark.parametrize("name", ["slack_bot_token", "slack_app_token"])
def test_a_wrong_token_is_named(slack, home, name):
    [told] = problems(check_connection(settings(slack, **{name: "xoxb-wrong"})))
    assert name in told


def test_a_slack_that_is_not_there_is_said(home):
    away = Settings(slack_bot_token="xoxb-1", slack_app_token="xapp-1", slack_api_url="http://127.0.0.1:9/api/")
    assert ["cannot be reached" in told for told in problems(check_connection(away))] == [True, True]


def test_missing_scopes_are_named(home, tmp_path):
    text = (CONFIG / "slack_manifest.yaml").read_text()
    (tmp_path / "less.yaml").write_text(text.replace("      - files:write\n", ""))
    with running_slack(manifest=tmp_path / "less.yaml") as slack:
        told = problems(check_connection(settings(slack)))
    assert told == ["the app lacks files:write: add them under OAuth & Permissions and install it again."]


def test_a_clock_that_is_off_is_said():
    [finding] = check_clock("slack", "Slack's", {"date": "Tue, 01 Dec 2020 10:00:00 GMT"})
    assert "time server" in finding.told
    assert list(check_clock("slack", "Slack's", {})) == []


def test_the_bot_ends_with_one_line_where_a_token_is_missing_or_refused(slack, easel, home):
    environment = {"EASEL_SLACK_API_URL": slack.api}
    told = easel("bot", environment=environment)
    assert (told.returncode, told.stderr.count(b"\n")) == (2, 1)
    assert b"EASEL_SLACK_BOT_TOKEN" in told.stderr
    wrong = {**environment, "EASEL_SLACK_BOT_TOKEN": "xoxb-nobody-knows", "EASEL_SLACK_APP_TOKEN": "xapp-1"}
    told = easel("bot", environment=wrong)
    assert told.returncode == 1
    assert b"slack_bot_token (invalid_auth)" in told.stderr
    assert b"nobody-knows" not in told.stderr
    assert b"Traceback" not in told.stderr


def test_the_manifest_needs_what_the_bot_uses_and_nothing_else():
    used = {
        "commands", "chat:write", "files:write", "files:read", "users:read", "im:write", "channels:read", "groups:read"
    }  # fmt: skip
    assert set(needed_scopes()) == used
