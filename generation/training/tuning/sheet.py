"""What training changed, to look at: the same prompts and seeds before and after, beside what was to be learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

CELL, GAP, LINE = 160, 12, 26
INK, QUIET, GROUND = "#1c1b1a", "#76716b", "#faf8f5"


@dataclass(frozen=True)
class Line:
    """One prompt: its pictures before and after, in the order of their seeds, and one from the data, if it has one."""

    prompt: str
    before: Sequence[Image.Image]
    after: Sequence[Image.Image]
    real: Image.Image | None = None


def before_after(lines: Sequence[Line]) -> Image.Image:
    """A line a prompt: before, after, and what the data shows."""
    draws = len(lines[0].before)
    columns = 2 * draws + any(line.real is not None for line in lines)
    width = GAP + columns * (CELL + GAP) + 2 * GAP
    sheet = Image.new("RGB", (width, GAP + LINE + len(lines) * (CELL + LINE + GAP)), GROUND)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(16)
    for column, title in ((0, "before"), (draws, "after"), (2 * draws, "from the data")):
        if column < columns:
            draw.text((_left(column, draws), GAP), title, QUIET, font)
    for row, line in enumerate(lines):
        top = GAP + LINE + row * (CELL + LINE + GAP)
        draw.text((GAP, top), line.prompt[:110], INK, font)
        shown = [*line.before, *line.after, *([line.real] if line.real is not None else [])]
        for column, picture in enumerate(shown):
            resized = picture.convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS)
            sheet.paste(resized, (_left(column, draws), top + LINE))
    return sheet


def _left(column: int, draws: int) -> int:
    """The groups stand apart by one more gap."""
    return GAP + column * (CELL + GAP) + GAP * (column >= draws) + GAP * (column >= 2 * draws)
