"""Commands start and end without loading what they do not need."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("arguments", [("--help",), ("config", "show"), ("queue",)])
def test_an_orderly_end_loads_no_room(home, arguments):
    command = [sys.executable, "-X", "importtime", "-m", "bot.cli", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert result.returncode == 0
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in result.stderr.splitlines()}
    assert "bot" in loaded
    assert not loaded & {"generation", "moderation", "jax", "onnxruntime", "dbos", "tweepy", "slack_bolt"}
