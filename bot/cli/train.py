"""`easel train`: make models of one's own. The stages of doodle first."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

SHIPPED_DOODLE = Path(__file__).parents[2] / "generation/models/doodle"

app = typer.Typer(help="Train models.", no_args_is_help=True)


class Stage(StrEnum):
    """The stages by which doodle is made, in this order; `vqgan` and `seq2seq` need only `data`."""

    data = "data"
    vqgan = "vqgan"
    seq2seq = "seq2seq"
    clip = "clip"


@app.callback()
def train() -> None:
    """Train models."""


@app.command()
def doodle(
    stage: Annotated[Stage, typer.Option(help="Which stage to run; a killed one goes on where it was.")],
    work: Annotated[Path, typer.Option(help="The folder that holds everything in the making.")] = Path("doodle-work"),
    given: Annotated[Path | None, typer.Option(help="The bundle to start from; shipped doodle if left out.")] = None,
    icons: Annotated[Path | None, typer.Option(help="data: the node_modules folder with the icon packages.")] = None,
    clipart: Annotated[Path | None, typer.Option(help="data: the svg folder of openclipart.")] = None,
    scenes: Annotated[int, typer.Option(min=1, help="data: how many scenes to compose and encode.")] = 20_000,
    minutes: Annotated[float, typer.Option(min=0.1, help="vqgan, seq2seq, clip: how long to train.")] = 60.0,
    batch: Annotated[int, typer.Option(min=1, help="Samples a step; a GPU likes 512, two cores 16.")] = 16,
    peak_rate: Annotated[float | None, typer.Option(help="The highest learning rate; stages have defaults.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="clip: 0 is shipped; another seed makes a second judge.")] = 0,
) -> None:
    """Make doodle: compose scenes, sharpen the VQGAN, continue the seq2seq, train the tiny CLIP."""
    from generation.training import stages
    from generation.training.contrastive import ClipSchedule
    from generation.training.pixels import PixelSchedule
    from generation.training.seq2seq import Schedule

    place = stages.Work(work, given or SHIPPED_DOODLE)
    rate: dict[str, Any] = {} if peak_rate is None else {"peak_rate": peak_rate}
    if stage is Stage.data:
        stages.build_data(place, scenes, os.cpu_count() or 1, icons, clipart, typer.echo)
        stages.encode_data(place, typer.echo)
    elif stage is Stage.vqgan:
        stages.train_vqgan_stage(place, PixelSchedule(batch=batch, minutes=minutes, **rate), typer.echo)
    elif stage is Stage.seq2seq:
        stages.train_seq2seq_stage(place, Schedule(batch=batch, minutes=minutes, **rate), typer.echo)
    else:
        name = "clip" if seed == 0 else f"clip-{seed}"
        stages.train_clip_stage(place, ClipSchedule(batch=batch, minutes=minutes, seed=seed, **rate), name, typer.echo)
