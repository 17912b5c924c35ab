"""The short version of benchmarks/crash.py: kill -9, network faults, restarts; nothing is lost and nothing doubled."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "crash.py"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("database", "kills", "posts"), [("sqlite", 25, 12), ("postgresql", 10, 6)])
def test_nothing_is_lost_or_posted_twice_whatever_is_killed(database, kills, posts):
    command = [sys.executable, str(BENCHMARK), "--kills", str(kills), "--posts", str(posts), "--seed", "5", "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EASEL_")}
    done = subprocess.run(
        [*command, "--database", database], capture_output=True, text=True, timeout=540, env=environment, check=False
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["lost"], report["duplicated"], report["unjustified_asks"]) == (0, 0, 0), report
    assert report["published"] + report["asked"] == report["posts"] == posts
    assert report["kills"] == kills
