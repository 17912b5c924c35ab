"""`python -m playground.openai`: the stand-in on this machine only."""

from __future__ import annotations

import argparse
import sys

import uvicorn

from playground.openai.app import openai_app

LOOPBACK = "127.0.0.1"
BACKLOG = 128
FAREWELL_SECONDS = 1


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m playground.openai", description=__doc__)
    parser.add_argument("--port", type=int, default=8500, help="0 picks a free one; it is printed")
    options = parser.parse_args()
    config = uvicorn.Config(openai_app(), host=LOOPBACK, port=options.port, log_level="error", http="h11")
    config.timeout_graceful_shutdown = FAREWELL_SECONDS  # armed delays are not waited for
    server = uvicorn.Server(config)
    try:
        socket = server.config.bind_socket()
    except SystemExit:  # uvicorn has said why
        return 1
    socket.listen(BACKLOG)  # from here on requests wait rather than fail, so the address can be told
    print(f"OpenAI: http://{LOOPBACK}:{socket.getsockname()[1]}/v1", flush=True)  # noqa: T201
    server.run(sockets=[socket])
    return 0


if __name__ == "__main__":
    sys.exit(main())
