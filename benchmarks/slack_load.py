"""How fast does the bot acknowledge while pictures are being drawn, and is everything acknowledged kept?

    python benchmarks/slack_load.py [--rate 50] [--seconds 30] [--json]

Real processes: the bot behind its door for signed HTTP, a drawing worker with the model in use, the local Slack as the
Web API. Requests come at an even rate whatever the answers do (a slow answer holds nothing up, and a late start counts
as waiting): commands and clicks by turns, and every fiftieth a filled-in form, each of which starts a post with two
pictures. The load begins once a first post was drawn, so that no compilation is measured, and the form at its
beginning keeps the worker drawing.

Prints one JSON line: `ack_p99_ms`, `ack_p50_ms`, `rate`, `seconds`, `errors` (answers other than 200), `drawing` (share
of the time in which a drawing was under way), `acks`, `rows` (kept in the database). Exit status 1 where errors are
met or rows differ from acks. Aim: p99 under 300 ms at 50 a second.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from playground.slack.process import LocalSlack, running_slack

SECRET = "a signing secret"  # noqa: S105
TEAM, PERSON, CHANNEL = "T0PLAYGROUND", "U0REQUESTER", "C0LAUNCHES"
FORM_EVERY = 50
PATIENCE_SECONDS = 120.0


@dataclass
class Told:
    """What was measured."""

    latencies: list[float] = field(default_factory=list)
    errors: int = 0
    looks: list[bool] = field(default_factory=list)


def main() -> int:
    """Measure, and say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="the JSON line is printed in any case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, running_slack(settings={"limits": False}) as slack:
        port = free_port()
        os.environ |= environment(Path(home), slack, port)
        from bot.pipeline.studio import Studio
        from bot.settings import load_settings

        studio = Studio(load_settings())
        with running("bot"), running("worker", "--queues", "draw"):
            told = asyncio.run(measure(studio, f"http://127.0.0.1:{port}/slack/events", options.rate, options.seconds))
        rows = count_rows(studio) - 1  # the first form came before the load
        studio.records.engine.dispose()
    acks = len(told.latencies)
    result = {
        "ack_p99_ms": round(quantile(told.latencies, 0.99) * 1_000, 1),
        "ack_p50_ms": round(quantile(told.latencies, 0.5) * 1_000, 1),
        "rate": options.rate,
        "seconds": options.seconds,
        "errors": told.errors,
        "drawing": round(sum(told.looks) / max(1, len(told.looks)), 2),
        "acks": acks,
        "rows": rows,
    }
    print(json.dumps(result))
    return 1 if told.errors or rows != acks else 0


def environment(home: Path, slack: LocalSlack, port: int) -> dict[str, str]:
    """Settings of a bot that Slack comes to."""
    return {
        "EASEL_HOME": str(home),
        "EASEL_COUNT": "2",
        "EASEL_SLACK_MODE": "http",
        "EASEL_SLACK_PORT": str(port),
        "EASEL_SLACK_API_URL": slack.api,
        "EASEL_SLACK_BOT_TOKEN": "xoxb-playground-bot",
        "EASEL_SLACK_SIGNING_SECRET": SECRET,
    }


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[None]:
    """An `easel` process."""
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", *arguments, "--parent", str(os.getpid())])
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


async def measure(studio: Any, address: str, rate: int, seconds: int) -> Told:
    """Warm up, send at an even rate, and look on."""
    told = Told()
    async with aiohttp.ClientSession() as session:
        await until(lambda: reachable(session, address))
        await send(session, address, form("first"), Told(), time.perf_counter())
        await until(lambda: drawn(studio))
        begun = time.perf_counter()
        looking = asyncio.create_task(look_on(studio, told))
        sending = []
        for number in range(rate * seconds):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sending.append(asyncio.create_task(send(session, address, request(number), told, due)))
        await asyncio.gather(*sending)
        looking.cancel()
    return told


async def send(session: aiohttp.ClientSession, address: str, body: str, told: Told, due: float) -> None:
    """Send one request, and note how long after its time the acknowledgement was there."""
    data = body.encode()
    stamp = str(int(time.time()))
    made = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + data, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={made}",
    }
    try:
        async with session.post(address, data=data, headers=headers) as answer:
            await answer.read()
            good = answer.status == 200
    except aiohttp.ClientError:
        good = False
    if good:
        told.latencies.append(time.perf_counter() - due)
    else:
        told.errors += 1


def request(number: int) -> str:
    """The next thing that somebody does."""
    if number % FORM_EVERY == 0:
        return form(str(number))
    return command(number) if number % 2 else click(number)


def command(number: int) -> str:
    """Somebody writes `/easel`."""
    return urlencode(
        {
            "command": "/easel",
            "text": f"big launch number {number}",
            "team_id": TEAM,
            "user_id": PERSON,
            "channel_id": CHANNEL,
            "trigger_id": f"{number}.1.load",
            "response_url": "",
        }
    )


def click(number: int) -> str:
    """Somebody clicks on a button of a post that is gone."""
    action = {
        "type": "button",
        "action_id": "reject",
        "value": f"post_0123456789ab:{number}",
        "action_ts": f"{number}.5",
    }
    return interaction({"type": "block_actions", "trigger_id": f"{number}.2.load", "actions": [action]})


def form(name: str) -> str:
    """Somebody sends the form off."""
    values = {
        "draft": {"draft": {"value": f"our cafe opens, {name} ☕"}},
        "targets": {"targets": {"selected_options": [{"value": "x/outbox"}]}},
        "when": {"when": {"selected_option": {"value": "now"}}},
        "count": {"count": {"selected_option": {"value": "2"}}},
    }
    metadata = json.dumps({"source": "", "channel": CHANNEL, "thread": "", "long": False})
    view = {"id": f"V{name}", "type": "modal", "callback_id": "compose", "private_metadata": metadata}
    return interaction({"type": "view_submission", "view": {**view, "state": {"values": values}}})


def interaction(payload: dict[str, Any]) -> str:
    """A payload as Slack posts it."""
    who = {"user": {"id": PERSON, "team_id": TEAM}, "team": {"id": TEAM}, "channel": {"id": CHANNEL}}
    return urlencode({"payload": json.dumps({**who, **payload})})


async def look_on(studio: Any, told: Told) -> None:
    """Look every now and then whether a drawing is under way."""
    while True:
        rows = await asyncio.to_thread(studio.records.drawings)
        told.looks.append(any(row.stage != "waiting" for row in rows))
        await asyncio.sleep(0.5)


async def until(condition: Any) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await condition():
        if time.monotonic() > deadline:
            raise SystemExit("The bot or its worker did not start; what they said above says why.")
        await asyncio.sleep(0.2)


async def reachable(session: aiohttp.ClientSession, address: str) -> bool:
    """Whether the bot's door is open."""
    try:
        async with session.post(address) as answer:
            return answer.status == 401
    except aiohttp.ClientError:
        return False


async def drawn(studio: Any) -> bool:
    """Whether the first post is ready."""
    return bool(await asyncio.to_thread(studio.records.posts_in, ("review",), 1))


def count_rows(studio: Any) -> int:
    """How many requests were kept."""
    from sqlalchemy import func, select

    from bot.records.tables import RequestRow

    with studio.records.reading() as session:
        return int(session.execute(select(func.count()).select_from(RequestRow)).scalar_one())


def quantile(values: list[float], share: float) -> float:
    """The value under which so much of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
