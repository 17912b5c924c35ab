"""Is the picture of a seed the same alone, in company, and drawn several codes a step? Counts the seeds that differ.

    .venv/bin/python benchmarks/same_picture.py --seeds 200

Draws every seed with doodle alone, among four, among ten, and eight codes a step. A difference is a near tie that
rounding decided otherwise: sums of another batch size are added up in another order. The last line of the output is
one JSON object.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from generation.generators import DalleMini, DrawRequest

DOODLE = Path(__file__).parents[1] / "generation" / "models" / "doodle"
PROMPTS = ("a rocket on a blue background", "a pizza on a wooden table", "a dog and a ball", "a tree in a park")
BATCHES = (4, 10)
CODES_A_STEP = 8


def codes_of_all(model: DalleMini, seeds: int, batch: int) -> list[tuple[int, ...]]:
    """The codes of each seed, drawn in batches of this size; the last batch may be smaller and is padded."""
    drawn: list[tuple[int, ...]] = []
    for start in range(0, seeds, batch):
        numbers = range(start, min(start + batch, seeds))
        requests = [DrawRequest(PROMPTS[seed % len(PROMPTS)], seed) for seed in numbers]
        drawn += [candidate.codes for candidate in model.draw(requests)]
    return drawn


def main() -> None:
    """Draw, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=DOODLE)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--cache", type=Path, help="keep compiled programs there")
    arguments = parser.parse_args()
    model = DalleMini.load(arguments.model, cache_dir=arguments.cache)
    guessing = DalleMini.load(arguments.model, cache_dir=arguments.cache, codes_a_step=CODES_A_STEP)
    alone = codes_of_all(model, arguments.seeds, 1)
    others = {f"in_batches_of_{batch}": codes_of_all(model, arguments.seeds, batch) for batch in BATCHES}
    others[f"with_{CODES_A_STEP}_codes_a_step"] = codes_of_all(guessing, arguments.seeds, 1)
    figures: dict[str, int] = {"seeds": arguments.seeds}
    for how, drawn in others.items():
        flipped = [
            next(place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
            for one, other in zip(alone, drawn, strict=True)
            if one != other
        ]
        figures[f"flipped_{how}"] = len(flipped)
        for place in flipped:
            print(f"{how}: a seed differs from code {place} on")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
