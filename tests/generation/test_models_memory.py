"""Loading takes little more memory than the weights themselves: measured, in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "loading.py"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured by Linux's own count of pages")
@pytest.mark.parametrize("weights_format", ["msgpack", "safetensors"])
def test_the_peak_of_loading_is_below_1_2_times_the_weights(weights_format: str) -> None:
    command = [sys.executable, str(BENCHMARK), "--shape", "small", "--format", weights_format, "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    assert told["weights_mb"] > 300
    assert told["kernels"] is (shutil.which("cc") is not None)
    assert told["peak_ratio"] < 1.2, told
