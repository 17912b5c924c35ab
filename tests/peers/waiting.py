"""Waiting for what other processes do."""

import time

PATIENCE_SECONDS = 60


def wait(condition, what):
    """Wait until a condition holds: its value."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come to pass"
        time.sleep(0.1)
    return value
