"""`python -m playground.networks`: both local networks on one port, for this machine only."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import uvicorn

from playground.networks.app import networks_app

LOOPBACK = "127.0.0.1"
BACKLOG = 128


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m playground.networks", description=__doc__)
    parser.add_argument("--port", type=int, default=8400, help="0 picks a free one; it is printed")
    parser.add_argument("--journal", type=Path, help="a file to append what happens to, a JSON object a line")
    parser.add_argument("--seed", type=int, default=0, help="decides over faults by chance")
    parser.add_argument("--settings", default="{}", help="a JSON object, as /_settings shows it")
    options = parser.parse_args()
    try:
        app = networks_app(journal=options.journal, seed=options.seed, settings=json.loads(options.settings))
    except (ValueError, AttributeError, OSError) as error:
        print(f"The local networks cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=options.port, log_level="error", http="h11"))
    try:
        socket = server.config.bind_socket()
    except SystemExit:  # uvicorn has said why
        return 1
    socket.listen(BACKLOG)  # from here on requests wait rather than fail, so the address can be told
    address = f"http://{LOOPBACK}:{socket.getsockname()[1]}"
    print(f"X: {address}/x/\nLinkedIn: {address}/linkedin/", flush=True)  # noqa: T201
    server.run(sockets=[socket])
    return 0


if __name__ == "__main__":
    sys.exit(main())
