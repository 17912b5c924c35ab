"""How long a newcomer waits for four finished, upscaled candidates, and how much memory it takes.

    python benchmarks/first_picture.py [--runs 3]

Whole processes, as a person starts them, in a fresh home: `first` with an empty compilation cache, `cached` with a
full one, `help` for `easel --help`; and `warm`, a second drawing inside a process that has drawn before (from prompt
to upscaled pictures). Prints one JSON line with the medians; seconds, and MB (10^6 bytes) of the largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DRAFT = "ngl this drop is straight 🔥🔥 new kicks land tomorrow, iykyk 👀🚀"
POST = ["-m", "bot.cli", "post", DRAFT, "--yes", "--approve", "best", "--count", "4", "--seed", "1", "--json"]
WARM = """
import json, sys, time
from bot.pipeline.studio import Studio
from bot.settings import load_settings
from generation.generators import DrawRequest
painter = Studio(load_settings()).painter
for first_seed in (0, 100, 200, 300):
    start = time.perf_counter()
    drawn = painter.model.draw([DrawRequest("a rocket and a party popper on a blue background", first_seed + i)
                                for i in range(4)])
    pixels = time.perf_counter()
    painter.upscaler.upscale([candidate.image for candidate in drawn], 4)
    print(json.dumps([pixels - start, time.perf_counter() - pixels]))
"""


def run(arguments: list[str], home: Path) -> tuple[float, float, str]:
    """Wall seconds, peak MB and standard output of one Python process in the home `home`."""
    environment = {**os.environ, "EASEL_HOME": str(home / "home"), "XDG_CACHE_HOME": str(home / "cache")}
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{arguments[:4]} ended with status {process.returncode}")
    return seconds, usage.ru_maxrss * 1024 / 1e6, output


def measure(runs: int) -> dict[str, float]:
    """All figures, as medians over `runs` processes."""
    first, cached, helps, peaks, warm, upscaling = [], [], [], [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            for figures in (first, cached):
                seconds, peak, _ = run(POST, home)
                figures.append(seconds)
                peaks.append(peak)
            helps.append(run(["-m", "bot.cli", "--help"], home)[0])
            draws = [json.loads(line) for line in run(["-c", WARM], home)[2].splitlines()][1:]
            warm.append(statistics.median(sum(draw) for draw in draws))
            upscaling.append(statistics.median(draw[1] for draw in draws))
    return {
        "first_s": statistics.median(first),
        "cached_s": statistics.median(cached),
        "warm_s": statistics.median(warm),
        "warm_upscaling_s": statistics.median(upscaling),
        "help_s": statistics.median(helps),
        "peak_mb": max(peaks),
        "runs": runs,
        "cores": len(os.sched_getaffinity(0)),
    }


def main() -> None:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    figures = measure(parser.parse_args().runs)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
