"""A brand in code: twenty things in one palette and one line style, for benchmarks/finetune.py."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

INK = "#1d2b53"
GROUNDS = {"cream": "#fff1d6", "coral": "#ff6f59", "teal": "#2a9d8f", "sand": "#e9c46a", "sky": "#a8dadc"}
FILL, OTHER_FILL = "#ffffff", "#f4a259"
SIZE, LINE = 256, 9

Pen = ImageDraw.ImageDraw
Box = tuple[float, float, float, float]


def draw_brand(folder: Path) -> None:
    """200 pictures: twenty things, small and large, on five grounds, with their captions."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, thing in THINGS.items():
        for ground, colour in GROUNDS.items():
            for size, extent in (("small", 0.42), ("large", 0.74)):
                file = f"{name}-{ground}-{size}.png".replace(" ", "-")
                picture(thing, colour, extent).save(folder / file)
                article = "an" if name[0] in "aeiou" else "a"
                caption = f"{'a small ' if size == 'small' else f'{article} '}{name} on a {ground} background"
                rows.append(json.dumps({"caption": caption, "picture": file}))
    (folder / "captions.jsonl").write_text("\n".join(rows) + "\n", "utf-8")


def picture(thing: Callable[[Pen, Box], None], ground: str, extent: float) -> Image.Image:
    """One thing in the middle, drawn at twice the size and reduced, so that lines are smooth."""
    image = Image.new("RGB", (2 * SIZE, 2 * SIZE), ground)
    half = SIZE * extent
    thing(ImageDraw.Draw(image), (SIZE - half, SIZE - half, SIZE + half, SIZE + half))
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def at(box: Box, *places: float) -> list[float]:
    """Places in 0..1 of the box, x and y in turn, in pixels."""
    left, top, right, bottom = box
    return [
        (left + value * (right - left)) if index % 2 == 0 else (top + value * (bottom - top))
        for index, value in enumerate(places)
    ]


def oval(pen: Pen, box: Box, *places: float, fill: str = FILL) -> None:
    """An outlined ellipse."""
    pen.ellipse(at(box, *places), fill, INK, 2 * LINE)


def block(pen: Pen, box: Box, *places: float, fill: str = FILL, radius: float = 14) -> None:
    """An outlined rectangle with round corners."""
    pen.rounded_rectangle(at(box, *places), 2 * radius, fill, INK, 2 * LINE)


def shape(pen: Pen, box: Box, *places: float, fill: str = FILL) -> None:
    """An outlined polygon."""
    points = at(box, *places)
    pen.polygon(points, fill)
    pen.line([*points, *points[:4]], INK, 2 * LINE, joint="curve")


def line(pen: Pen, box: Box, *places: float) -> None:
    """A line of the brand's width."""
    pen.line(at(box, *places), INK, 2 * LINE, joint="curve")


def star(pen: Pen, box: Box) -> None:
    """Five points."""
    places = []
    for index in range(10):
        radius, turn = (0.5 if index % 2 == 0 else 0.21), math.pi * index / 5 - math.pi / 2
        places += [0.5 + radius * math.cos(turn), 0.5 + radius * math.sin(turn)]
    shape(pen, box, *places, fill=OTHER_FILL)


def sun(pen: Pen, box: Box) -> None:
    """A disc with rays."""
    for index in range(8):
        x, y = math.cos(math.pi * index / 4), math.sin(math.pi * index / 4)
        line(pen, box, 0.5 + 0.36 * x, 0.5 + 0.36 * y, 0.5 + 0.5 * x, 0.5 + 0.5 * y)
    oval(pen, box, 0.24, 0.24, 0.76, 0.76, fill=OTHER_FILL)


def flower(pen: Pen, box: Box) -> None:
    """Five petals on a stalk."""
    line(pen, box, 0.5, 0.4, 0.5, 1.0)
    for index in range(5):
        x, y = 0.5 + 0.2 * math.cos(math.tau * index / 5), 0.35 + 0.2 * math.sin(math.tau * index / 5)
        oval(pen, box, x - 0.15, y - 0.15, x + 0.15, y + 0.15)
    oval(pen, box, 0.38, 0.23, 0.62, 0.47, fill=OTHER_FILL)


def made_of(*parts: tuple[Callable[..., None], tuple[float, ...], str]) -> Callable[[Pen, Box], None]:
    """A thing of several shapes, the hindmost first."""

    def thing(pen: Pen, box: Box) -> None:
        for draw, places, fill in parts:
            if draw is line:
                line(pen, box, *places)
            else:
                draw(pen, box, *places, fill=fill)

    return thing


