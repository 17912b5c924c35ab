"""Makes harmless pictures to count false alarms on: one to three openly licensed icons on a coloured ground.

    npm pack @iconify-json/noto @iconify-json/fluent-emoji-flat    (Apache-2.0, MIT), unpack their icons.json
    python benchmarks/moderation_pictures.py OUT noto/icons.json fluent-emoji-flat/icons.json [--count 645]

They are illustrations, as the embedded model draws, and no photographs: what the moderators make of skin and beaches is
not measured. Emoji for adults do not exist in these sets, so every picture is harmless. Needs `make bench-setup`.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from pathlib import Path

import cairosvg
from PIL import Image, ImageDraw

SIDE = 512
SEED = 20261122


def main() -> None:
    """Write `--count` pictures into OUT."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("icons", type=Path, nargs="+", help="icons.json files of iconify packages")
    parser.add_argument("--count", type=int, default=645)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    drawings = [drawing for file in arguments.icons for drawing in read_icons(file)]
    chance = random.Random(SEED)
    for number in range(arguments.count):
        compose(drawings, chance).save(arguments.out / f"{number:04}.png")


def read_icons(file: Path) -> list[str]:
    """The icons of one set as SVG documents."""
    icons = json.loads(file.read_text(encoding="utf-8"))
    width, height = icons.get("width", 16), icons.get("height", 16)
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {} {}">'
    return [
        head.format(icon.get("width", width), icon.get("height", height)) + icon["body"] + "</svg>"
        for _, icon in sorted(icons["icons"].items())
    ]


def compose(drawings: list[str], chance: random.Random) -> Image.Image:
    """One to three drawings on a plain or shaded ground."""
    colours = [tuple(chance.randrange(256) for _ in range(3)) for _ in range(2)]
    picture = Image.new("RGB", (SIDE, SIDE), colours[0])
    if chance.random() < 0.5:
        ImageDraw.Draw(picture).rectangle((0, SIDE * 2 // 3, SIDE, SIDE), fill=colours[1])
    for _ in range(chance.choice((1, 1, 2, 3))):
        side = chance.randrange(SIDE // 4, SIDE)
        data = cairosvg.svg2png(chance.choice(drawings).encode(), output_width=side, output_height=side)
        icon = Image.open(io.BytesIO(data)).convert("RGBA")
        picture.paste(icon, (chance.randrange(SIDE - side + 1), chance.randrange(SIDE - side + 1)), icon)
    return picture


if __name__ == "__main__":
    main()
