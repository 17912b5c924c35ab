"""The room's front is quick to import and names what it promises."""

import pickle
import subprocess
import sys

import publishers

HEAVY = ("PIL", "requests", "tweepy", "httpx2", "emoji", "numpy", "jax", "sqlalchemy")


def test_importing_the_room_loads_nothing_heavy():
    script = f"import sys, publishers; print([name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_public_name_is_there():
    assert [name for name in publishers.__all__ if getattr(publishers, name, None) is None] == []


def test_an_error_survives_its_way_between_processes():
    error = publishers.PublishError("wait", publishers.Outcome.RETRY_AFTER, publishers.Reason.RATE_LIMIT, "x", 5.0)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.outcome, copy.reason, copy.network, copy.retry_after) == (
        "wait",
        "retry_after",
        "rate_limit",
        "x",
        5.0,
    )


def test_limits_can_be_told_without_loading_anything_heavy():
    script = (
        "import sys; from publishers import limits_of; assert limits_of('x').problems('hi 🦊 https://a.com') == (); "
        f"print([name for name in {HEAVY} if name in sys.modules and name != 'emoji'])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
