"""`easel serve`, `easel bot` and `easel worker`: the processes that carry out what was approved."""

from __future__ import annotations

import os
from typing import Annotated

import typer

Name = Annotated[str, typer.Option(help="A stable name; two processes never share one. Default: queue and machine.")]


def serve() -> None:
    """Draw, publish and, where Slack's tokens are set, be the bot, until stopped: one process for each."""
    from bot.processes.serve import Role, serve
    from bot.records import open_database
    from bot.settings import load_settings

    settings = load_settings()
    roles: dict[str, tuple[str, ...]] = {queue: ("worker", "--queues", queue) for queue in ("publish", "draw")}
    if settings.slack_bot_token or settings.slack_signing_secret:
        from bot.slack.process import refuse_missing

        refuse_missing(settings)
        roles["bot"] = ("bot",)
    open_database(settings.database).dispose()  # bring the schema up before the roles race to do it
    port = settings.health_port
    common = ("--parent", str(os.getpid()), "--health-port")
    typer.echo(f"Easel serves {settings.home} ({', '.join(roles)}). Ctrl-C stops it.")
    serve(
        [
            Role(name, (*arguments, *common, str(port + offset if port else 0)))
            for offset, (name, arguments) in enumerate(roles.items())
        ]
    )


def bot(
    name: Name = "",
    health_port: Annotated[int, typer.Option(help="Answer /healthz, /readyz and /metrics here; 0 is nowhere.")] = 0,
    parent: Annotated[int | None, typer.Option(hidden=True, help="Stop when this process is gone.")] = None,
) -> None:
    """Be the Slack bot, by Socket Mode or by signed HTTP (docs/slack.md)."""
    from bot.settings import load_settings
    from bot.slack.process import run_bot

    run_bot(load_settings(), name, health_port, parent)
    os._exit(0)  # a thread that waits for a network must not hold the exit up


def worker(
    queues: Annotated[str, typer.Option(help="Of publish, draw and llm, with commas between.")] = "publish,draw",
    name: Name = "",
    health_port: Annotated[int, typer.Option(help="Answer /healthz, /readyz and /metrics here; 0 is nowhere.")] = 0,
    parent: Annotated[int | None, typer.Option(hidden=True, help="Stop when this process is gone.")] = None,
) -> None:
    """Be one worker: `--queues draw` on a machine that draws, `publish` and `llm` anywhere."""
    from bot.errors import Misuse
    from bot.pipeline.durable import QUEUES
    from bot.processes.worker import run_worker
    from bot.settings import load_settings

    wanted = [part.strip() for part in queues.split(",") if part.strip()]
    if unknown := [part for part in wanted if part not in QUEUES] or ([] if wanted else [queues]):
        raise Misuse(f"There is no queue {unknown[0]!r}: choose from {', '.join(QUEUES)}.")
    run_worker(load_settings(), wanted, name, health_port, parent)
    os._exit(0)  # whatever was handed back must not hold the exit up
