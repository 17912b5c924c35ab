"""`easel serve` as real processes: it carries out what was approved, survives its children, and stops in time."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def start(home):
    """Start an `easel` process; whatever is left of it is ended with the test."""
    started = []

    def start(*arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(15)
        process.stdout.close()


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def state(studio, row):
    return studio.records.publication(row.id).state


def test_a_worker_publishes_at_its_time_and_stops_within_ten_seconds(studio, approve, start):
    soon = datetime.now(UTC) + timedelta(seconds=4)
    [now] = approve("now")
    [later] = approve("later", due_at=soon)
    worker = start("worker", "--queues", "publish")
    wait_until(lambda: state(studio, now) == "published")
    wait_until(lambda: state(studio, later) == "published")
    assert studio.records.publication(later.id).attempted_at >= soon
    started = time.monotonic()
    worker.terminate()
    assert worker.wait(15) == 0
    assert time.monotonic() - started < 10
    assert studio.records.workers() == []


def test_a_second_worker_of_the_same_name_is_refused(studio, start):
    first = start("worker", "--queues", "publish", "--name", "one")
    wait_until(lambda: [worker.name for worker in studio.records.workers()] == ["one"])
    second = start("worker", "--queues", "publish", "--name", "one")
    assert second.wait(30) == 1
    assert "A worker named one runs already" in second.stdout.read()
    assert first.poll() is None


def test_serve_starts_a_role_again_that_dies_and_stops_both(studio, approve, start):
    serve = start("serve")
    wait_until(lambda: len(studio.records.workers()) == 2, 60)
    killed = {worker.name: worker.pid for worker in studio.records.workers()}
    publisher = next(name for name in killed if name.startswith("publish"))
    os.kill(killed[publisher], signal.SIGKILL)
    [row] = approve("after the kill")
    wait_until(lambda: state(studio, row) == "published", 60)
    assert {w.name: w.pid for w in studio.records.workers()}[publisher] != killed[publisher]
    started = time.monotonic()
    serve.terminate()
    assert serve.wait(15) == 0
    assert time.monotonic() - started < 10
    for pid in killed.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
