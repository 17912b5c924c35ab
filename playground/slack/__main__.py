"""`python -m playground.slack`: a local Slack, for this machine only."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import uvicorn

from playground.slack.app import slack_app
from playground.slack.credentials import Credentials
from playground.slack.manifest import read_manifest

LOOPBACK = "127.0.0.1"
BACKLOG = 128
FAREWELL_SECONDS = 1


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m playground.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8300, help="0 picks a free one; it is printed")
    parser.add_argument("--manifest", type=Path, help="the app's manifest; without one it may do everything")
    parser.add_argument("--journal", type=Path, help="a file to append calls and deliveries to, a JSON object a line")
    parser.add_argument("--feeds", default="", help="where the local networks are, to be shown beside")
    parser.add_argument("--settings", default="{}", help="a JSON object, as /_settings shows it")
    usual = Credentials()
    for name in ("bot_token", "app_token", "signing_secret", "client_id", "client_secret"):
        given = os.environ.get(f"SLACK_{name.upper()}") or getattr(usual, name)
        parser.add_argument(f"--{name.replace('_', '-')}", default=given, help=f"or SLACK_{name.upper()}")
    options = parser.parse_args()
    server = uvicorn.Server(uvicorn.Config("", host=LOOPBACK, port=options.port, log_level="error", http="h11"))
    server.config.timeout_graceful_shutdown = FAREWELL_SECONDS  # open WebSockets are not waited for
    try:
        socket = server.config.bind_socket()
    except SystemExit:  # uvicorn has said why
        return 1
    address = f"http://{LOOPBACK}:{socket.getsockname()[1]}"
    try:
        server.config.app = slack_app(
            manifest=read_manifest(options.manifest) if options.manifest else None,
            credentials=Credentials(
                bot_token=options.bot_token,
                app_token=options.app_token,
                signing_secret=options.signing_secret,
                client_id=options.client_id,
                client_secret=options.client_secret,
            ),
            settings=json.loads(options.settings),
            journal=options.journal,
            address=address,
            feeds=options.feeds.rstrip("/"),
        )
    except (ValueError, AttributeError, OSError) as error:
        print(f"The local Slack cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    socket.listen(BACKLOG)  # from here on requests wait rather than fail, so the address can be told
    print(f"Slack: {address}/", flush=True)  # noqa: T201
    server.run(sockets=[socket])
    return 0


if __name__ == "__main__":
    sys.exit(main())
