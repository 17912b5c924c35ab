"""`easel serve`: a process for each role, watched over, and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.processes.stopping import stop_on_signals

PATIENCE_SECONDS = 9.5
"""How long a role may take to stop before it is ended; what it had under way is recovered when it starts again."""

STEADY_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""A role that dies is started again at once, or after a growing pause where it keeps dying within `STEADY_SECONDS`."""


@dataclass(frozen=True)
class Role:
    """One process of `easel serve`: its name and the arguments after `easel`."""

    name: str
    arguments: tuple[str, ...]


class Watched:
    """A role's process, started again whenever it ends by itself."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.pause = FIRST_PAUSE
        self.start()

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C in a terminal reaches it through us only."""
        command = [sys.executable, "-m", "bot.cli", *self.role.arguments]
        self.process = subprocess.Popen(command, start_new_session=True, env=os.environ)  # noqa: S603
        self.started = time.monotonic()

    def look_after(self) -> None:
        """Start the process again if it ended, without hurrying where it keeps ending."""
        if self.process.poll() is None:
            return
        lived = time.monotonic() - self.started
        self.pause = FIRST_PAUSE if lived > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
        if lived >= self.pause:
            print(f"easel: {self.role.name} ended ({self.process.returncode}); starting it again", flush=True)  # noqa: T201
            self.start()

    def stop(self, until: float) -> None:
        """Wait until the process has ended, and end it when its time is over."""
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serve(roles: Sequence[Role]) -> None:
    """Run the roles until SIGTERM or SIGINT, then stop them all within ten seconds."""
    stop = stop_on_signals()
    watched = [Watched(role) for role in roles]
    try:
        while not stop.wait(0.2):
            for item in watched:
                item.look_after()
    finally:
        for item in watched:
            if item.process.poll() is None:
                item.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE_SECONDS
        for item in watched:
            item.stop(until)
