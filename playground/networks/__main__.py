"""`python -m playground.networks`: both local networks on one port, for this machine only."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from playground.networks.app import networks_app
from playground.serving import add_options, serve


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m playground.networks", description=__doc__)
    add_options(parser, port=8400)
    parser.add_argument("--journal", type=Path, help="a file to append what happens to, a JSON object a line")
    parser.add_argument("--seed", type=int, default=0, help="decides over faults by chance")
    parser.add_argument("--settings", default="{}", help="a JSON object, as /_settings shows it")
    options = parser.parse_args()
    return serve(
        "The local networks",
        lambda _: networks_app(journal=options.journal, seed=options.seed, settings=json.loads(options.settings)),
        lambda address: f"X: {address}/x/\nLinkedIn: {address}/linkedin/",
        port=options.port,
        parent=options.parent,
    )


if __name__ == "__main__":
    sys.exit(main())
