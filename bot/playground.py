"""`easel playground`: the local Slack, X and LinkedIn, and Easel itself between them, as processes that end together.

The stand-ins are spoken to as others are, by HTTP; all that is known of their inside is how they are started.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bot.errors import EaselError
from bot.processes.serve import PATIENCE_SECONDS
from bot.settings import CONFIG, Settings

ASK_SECONDS = 10.0
READY_SECONDS = 60.0
"""How long Easel may take to connect; on an idle machine it is a few seconds."""

MANIFEST = CONFIG / "slack_manifest.yaml"
ROLES = """\
# Who may do what in the playground. Change it as config/roles.toml says.
[everywhere]
requesters = ["{requester}", "{approver}"]
approvers = ["{approver}"]
admins = ["{approver}"]
"""


@dataclass(frozen=True)
class Place:
    """A running playground: its page, and what has to be in the environment of Easel's processes."""

    page: str
    networks: str
    environment: dict[str, str]

    def connections(self) -> int:
        """How many connections Easel has to the local Slack."""
        return int(ask(f"{self.page}/_socket")["connections"])


@contextlib.contextmanager
def open_place(home: Path, port: int, more: Sequence[str] = ()) -> Iterator[Place]:
    """The stand-ins, running until the end; `more` are further options of the local Slack.

    Raises:
        EaselError: if one of them does not start.
    """
    tokens = {
        "SLACK_BOT_TOKEN": f"xoxb-playground-{secrets.token_hex(12)}",
        "SLACK_APP_TOKEN": f"xapp-1-playground-{secrets.token_hex(12)}",
        "SLACK_SIGNING_SECRET": secrets.token_hex(16),
    }
    with stand_in("networks", ["--port", "0"]) as said:
        networks = said.partition(": ")[2].removesuffix("/x/")
        options = ["--port", str(port), "--feeds", networks, *more]
        options += ["--manifest", str(MANIFEST)] if MANIFEST.exists() else []
        with stand_in("slack", options, tokens) as said:
            page = said.partition(": ")[2].rstrip("/")
            environment = {
                "EASEL_HOME": str(home),
                "EASEL_WORKSPACE": ask(f"{page}/_see?as=requester")["person"]["team_id"],
                "EASEL_SLACK_API_URL": f"{page}/api/",
                **{f"EASEL_{name}": token for name, token in tokens.items()},
                **{f"EASEL_{network}_CLIENT_ID": "playground" for network in ("X", "LINKEDIN")},
                "EASEL_LINKEDIN_CLIENT_SECRET": "playground-secret",
            }
            yield Place(page, networks, environment)


@contextlib.contextmanager
def stand_in(name: str, options: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[str]:
    """One stand-in as a process, and the first line that it says. It ends with this process, however that ends."""
    command = [sys.executable, "-m", f"playground.{name}", "--parent", str(os.getpid()), *options]
    process = subprocess.Popen(  # noqa: S603
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
        start_new_session=True,  # Ctrl-C reaches it through us only, after Easel has stopped
    )
    try:
        first = process.stdout.readline().strip() if process.stdout else ""
        if not first:
            raise EaselError(f"The playground's {name} did not start; its own message above says why.")
        yield first
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ASK_SECONDS)
        process.kill()
        if process.stdout:
            process.stdout.close()


@contextlib.contextmanager
def easel(place: Place, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`easel serve` in the playground, until the end; what it says goes into `log`."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **place.environment},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_SECONDS + 2)
        process.kill()


def furnish(settings: Settings, place: Place) -> None:
    """Give the home its roles, unless it has some, and its accounts: this start's networks have new addresses."""
    from bot.accounts import NewAccount, connect
    from bot.accounts.tokens import token_from
    from bot.records import Records

    people = {role: ask(f"{place.page}/_see?as={role}")["person"]["id"] for role in ("requester", "approver")}
    settings.home.mkdir(parents=True, exist_ok=True)
    roles = settings.home / "roles.toml"
    if not roles.exists():
        roles.write_text(ROLES.format(**people), encoding="utf-8")
    records = Records.open(settings.database, settings.workspace)
    try:
        seen = set()
        for known in ask(f"{place.networks}/_accounts"):
            network = known["network"]
            if network not in seen:
                seen.add(network)
                own, token = account_of(known, place.networks)
                account = NewAccount(network, "main", people["approver"], own)
                connect(settings, records, account, token_from(token))
    finally:
        records.engine.dispose()


def account_of(account: dict[str, Any], networks: str) -> tuple[dict[str, str], dict[str, Any]]:
    """How an account of the local networks is reached, and what unlocks it: keys on X, OAuth 2 on LinkedIn."""
    from bot.accounts.tokens import OAUTH1_FIELDS

    if account["network"] == "x":
        return {"address": f"{networks}/x", "web_address": f"{networks}/x"}, {
            key: account[key] for key in OAUTH1_FIELDS
        }
    token = {key: account["oauth2"][key] for key in ("access_token", "refresh_token", "client_id", "scopes")}
    where = f"{networks}/linkedin"
    return {"author": account["id"], **dict.fromkeys(("address", "login_address", "web_address"), where)}, token


def until_connected(place: Place, process: subprocess.Popen[bytes], stop: threading.Event, log: Path) -> bool:
    """Wait until Easel is connected: whether it is, rather than stopped.

    Raises:
        EaselError: if it ended, or takes too long.
    """
    deadline = time.monotonic() + READY_SECONDS
    while not stop.is_set() and not place.connections():
        if process.poll() is not None or time.monotonic() > deadline:
            raise EaselError(f"Easel did not connect to the local Slack; {log} says why.")
        stop.wait(0.1)
    return not stop.is_set()


def ask(address: str) -> Any:
    """The JSON at an address of a stand-in."""
    with urlopen(address, timeout=ASK_SECONDS) as answer:  # noqa: S310 - an address of our own process
        return json.load(answer)
