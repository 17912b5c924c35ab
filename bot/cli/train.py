"""`easel train`: models of one's own, from captions and pictures; and the stages by which doodle was made."""

from __future__ import annotations

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

ON_TWO_CORES: dict[str, Any] = {"batch": 16, "minutes": 60.0}
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
def run(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.toml", help="What to train, on what, how: docs/training.md.")],
    work: Annotated[Path | None, typer.Option(help="The work folder; NAME-work beside NAME.toml if left out.")] = None,
    coordinator: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where several machines meet.")] = "",
    processes: Annotated[int, typer.Option(min=1, help="With --coordinator: how many processes train.")] = 1,
    process: Annotated[int, typer.Option(min=0, help="With --coordinator: which of them this is, from 0.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Fine-tune a model by a plan. A run that was stopped, however it was, goes on when run again."""
    need_training()
    from bot.cli.models import registry
    from bot.cli.printing import print_json
    from bot.cli.training_screen import training_bar
    from generation.training.tuning.devices import Meeting
    from generation.training.tuning.plan import Plan
    from generation.training.tuning.run import fine_tune
    from generation.training.tuning.tuned import outcome_table

    wanted = Plan.read(plan)
    if coordinator:
        Meeting(coordinator, processes, process).join()
    with training_bar() as (say, report):
        ended = fine_tune(wanted, registry(), work or plan.with_name(f"{plan.stem}-work"), say, report)
    if ended.bundle is None:
        return
    if json:
        print_json({"name": ended.bundle.name, "revision": ended.bundle.revision, **outcome_table(ended.outcomes)})
        return
    typer.echo(f"{ended.bundle.name} is made; look at {ended.bundle.folder / 'before-after.png'}.")
    typer.echo(f"Draw with it: `easel models use {ended.bundle.name}`.")


@app.command()
def diagnose(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A table, or a folder of pictures and captions.")],
    model: Annotated[str, typer.Option(help="Which model; the one in use if left out.")] = "",
    pictures: Annotated[Path | None, typer.Option(help="The pictures' folder, if it is not the table's.")] = None,
    out: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("diagnosis"),
    seed: Annotated[int, typer.Option(min=0, help="The split's seed, as in a plan.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Say what a model lacks for a data set, and which of its parts to train; writes a page to look at."""
    need_training()
    from bot.cli.models import registry
    from bot.cli.printing import print_json
    from bot.pictures import write_whole
    from bot.settings import CONFIG, load_settings
    from generation.training.data.table import Table
    from generation.training.diagnosis.examine import diagnose as examine
    from generation.training.diagnosis.report import page

    bundle = registry().find(model or load_settings().model)
    found = examine(
        bundle, Table.at(data, pictures), CONFIG / "lexicon", out, lambda text: typer.echo(text, err=True), seed
    )
    report = out / "report.html"
    write_whole(report, page(found).encode())
    if json:
        print_json({**found.to_dict(), "report": str(report)})
        return
    for reason in found.reasons:
        typer.echo(reason)
    typer.echo(f"The whole report: {report}")


def need_training() -> None:
    """Raise Misuse where the extra `train` is not installed."""
    from importlib.util import find_spec

    from bot.errors import Misuse

    missing = [name for name in ("grain", "optax", "orbax", "tensorboardX") if find_spec(name) is None]
    if missing:
        raise Misuse(f"Training needs {', '.join(missing)}: `pip install 'easel-bot[train]'`.")


@app.command()
def doodle(
    stage: Annotated[Stage, typer.Option(help="Which stage to run; a killed one goes on where it was.")],
    work: Annotated[Path, typer.Option(help="The folder that holds everything in the making.")] = Path("doodle-work"),
    given: Annotated[Path | None, typer.Option(help="The bundle to start from; shipped doodle if left out.")] = None,
    icons: Annotated[Path | None, typer.Option(help="data: the node_modules folder with the icon packages.")] = None,
    clipart: Annotated[Path | None, typer.Option(help="data: the svg folder of openclipart.")] = None,
    scenes: Annotated[int, typer.Option(min=1, help="data: how many scenes to compose.")] = 20_000,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="vqgan, seq2seq, clip: how long to train; 60 (clip: 75) if left out.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Samples a step: 16 (clip: 256) if left out; a GPU likes 512.")
    ] = None,
    peak_rate: Annotated[float | None, typer.Option(help="The highest learning rate; stages have defaults.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="clip: 0 is shipped; another seed makes a second judge.")] = 0,
) -> None:
    """Make doodle: compose scenes, sharpen the VQGAN, continue the seq2seq, train the tiny CLIP."""
    from generation.training import stages
    from generation.training.chained import Schedule
    from generation.training.contrastive import ClipSchedule
    from generation.training.pixels import PixelSchedule

    place = stages.Work(work, given or SHIPPED_DOODLE)
    asked = {"batch": batch, "minutes": minutes, "peak_rate": peak_rate}
    chosen: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if stage is Stage.data:
        stages.build_data(place, scenes, os.cpu_count() or 1, icons, clipart, typer.echo)
    elif stage is Stage.vqgan:
        stages.train_vqgan_stage(place, PixelSchedule(**{**ON_TWO_CORES, **chosen}), typer.echo)
    elif stage is Stage.seq2seq:
        stages.train_seq2seq_stage(place, Schedule(**{**ON_TWO_CORES, **chosen}), typer.echo)
    else:
        name = "clip" if seed == 0 else f"clip-{seed}"
        schedule = replace(ClipSchedule.on_two_cores(seed), **chosen)
        stages.train_clip_stage(place, schedule, name, typer.echo)
