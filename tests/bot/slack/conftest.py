"""The bot and a worker as real processes, and the local Slack between them and the people."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from bot.settings import CONFIG, load_settings
from playground.slack.credentials import Credentials
from playground.slack.process import running_slack

PATIENCE = 60


@pytest.fixture(scope="session")
def slack_process():
    with running_slack(manifest=CONFIG / "slack_manifest.yaml", settings={"limits": False}) as slack:
        yield slack


@pytest.fixture
def slack(slack_process):
    slack_process.disarm()
    slack_process.reset()
    slack_process.change(request_url="", card_files=True, processing_seconds=0.1, trigger_seconds=60.0)
    return slack_process


@pytest.fixture
def office(home, slack, monkeypatch, make_tiny_bundle):
    """A home whose settings lead to the local Slack, with a model that draws in no time."""
    usual = Credentials()
    make_tiny_bundle(home / "models" / "tiny")
    for name, value in {
        "SLACK_API_URL": slack.api,
        "SLACK_BOT_TOKEN": usual.bot_token,
        "SLACK_APP_TOKEN": usual.app_token,
        "SLACK_SIGNING_SECRET": usual.signing_secret,
        "MODEL": "tiny",
        "UPSCALE": "1",
        "COUNT": "2",
        "TIMEZONE": "UTC",
    }.items():
        monkeypatch.setenv(f"EASEL_{name}", value)
    (home / "roles.toml").write_text(
        '[everywhere]\nrequesters = ["U0REQUESTER"]\napprovers = ["U0APPROVER"]\nadmins = ["U0APPROVER"]\n'
    )
    load_settings.cache_clear()
    from bot.pipeline.studio import Studio

    studio = Studio(load_settings())
    yield studio
    studio.records.engine.dispose()


@contextmanager
def running(*arguments):
    """An `easel` process; ended in order, or killed where it does not."""
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", *arguments], env=dict(os.environ))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


@pytest.fixture
def bot(office, slack):
    """`easel bot`, connected."""
    with running("bot") as process:
        slack.wait(lambda: slack.connections() == 1, PATIENCE, "the bot's connection")
        yield process


@pytest.fixture
def workers(office):
    """A worker that draws and publishes."""
    with running("worker", "--queues", "draw,publish") as process:
        yield process
