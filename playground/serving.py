"""How each stand-in runs as a process: on this machine only, telling its address, ending with whoever started it."""

from __future__ import annotations

import os
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
BACKLOG = 128
FAREWELL_SECONDS = 1
LOOK_SECONDS = 0.5


def add_options(parser: ArgumentParser, port: int) -> None:
    """The options that all stand-ins have."""
    parser.add_argument("--port", type=int, default=port, help="0 picks a free one; it is printed")
    parser.add_argument("--parent", type=int, help="stop when this process is gone")


def serve(
    name: str,
    make: Callable[[str], ASGIApp],
    greeting: Callable[[str], str],
    *,
    port: int,
    parent: int | None = None,
) -> int:
    """Serve what `make` makes for its own address, until interrupted: the exit status.

    The greeting is printed once requests wait rather than fail. `make` may raise ValueError, AttributeError or OSError:
    what it was asked for cannot be made.
    """
    config = uvicorn.Config("", host=LOOPBACK, port=port, log_level="error", http="h11")
    config.timeout_graceful_shutdown = FAREWELL_SECONDS  # armed delays and open WebSockets are not waited for
    server = uvicorn.Server(config)
    try:
        socket = config.bind_socket()
    except SystemExit:  # uvicorn has said why
        return 1
    address = f"http://{LOOPBACK}:{socket.getsockname()[1]}"
    try:
        config.app = make(address)
    except (ValueError, AttributeError, OSError) as error:
        print(f"{name} cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    socket.listen(BACKLOG)
    print(greeting(address), flush=True)  # noqa: T201
    if parent is not None:
        threading.Thread(target=_stop_without, args=(parent, server), daemon=True).start()
    server.run(sockets=[socket])
    return 0


def _stop_without(parent: int, server: uvicorn.Server) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    server.should_exit = True
