"""`easel compare`: the same prompts drawn by several models, side by side on one sheet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.printing import print_json

if TYPE_CHECKING:
    from PIL.Image import Image

    from generation.generators import Generator

CELL = 320
"""Pixels a side of a picture on the sheet."""

SIDE = 220
"""Pixels of the column that holds the prompts."""


@dataclass(frozen=True)
class Cell:
    """One cell of the sheet: a picture, or why there is none."""

    generator: str
    prompt: str
    image: Image | None
    revision: str = ""
    problem: str = ""


def compare(
    prompt: Annotated[str, typer.Argument(help="What to draw; the prompts of config/compare.txt if not given.")] = "",
    generators: Annotated[
        str, typer.Option("--with", help="Models to compare: names of `easel models list`, openai, or openai:MODEL.")
    ] = "doodle",
    seed: Annotated[int, typer.Option(min=0, help="The seed of every picture, where a model takes one.")] = 0,
    out: Annotated[Path, typer.Option(help="The sheet to write.")] = Path("compare.png"),
    base_url: Annotated[
        str, typer.Option(help="A server that speaks OpenAI's images endpoint. Default: the setting `images_url`.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Draw the same prompts with several models and put them on one sheet."""
    from bot.errors import EaselError, Misuse
    from bot.pictures import write_whole
    from bot.pipeline.generators import asks_a_server, open_generator, refuse_unusable_generator
    from bot.settings import load_settings
    from bot.sheet import png

    names = [name.strip() for name in generators.split(",") if name.strip()]
    if not names or len(set(names)) != len(names):
        raise Misuse("Name each model once, with commas between: --with doodle,openai.")
    prompts = [prompt] if prompt else default_prompts()
    settings = load_settings()
    if base_url:
        settings = settings.model_copy(update={"images_url": base_url})
    for name in names:
        if not asks_a_server(name):  # a server that refuses leaves its reason on the sheet
            refuse_unusable_generator(settings, name)
    drawn: list[Cell] = []
    for name in names:
        say(f"{name} draws {len(prompts)} {'picture' if len(prompts) == 1 else 'pictures'} ...")
        drawn += draw_all(name, open_generator(settings, name), prompts, seed)
    if all(cell.image is None for cell in drawn):
        raise EaselError(f"Nothing was drawn. {drawn[0].problem}")
    write_whole(out, png(sheet(names, prompts, drawn)))
    if json:
        cells = [
            {"generator": one.generator, "prompt": one.prompt, "revision": one.revision, "problem": one.problem}
            for one in drawn
        ]
        print_json({"sheet": str(out.absolute()), "seed": seed, "cells": cells})
    else:
        say(f"The sheet is {out.absolute()}.")


def default_prompts() -> list[str]:
    """The lines of config/compare.txt."""
    from bot.settings import CONFIG

    lines = (CONFIG / "compare.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def draw_all(name: str, generator: Generator, prompts: Sequence[str], seed: int) -> list[Cell]:
    """Draw each prompt; a prompt that is refused leaves a cell with the reason."""
    from generation.errors import DrawingError
    from generation.generators import DrawRequest

    cells = []
    for prompt in prompts:
        try:
            (candidate,) = generator.draw([DrawRequest(prompt, seed)])
            cells.append(Cell(name, prompt, enlarged(candidate.image), candidate.revision))
        except DrawingError as error:
            cells.append(Cell(name, prompt, None, problem=str(error)))
    return cells


def enlarged(image: Image) -> Image:
    """The picture as it would be posted: small ones are upscaled."""
    if image.width >= CELL:
        return image
    from generation.upscale import Upscaler

    return Upscaler.load().upscale([image])[0]


def sheet(names: Sequence[str], prompts: Sequence[str], cells: Sequence[Cell]) -> Image:
    """A row for each prompt and a column for each model, labelled."""
    from PIL import Image, ImageDraw

    from bot.sheet import CAPTION, GAP, GROUND, INK, QUIET, fitting, font

    width = GAP + SIDE + len(names) * (CELL + GAP)
    height = GAP + CAPTION + len(prompts) * (CELL + GAP)
    page = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(page)
    lefts = {name: GAP + SIDE + column * (CELL + GAP) for column, name in enumerate(names)}
    tops = {prompt: GAP + CAPTION + row * (CELL + GAP) for row, prompt in enumerate(prompts)}
    for name, left in lefts.items():
        draw.text((left, GAP), fitting(draw, name, font(20), CELL), fill=INK, font=font(20))
    for prompt, top in tops.items():
        draw.multiline_text((GAP, top), wrapped(draw, prompt, font(18), SIDE - GAP), fill=INK, font=font(18))
    for cell in cells:
        corner = lefts[cell.generator], tops[cell.prompt]
        if cell.image is None:
            why = wrapped(draw, f"Not drawn: {cell.problem}", font(16), CELL)
            draw.multiline_text(corner, why, fill=QUIET, font=font(16))
        else:
            page.paste(fitted(cell.image), corner)
    return page


def fitted(image: Image) -> Image:
    """The whole picture inside a square cell."""
    from PIL import Image, ImageOps

    return ImageOps.pad(image.convert("RGB"), (CELL, CELL), Image.Resampling.LANCZOS, color="#e9e5df")


def wrapped(draw: Any, text: str, face: Any, width: int) -> str:
    """The text in lines of at most `width` pixels; at most as many as a cell holds."""
    from bot.sheet import fitting

    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, face) <= width:
            lines[-1] = longer
        else:
            lines.append(fitting(draw, word, face, width))
    return "\n".join(lines[:12])


def say(words: str) -> None:
    """One line for the person, on standard error."""
    sys.stderr.write(words + "\n")
