"""What `easel models ab` does: begin a comparison of two models, tell how it stands, end it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

from bot.cli.printing import print_json

if TYPE_CHECKING:
    from generation.models import ModelRegistry

_PERCENT = re.compile(r"(\d{1,2})\s*%")


def begin(models: ModelRegistry, model: str, rival: str, share: str) -> None:
    """Let `rival` draw a share of what `model`, the one in use, would draw.

    Raises:
        Misuse: a name is missing, both are one, or the share is none.
    """
    from bot.errors import Misuse
    from bot.settings import default_home
    from bot.settings_file import set_setting

    percent = _PERCENT.fullmatch(share.strip())
    if percent is None or not int(percent[1]):
        raise Misuse(f"--share {share} is no share; give one from 1% to 99%.")
    if not rival or model == rival:
        raise Misuse("Name two models to compare: `easel models ab doodle brand --share 20%`.")
    for name in (model, rival):
        models.find(name).verify()
    file = default_home() / "easel.toml"
    set_setting(file, "model", model)
    set_setting(file, "rival_share", str(int(percent[1]) / 100))
    set_setting(file, "rival", rival)
    typer.echo(f"{rival} draws about {percent[0]} of the candidates from now on, {model} the others.")
    typer.echo("People see no difference; `easel models ab` tells how it stands.")


def end() -> None:
    """The model in use draws all candidates again."""
    from bot.settings import default_home, load_settings
    from bot.settings_file import set_setting

    set_setting(default_home() / "easel.toml", "rival", "")
    typer.echo(f"{load_settings().model} draws all candidates again.")


def standing(*, json: bool) -> None:
    """Tell whose candidates are picked more often.

    Raises:
        Misuse: nothing is being compared.
    """
    from bot.errors import Misuse
    from bot.pipeline.rivals import compare
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    settings = load_settings()
    if not settings.rival:
        raise Misuse("No models are being compared. Begin with `easel models ab A B --share 20%`.")
    found = compare(Studio(settings).records.outcomes(), settings.model, settings.rival)
    rates = (found.model, found.rival)
    if json:
        told = [
            {"model": one.model, "shown": one.shown, "picked": one.picked, "rate": one.rate, "interval": one.interval}
            for one in rates
        ]
        print_json({"models": told, "lead": found.lead, "verdict": found.verdict})
        return
    for one in rates:
        low, high = one.interval
        typer.echo(f"{one.model}: {one.picked} of {one.shown} picked, {one.rate:.0%} (95%: {low:.0%} to {high:.0%})")
    low, high = found.lead
    typer.echo(f"Lead of {found.rival.model}: {low:+.0%} to {high:+.0%}. {found.verdict}")
