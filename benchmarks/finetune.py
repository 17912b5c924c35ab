"""How far ten minutes on two cores take doodle towards a brand: 200 pictures of one palette and one line style.

    .venv/bin/python benchmarks/finetune.py --work DIR --json

Draws the pictures, fine-tunes encoder and decoder by `easel train run`'s own code, and prints one JSON object: the
held-out loss before and after, wall and processor time, and `falls_short`. The sheet is
DIR/models/brand/before-after.png. The bar counts processor time: so many seconds on each
of two cores, whatever else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

from brand_pictures import draw_brand

from generation.models import ModelRegistry
from generation.training.tuning.loop import Progress
from generation.training.tuning.plan import Plan
from generation.training.tuning.run import fine_tune

LOSS_BAR = -0.30
MINUTES_BAR = 10.0
CORES = 2


def main() -> int:
    """Draw, train, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--work", type=Path, required=True, help="an empty folder, or one to go on in")
    parser.add_argument("--steps", type=int, default=110)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    arguments = parser.parse_args()
    figures = measure(arguments)
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=1))
    return 0


def measure(arguments: argparse.Namespace) -> dict[str, object]:
    """Train and compare with the bars."""
    draw_brand(arguments.work / "brand")
    (arguments.work / "brand.toml").write_text(plan_text(arguments), "utf-8")
    plan = Plan.read(arguments.work / "brand.toml")
    before = processor_seconds()
    began = time.monotonic()

    def report(progress: Progress) -> None:
        if progress.validation is not None:
            told = f"step {progress.step}: loss {progress.loss:.3f}, validation {progress.validation:.3f}"
            print(f"{told}, {processor_seconds() - before:.0f} processor seconds", file=sys.stderr, flush=True)

    registry = ModelRegistry(arguments.work / "models")
    ended = fine_tune(plan, registry, arguments.work / "training", lambda text: print(text, file=sys.stderr), report)
    spent, wall = processor_seconds() - before, time.monotonic() - began
    outcome = ended.outcomes["seq2seq"]
    change = outcome.after / outcome.before - 1
    minutes = spent / CORES / 60
    missed = {"held_out_change": change > LOSS_BAR, "minutes_on_two_cores": minutes > MINUTES_BAR}
    return {
        "pictures": 200,
        "steps": arguments.steps,
        "batch": arguments.batch,
        "held_out_nats_before": round(outcome.before, 4),
        "held_out_nats_after": round(outcome.after, 4),
        "held_out_change": round(change, 4),
        "wall_seconds": round(wall, 1),
        "processor_seconds": round(spent, 1),
        "minutes_on_two_cores": round(minutes, 2),
        "load_average": round(os.getloadavg()[0], 1),
        "falls_short": [name for name, is_missed in missed.items() if is_missed],
    }


def processor_seconds() -> float:
    """Seconds that this process has had of all cores."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def plan_text(arguments: argparse.Namespace) -> str:
    """The plan, as a person would write it."""
    return (
        'name = "brand"\nparent = "doodle"\ndata = "brand"\nlicence = "Apache-2.0"\n'
        '[parts]\nencoder = "all"\ndecoder = "all"\n'
        f"[seq2seq]\nsteps = {arguments.steps}\nbatch = {arguments.batch}\npeak_rate = {arguments.rate}\n"
        "warm_up = 10\nvalidate_every = 20\npatience = 0\naverage = 0.95\n"
    )


if __name__ == "__main__":
    sys.exit(main())
