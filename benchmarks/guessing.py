"""Does guessing several codes a step pay? Steps and milliseconds a picture of doodle, for several widths of the guess.

    .venv/bin/python benchmarks/guessing.py --images 1 --json

How often a guess is right depends on what a model has learnt, so this needs trained weights. All widths take turns, and
each draws the same pictures, which is checked. The last line of the output is one JSON object: for each number of codes
a step, the mean number of steps and the median milliseconds for all pictures of a call.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import jax
from same_picture import DOODLE, PROMPTS

from generation.generators import DalleMini, DrawRequest


class Timed(DalleMini):
    """Tells how long the last decoding loop took, and in how many steps."""

    milliseconds: float
    steps: int

    def _advance(self, text: Any, drawing: Any, *arguments: Any) -> Any:
        drawing = jax.block_until_ready(drawing)
        begun = time.perf_counter()
        advanced = jax.block_until_ready(super()._advance(text, drawing, *arguments))
        self.milliseconds += 1e3 * (time.perf_counter() - begun)
        self.steps = int(advanced.steps if hasattr(advanced, "steps") else advanced.position)
        return advanced


def main() -> None:
    """Draw the same pictures with each width by turns, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=DOODLE)
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--codes-a-step", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--cache", type=Path, help="keep compiled programs there")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    arguments = parser.parse_args()
    models = {
        width: Timed.load(arguments.model, cache_dir=arguments.cache, codes_a_step=width)
        for width in arguments.codes_a_step
    }
    milliseconds: dict[int, list[float]] = {width: [] for width in models}
    steps: dict[int, list[int]] = {width: [] for width in models}
    differing = 0
    for call in range(-1, arguments.calls):  # the first compiles
        first = (call + 1) * arguments.images
        seeds = range(first, first + arguments.images)
        requests = [DrawRequest(PROMPTS[seed % len(PROMPTS)], seed) for seed in seeds]
        drawn = set()
        for width, model in models.items():
            model.milliseconds = 0.0
            drawn.add(tuple(candidate.codes for candidate in model.draw(requests)))
            if call >= 0:
                milliseconds[width].append(model.milliseconds)
                steps[width].append(model.steps)
        differing += len(drawn) > 1
    widths = {
        str(width): {
            "steps": round(statistics.mean(steps[width]), 1),
            "ms": round(statistics.median(milliseconds[width]), 1),
        }
        for width in models
    }
    if not arguments.json:
        for name, figures in widths.items():
            print(f"{name:>3} codes a step: {figures['steps']:6} steps, {figures['ms']:8} ms")
    print(json.dumps({"images": arguments.images, "calls_that_differed": differing, "codes_a_step": widths}))


if __name__ == "__main__":
    main()
