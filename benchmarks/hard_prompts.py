"""Whether prompts found by gradient (PEZ) say what a picture shows, to a CLIP that had no part in finding them.

    python benchmarks/hard_prompts.py --judge DIR [--finder DIR] [--json]

DIR is a second tiny CLIP, trained from another seed: `easel train doodle --stage clip --seed 1` leaves it in
`doodle-work/result/clip-1` (docs/doodle-training.md). doodle draws the twenty everyday prompts; for each picture words
are found with doodle's own CLIP. The judge compares their cosine with the picture with that of random words of the same
vocabulary, in standard deviations of these; the prompt that the picture was drawn from is measured beside it, as a
yardstick.

Bar: 3 standard deviations.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # benchmarks/moderation.py hides the room otherwise

from benchmarks.everyday import PROMPTS  # noqa: E402
from generation.clip.scoring import ClipScorer  # noqa: E402
from generation.generators import MOST_PICTURES, DalleMini, DrawRequest  # noqa: E402
from generation.prompting.optimise import PezSettings, find_prompt, target_of_pictures  # noqa: E402
from generation.prompting.optimise.pez import SEPARATOR  # noqa: E402
from generation.prompting.optimise.vocabulary import whole_words  # noqa: E402

DOODLE = ROOT / "generation/models/doodle"
SEED = 77
RANDOM_PROMPTS = 300
BAR = 3.0


@dataclass(frozen=True)
class Judged:
    """How far above random words a prompt is for its picture, in standard deviations, by the judge."""

    drawn_from: str
    found: str
    deviations: float
    deviations_of_the_caption: float


def main() -> int:
    """Print the figures; the exit status is 0 whatever they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--judge", type=Path, required=True, help="the folder of a CLIP trained from another seed")
    parser.add_argument("--finder", type=Path, default=DOODLE / "clip", help="the CLIP that finds; doodle's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    judged = judge_prompts(options.finder, options.judge)
    if not options.json:
        for one in judged:
            print(f"{one.deviations:5.2f} {one.deviations_of_the_caption:5.2f}  {one.drawn_from}  ->  {one.found}")
    print(json.dumps(figures(judged)))
    return 0


def judge_prompts(finder: Path, judge_folder: Path) -> list[Judged]:
    """Draw, find and judge, picture by picture."""
    scorer, judge = ClipScorer.load(finder), ClipScorer.load(judge_folder)
    model = DalleMini.load(DOODLE)
    requests = [DrawRequest(prompt, SEED) for prompt in PROMPTS]
    parts = [requests[start : start + MOST_PICTURES] for start in range(0, len(requests), MOST_PICTURES)]
    images = [candidate.image for part in parts for candidate in model.draw(part)]
    seen = judge.pictures(images)
    words = whole_words(scorer.tokenizer).words
    random = np.random.default_rng(0)
    count = PezSettings().words
    baseline = judge.texts([SEPARATOR.join(random.choice(words, count)) for _ in range(RANDOM_PROMPTS)]) @ seen.T

    def deviations(prompt: str, place: int) -> float:
        likeness = float(judge.texts([prompt])[0] @ seen[place])
        return float((likeness - baseline[:, place].mean()) / baseline[:, place].std())

    judged = []
    for place, (prompt, image) in enumerate(zip(PROMPTS, images, strict=True)):
        found = find_prompt(scorer, target_of_pictures(scorer, [image])).prompt
        judged.append(Judged(prompt, found, deviations(found, place), deviations(prompt, place)))
    return judged


def figures(judged: list[Judged]) -> dict[str, float]:
    """The means over all pictures, and how many reach the bar alone."""
    found = [one.deviations for one in judged]
    return {
        "pictures": len(judged),
        "deviations_above_random": round(float(np.mean(found)), 2),
        "of_the_captions_themselves": round(float(np.mean([one.deviations_of_the_caption for one in judged])), 2),
        "share_over_the_bar": round(sum(one >= BAR for one in found) / len(found), 2),
        "bar": BAR,
    }


if __name__ == "__main__":
    sys.exit(main())
