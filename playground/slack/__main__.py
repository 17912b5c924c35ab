"""`python -m playground.slack`: a local Slack, for this machine only."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from starlette.types import ASGIApp

from playground.serving import add_options, serve
from playground.slack.app import slack_app
from playground.slack.credentials import Credentials
from playground.slack.manifest import read_manifest

SECRETS = ("bot_token", "app_token", "signing_secret", "client_id", "client_secret")


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m playground.slack", description=__doc__)
    add_options(parser, port=8300)
    parser.add_argument("--manifest", type=Path, help="the app's manifest; without one it may do everything")
    parser.add_argument("--journal", type=Path, help="a file to append calls and deliveries to, a JSON object a line")
    parser.add_argument("--feeds", default="", help="where the local networks are, to be shown beside")
    parser.add_argument("--record", type=Path, help="a file to write what people do into, as a walkthrough")
    parser.add_argument("--replay", type=Path, help="a walkthrough to be done again")
    parser.add_argument("--settings", default="{}", help="a JSON object, as /_settings shows it")
    usual = Credentials()
    for name in SECRETS:
        given = os.environ.get(f"SLACK_{name.upper()}") or getattr(usual, name)
        parser.add_argument(f"--{name.replace('_', '-')}", default=given, help=f"or SLACK_{name.upper()}")
    options = parser.parse_args()

    def make(address: str) -> ASGIApp:
        return slack_app(
            manifest=read_manifest(options.manifest) if options.manifest else None,
            credentials=Credentials(**{name: getattr(options, name) for name in SECRETS}),
            settings=json.loads(options.settings),
            journal=options.journal,
            address=address,
            feeds=options.feeds.rstrip("/"),
            record=options.record,
            replay=options.replay,
        )

    greeting = "Slack: {}/".format
    return serve("The local Slack", make, greeting, port=options.port, parent=options.parent)


if __name__ == "__main__":
    sys.exit(main())