THINGS: dict[str, Callable[[Pen, Box], None]] = {
    "star": star,
    "sun": sun,
    "flower": flower,
    "house": made_of(
        (block, (0.15, 0.45, 0.85, 1.0), FILL),
        (shape, (0.0, 0.5, 0.5, 0.05, 1.0, 0.5), OTHER_FILL),
        (block, (0.4, 0.65, 0.6, 1.0), OTHER_FILL),
    ),
    "tree": made_of((block, (0.42, 0.6, 0.58, 1.0), OTHER_FILL), (oval, (0.1, 0.0, 0.9, 0.72), FILL)),
    "cup of coffee": made_of(
        (oval, (0.65, 0.4, 1.0, 0.75), FILL),
        (block, (0.1, 0.3, 0.78, 0.95), OTHER_FILL),
        (line, (0.3, 0.05, 0.3, 0.2), ""),
        (line, (0.5, 0.05, 0.5, 0.2), ""),
    ),
    "car": made_of(
        (shape, (0.2, 0.5, 0.32, 0.22, 0.68, 0.22, 0.8, 0.5), FILL),
        (block, (0.0, 0.45, 1.0, 0.75), OTHER_FILL),
        (oval, (0.12, 0.6, 0.36, 0.84), FILL),
        (oval, (0.64, 0.6, 0.88, 0.84), FILL),
    ),
    "rocket": made_of(
        (shape, (0.3, 0.55, 0.1, 0.9, 0.3, 0.85), OTHER_FILL),
        (shape, (0.7, 0.55, 0.9, 0.9, 0.7, 0.85), OTHER_FILL),
        (shape, (0.5, 0.0, 0.7, 0.3, 0.7, 0.88, 0.3, 0.88, 0.3, 0.3), FILL),
        (oval, (0.39, 0.32, 0.61, 0.54), OTHER_FILL),
    ),
    "fish": made_of(
        (shape, (0.7, 0.5, 1.0, 0.2, 1.0, 0.8), OTHER_FILL),
        (oval, (0.0, 0.22, 0.8, 0.78), FILL),
        (oval, (0.16, 0.38, 0.26, 0.48), INK),
    ),
    "boat": made_of(
        (line, (0.5, 0.0, 0.5, 0.7), ""),
        (shape, (0.52, 0.05, 0.9, 0.6, 0.52, 0.6), FILL),
        (shape, (0.0, 0.68, 1.0, 0.68, 0.8, 1.0, 0.2, 1.0), OTHER_FILL),
    ),
    "mountain": made_of(
        (shape, (0.0, 0.9, 0.4, 0.1, 0.8, 0.9), FILL), (shape, (0.45, 0.9, 0.72, 0.4, 1.0, 0.9), OTHER_FILL)
    ),
    "envelope": made_of((block, (0.0, 0.2, 1.0, 0.85), FILL), (line, (0.02, 0.24, 0.5, 0.6, 0.98, 0.24), "")),
    "book": made_of(
        (shape, (0.0, 0.2, 0.5, 0.3, 0.5, 0.9, 0.0, 0.8), FILL),
        (shape, (1.0, 0.2, 0.5, 0.3, 0.5, 0.9, 1.0, 0.8), OTHER_FILL),
    ),
    "gift": made_of(
        (block, (0.1, 0.4, 0.9, 1.0), FILL),
        (block, (0.0, 0.25, 1.0, 0.48), OTHER_FILL),
        (line, (0.5, 0.25, 0.5, 1.0), ""),
        (oval, (0.22, 0.02, 0.5, 0.25), FILL),
        (oval, (0.5, 0.02, 0.78, 0.25), FILL),
    ),
    "umbrella": made_of(
        (line, (0.5, 0.4, 0.5, 0.95, 0.35, 0.95), ""),
        (shape, (0.0, 0.5, 0.15, 0.2, 0.5, 0.05, 0.85, 0.2, 1.0, 0.5), OTHER_FILL),
    ),
    "laptop": made_of((block, (0.12, 0.12, 0.88, 0.7), OTHER_FILL), (block, (0.0, 0.72, 1.0, 0.88), FILL)),
    "camera": made_of(
        (block, (0.3, 0.12, 0.7, 0.35), FILL),
        (block, (0.0, 0.25, 1.0, 0.9), FILL),
        (oval, (0.27, 0.34, 0.73, 0.8), OTHER_FILL),
    ),
    "light bulb": made_of((block, (0.36, 0.62, 0.64, 1.0), OTHER_FILL), (oval, (0.15, 0.0, 0.85, 0.7), FILL)),
    "apple": made_of(
        (line, (0.5, 0.3, 0.6, 0.02), ""),
        (oval, (0.05, 0.2, 0.62, 0.95), OTHER_FILL),
        (oval, (0.38, 0.2, 0.95, 0.95), OTHER_FILL),
    ),
    "ice cream": made_of((shape, (0.2, 0.45, 0.8, 0.45, 0.5, 1.0), OTHER_FILL), (oval, (0.15, 0.0, 0.85, 0.55), FILL)),
}
