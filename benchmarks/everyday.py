"""A contact sheet of twenty everyday prompts by the model in use, to look at: what a number cannot say.

    python benchmarks/everyday.py docs/pictures/everyday.png

Each cell is the best of four by the model's own score, so what `--approve best` would publish.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.pipeline.studio import Studio
from bot.settings import load_settings
from bot.sheet import contact_sheet
from generation.generators import DrawRequest

PROMPTS = (
    "a rocket on a blue background",
    "a birthday cake with candles",
    "a dog and a ball on a green background",
    "a cup of coffee and a croissant",
    "a pizza on a wooden table",
    "a red car on a street",
    "a trophy on a yellow background",
    "a party popper with confetti",
    "a laptop and a light bulb",
    "a house on grass under a blue sky",
    "a sneaker on an orange background",
    "a guitar and a microphone",
    "a tropical drink at the beach",
    "a christmas tree with a gift",
    "a shopping bag and a price tag",
    "a camera, flat illustration",
    "a sunflower on a purple background",
    "two people shaking hands",
    "a rising chart on a white background",
    "a book and a cup of tea",
)
CANDIDATES = 4


def main() -> None:
    """Draw all prompts and write the sheet."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    painter = Studio(load_settings()).painter
    best = [
        max(painter.model.draw([DrawRequest(prompt, seed) for seed in range(CANDIDATES)]), key=lambda one: one.score)
        for prompt in PROMPTS
    ]
    images = painter.upscaler.upscale([candidate.image for candidate in best], 4)
    title = f"{best[0].model} {best[0].revision[:12]}"
    contact_sheet(images, PROMPTS, title).save(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
