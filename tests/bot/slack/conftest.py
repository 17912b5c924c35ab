"""The bot and a worker as real processes, and the local Slack between them and the people."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import CONFIG, load_settings
from bot.slack.desk import Desk
from playground.slack.credentials import Credentials
from playground.slack.process import running_slack

PATIENCE = 120


@pytest.fixture(scope="session")
def slack_process():
    with running_slack(manifest=CONFIG / "slack_manifest.yaml", settings={"limits": False}) as slack:
        yield slack


@pytest.fixture
def slack(slack_process):
    slack_process.disarm()  # and no reset: it would give ids out again that Slack gives once
    slack_process.change(request_url="", card_files=True, processing_seconds=0.1, trigger_seconds=60.0)
    return slack_process


@pytest.fixture(scope="module")
def office(slack_process, tmp_path_factory, cache, make_tiny_bundle):
    """A home whose settings lead to the local Slack, with a model that draws in no time; for all tests of a file."""
    from bot.pipeline.studio import Studio

    home = tmp_path_factory.mktemp("office")
    usual = Credentials()
    make_tiny_bundle(home / "models" / "tiny")
    (home / "roles.toml").write_text(
        '[everywhere]\nrequesters = ["U0REQUESTER"]\napprovers = ["U0APPROVER"]\nadmins = ["U0APPROVER"]\n'
    )
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(cache))
    for name, value in {
        "HOME": str(home),
        "SLACK_API_URL": slack_process.api,
        "SLACK_BOT_TOKEN": usual.bot_token,
        "SLACK_APP_TOKEN": usual.app_token,
        "SLACK_SIGNING_SECRET": usual.signing_secret,
        "MODEL": "tiny",
        "UPSCALE": "1",
        "COUNT": "2",
        "TIMEZONE": "UTC",
    }.items():
        patch.setenv(f"EASEL_{name}", value)
    load_settings.cache_clear()
    studio = Studio(load_settings())
    assert studio.records.drawings() == []  # the database is made before processes race to do it
    yield studio
    studio.records.engine.dispose()
    patch.undo()
    load_settings.cache_clear()


@contextmanager
def running(*arguments):
    """An `easel` process; ended in order, or killed where it does not."""
    command = [sys.executable, "-m", "bot.cli", *arguments, "--parent", str(os.getpid())]
    process = subprocess.Popen(command, env=dict(os.environ))
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


@pytest.fixture(scope="module")
def bot(office, slack_process):
    """`easel bot`, connected."""
    with running("bot") as process:
        slack_process.wait(lambda: slack_process.connections() == 1, PATIENCE, "the bot's connection")
        yield process


@pytest.fixture(scope="module")
def workers(office):
    """A worker that draws and publishes."""
    with running("worker", "--queues", "draw,publish") as process:
        yield process


@pytest.fixture(scope="module")
def port():
    """A free port for the bot's door."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def desk_with(studio):
    """Makes a desk with the rules of a `roles.toml`; nothing listens where its Slack would be, so showing fails."""

    def make(roles):
        studio.settings.home.mkdir(exist_ok=True)
        (studio.settings.home / "roles.toml").write_text(roles)
        return Desk(studio, AsyncWebClient(base_url="http://127.0.0.1:9/api/"))

    return make


@pytest.fixture
def told(monkeypatch):
    """What the person hears."""
    heard = []

    async def tell(_, row, text, blocks=None):
        heard.append(text)

    monkeypatch.setattr(Desk, "tell", tell)
    return heard
