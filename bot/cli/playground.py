"""`easel playground`: try the bot in the browser, without any account."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

PORT = 8300


def playground(
    home: Annotated[Path | None, typer.Option(help="Where this playground's state lives.")] = None,
    record: Annotated[Path | None, typer.Option(help="Write what people do here, to be shown again.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Do again what was recorded.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The page's port; 0 picks a free one.")] = PORT,
) -> None:
    """Open a workspace in the browser, with X and LinkedIn beside it, where Easel answers. Ctrl-C stops all of it."""
    from bot.playground import easel, furnish, open_place, until_connected
    from bot.processes.stopping import stop_on_signals
    from bot.settings import default_home, load_settings

    folder = (home or default_home() / "playground").expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "serve.log"
    stop = stop_on_signals()
    more = [part for name, file in (("--record", record), ("--replay", replay)) if file for part in (name, str(file))]
    with open_place(folder, port, more) as place:
        os.environ.update(place.environment)  # before the settings are read
        furnish(load_settings(), place)
        with easel(place, log) as process:
            if until_connected(place, process, stop, log):
                typer.echo(f"The playground is open: {place.page}\nIts state is in {folder}. Ctrl-C stops it.")
            while not stop.wait(0.5):
                if process.poll() is not None:
                    from bot.errors import EaselError

                    raise EaselError(f"Easel ended by itself; {log} says why.")
