"""`easel serve` as real processes: it carries out what was approved, survives its children, and stops in order."""

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

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", *arguments],
            env=dict(os.environ),
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
            process.wait(PATIENCE)
        process.stdout.close()


PATIENCE = 120
"""Seconds before a test gives up; on an idle machine each of these takes a few."""


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def state(studio, row):
    return studio.records.publication(row.id).state


def test_a_worker_publishes_at_its_time_and_stops_in_order(studio, approve, start):
    soon = datetime.now(UTC) + timedelta(seconds=4)
    [now] = approve("now")
    [later] = approve("later", due_at=soon)
    worker = start("worker", "--queues", "publish")
    wait_until(lambda: state(studio, now) == "published")
    wait_until(lambda: state(studio, later) == "published")
    assert studio.records.publication(later.id).attempted_at >= soon
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    assert studio.records.workers() == []


def test_a_second_worker_of_the_same_name_is_refused(studio, start):
    first = start("worker", "--queues", "publish", "--name", "one")
    wait_until(lambda: [worker.name for worker in studio.records.workers()] == ["one"])
    second = start("worker", "--queues", "publish", "--name", "one")
    assert second.wait(PATIENCE) == 1
    assert "A worker named one runs already" in second.stdout.read()
    assert first.poll() is None


def test_serve_starts_a_role_again_that_dies_and_stops_both(studio, approve, start):
    serve = start("serve")
    wait_until(lambda: len(studio.records.workers()) == 2)
    killed = {worker.name: worker.pid for worker in studio.records.workers()}
    publisher = next(name for name in killed if name.startswith("publish"))
    os.kill(killed[publisher], signal.SIGKILL)
    [row] = approve("after the kill")
    wait_until(lambda: state(studio, row) == "published")
    assert {w.name: w.pid for w in studio.records.workers()}[publisher] != killed[publisher]
    serve.terminate()
    assert serve.wait(PATIENCE) == 0
    for pid in killed.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_stop_when_the_process_that_watches_them_is_killed(studio, start):
    serve = start("serve")
    wait_until(lambda: len(studio.records.workers()) == 2)
    serve.kill()
    serve.wait(PATIENCE)
    wait_until(lambda: studio.records.workers() == [])


def test_without_easel_serve_it_says_what_to_start(studio):
    from bot.errors import EaselError
    from bot.pipeline.durable import ask_to_draw

    with pytest.raises(EaselError, match="easel serve"):
        ask_to_draw(studio.settings, "post_1", [1], "ana")
