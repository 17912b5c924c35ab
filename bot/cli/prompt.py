"""`easel prompt`: better prompts by CLIP, offline: found for a picture, distilled from a text, improved by drawing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.printing import print_json

if TYPE_CHECKING:
    from PIL.Image import Image

    from bot.pipeline.studio import Studio
    from generation.clip.scoring import ClipScorer
    from generation.prompting.optimise import HardPrompt

MILESTONES = 7
"""Steps of a search that are drawn for the strip: with the picture searched for, two rows of four."""

app = typer.Typer(help="Find, distil and improve prompts with CLIP.", no_args_is_help=True)

Words = Annotated[int, typer.Option(min=1, max=24, help="Words of the prompt, at most.")]
Avoid = Annotated[str, typer.Option(help="Words that it must not hold, such as text,logo.")]
Clip = Annotated[
    Path | None, typer.Option(help="The folder of a CLIP. Default: that of the model in use, or doodle's.")
]
Seed = Annotated[int, typer.Option(min=0, help="The seed of the search and of what is drawn.")]
Out = Annotated[Path, typer.Option(help="The strip of the steps, to look at.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object with every step.")]


@app.command()
def find(
    picture: Annotated[str, typer.Argument(help="A picture's file, or POST:NUMBER for a candidate of a post.")],
    words: Words = 8,
    avoid: Avoid = "",
    clip: Clip = None,
    seed: Seed = 0,
    out: Out = Path("prompt.png"),
    json: Json = False,
) -> None:
    """Find words that draw something like a picture (PEZ, a gradient search)."""
    from generation.prompting.optimise import PezSettings, find_prompt, target_of_pictures

    studio = open_studio()
    image = open_picture(studio, picture)
    scorer = open_clip(studio, clip)
    settings = PezSettings(words=words, seed=seed)
    found = find_prompt(scorer, target_of_pictures(scorer, [image]), settings, split(avoid))
    tell(studio, found, seed, out, as_json=json, reference=image)


@app.command()
def distil(
    text: Annotated[str, typer.Argument(help="A long prompt or any text in plain words.")],
    words: Words = 8,
    avoid: Avoid = "",
    clip: Clip = None,
    seed: Seed = 0,
    out: Out = Path("prompt.png"),
    json: Json = False,
) -> None:
    """Say a long prompt with few words (PEZ, a gradient search)."""
    from generation.prompting.optimise import PezSettings, find_prompt, target_of_text

    studio = open_studio()
    scorer = open_clip(studio, clip)
    found = find_prompt(scorer, target_of_text(scorer, text), PezSettings(words=words, seed=seed), split(avoid))
    tell(studio, found, seed, out, as_json=json)


@app.command()
def improve(
    prompt: Annotated[str, typer.Argument(help="A picture prompt, such as `easel brief` gives.")],
    avoid: Avoid = "",
    clip: Clip = None,
    seed: Seed = 0,
    out: Out = Path("prompt.png"),
    json: Json = False,
) -> None:
    """Draw variants of a prompt small, and keep the one whose pictures fit it best."""
    from bot.pipeline.improving import drawing_with
    from generation.prompting.optimise import search

    studio = open_studio()
    made = search(drawing_with(studio.painter.model), open_clip(studio, clip), prompt, split(avoid), seed)
    labels = [f"round {item.round + 1}  {item.score:.2f}  {item.prompt}" for item in made.tried]
    write_strip([item.picture for item in made.tried], labels, f"best: {made.best.prompt}", out)
    steps = [{"round": item.round, "prompt": item.prompt, "score": round(item.score, 4)} for item in made.tried]
    report(made.best.prompt, made.best.score, steps, out, as_json=json)


def tell(
    studio: Studio, found: HardPrompt, seed: int, out: Path, *, as_json: bool, reference: Image | None = None
) -> None:
    """Draw the milestones of a search beside what was searched for, and say what was found."""
    from bot.pipeline.improving import drawing_with

    shown = found.milestones(MILESTONES)
    images = list(drawing_with(studio.painter.model)([step.prompt for step in shown], [seed] * len(shown)))
    labels = [f"step {step.number + 1}  {step.similarity:.2f}  {step.prompt}" for step in shown]
    if reference is not None:
        images, labels = [reference, *images], ["what was searched for", *labels]
    write_strip(images, labels, found.prompt, out)
    steps = [
        {"step": step.number, "prompt": step.prompt, "similarity": round(step.similarity, 4)} for step in found.steps
    ]
    report(found.prompt, found.similarity, steps, out, as_json=as_json)


def report(prompt: str, score: float, steps: Sequence[dict[str, Any]], out: Path, *, as_json: bool) -> None:
    """The prompt on standard output, alone or with every step."""
    strip = str(out.absolute())
    if as_json:
        print_json({"prompt": prompt, "score": round(score, 4), "steps": list(steps), "strip": strip})
        return
    sys.stdout.write(f"{prompt}\n")
    sys.stderr.write(f"It scores {score:.2f}. The steps are in {strip}.\n")


def write_strip(images: Sequence[Image], labels: Sequence[str], title: str, out: Path) -> None:
    """Write the pictures of the steps side by side."""
    from bot.pictures import write_whole
    from bot.sheet import contact_sheet, png

    write_whole(out, png(contact_sheet(images, labels, title)))


def open_studio() -> Studio:
    """The rooms as the settings furnish them, with the model in use on its way."""
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    studio = Studio(load_settings())
    studio.open_painter()
    return studio


def open_clip(studio: Studio, folder: Path | None) -> ClipScorer:
    """The CLIP in a folder. Raises ModelFileError."""
    from bot.pipeline.improving import clip_folder
    from generation.clip.scoring import ClipScorer

    return ClipScorer.load(folder or clip_folder(studio.settings))


def open_picture(studio: Studio, where: str) -> Image:
    """A picture in a file, or a candidate of a post.

    Raises:
        Misuse: there is neither, or the file is no picture that can be read.
    """
    from bot.errors import Misuse
    from moderation.pictures.reading import read_picture

    post, mark, number = where.rpartition(":")
    if mark and number.isdigit() and not Path(where).exists():
        rows = studio.records.candidates(studio.records.post(post).id)
        chosen = next((row for row in rows if row.number == int(number)), None)
        if chosen is None:
            raise Misuse(f"{post} has no candidate {number}.")
        return read_picture(studio.pictures.path(chosen.picture))
    return read_picture(Path(where))


def split(words: str) -> list[str]:
    """Words between commas."""
    return [word.strip() for word in words.split(",") if word.strip()]
