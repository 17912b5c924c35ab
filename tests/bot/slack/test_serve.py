"""`easel serve` is the bot too, where Slack's tokens are set."""

import os
import signal
import subprocess
import sys

SERVE = [sys.executable, "-m", "bot.cli", "serve"]
PATIENCE = 60


def test_the_bot_is_one_of_the_roles_and_is_started_again_when_it_dies(office, slack):
    def bots():
        return [worker for worker in office.records.workers() if worker.name.startswith("slack@")]

    serve = subprocess.Popen(SERVE)
    try:
        slack.wait(lambda: slack.connections() == 1 and bots(), PATIENCE, "the bot's connection")
        [first] = bots()
        os.kill(first.pid, signal.SIGKILL)
        slack.wait(lambda: bots()[0].pid != first.pid and slack.connections() == 1, PATIENCE, "the next bot")
    finally:
        serve.terminate()
        status = serve.wait(PATIENCE)
    assert status == 0
    assert office.records.workers() == []


def test_half_of_the_tokens_is_misuse_before_anything_is_started(office, monkeypatch):
    monkeypatch.setenv("EASEL_SLACK_APP_TOKEN", "")
    result = subprocess.run(SERVE, capture_output=True, timeout=PATIENCE, check=False)
    assert result.returncode == 2
    assert b"The setting slack_app_token is empty" in result.stderr
    assert result.stdout == b""
