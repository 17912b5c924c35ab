"""`easel models`: which models there are, where they come from, which one draws, and whether they are sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.models_screen import console, print_report, progress_bars, say_added
from bot.cli.printing import print_json

if TYPE_CHECKING:
    from generation.models import ModelBundle, ModelRegistry

app = typer.Typer(help="The models that draw: list, fetch, add, use, check, export.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name of `easel models list`.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_models(json: Json = False) -> None:
    """List the models, and mark the one in use."""
    from rich.table import Table
    from rich.text import Text

    from bot.settings import load_settings

    in_use = load_settings().model
    listings = registry().list()
    if json:
        models = [
            (describe(one.bundle) if one.bundle else {"name": one.name, "problem": one.problem})
            | {"in_use": one.name == in_use}
            for one in listings
        ]
        print_json({"in_use": in_use, "models": models})
        return
    table = Table(
        "", "model", "picture", "size", "revision", "licence", "", box=None, padding=(0, 2, 0, 0), pad_edge=False
    )
    for one in listings:
        mark = "*" if one.name == in_use else ""
        if one.bundle is None:
            table.add_row(mark, one.name, "", "", "", "", Text(one.problem, style="red"))
            continue
        bundle = one.bundle
        table.add_row(
            mark,
            one.name,
            f"{bundle.picture_size} px",
            f"{bundle.size_in_bytes / 1e6:.0f} MB",
            bundle.revision[:12],
            Text(bundle.manifest.licence),
            Text(bundle.manifest.description),
        )
    console().print(table)


@app.command()
def info(name: Name, json: Json = False) -> None:
    """Show what a model is, whose work is in it, and how it likes to draw."""
    from rich.table import Table
    from rich.text import Text

    bundle = registry().find(name)
    if json:
        print_json(describe(bundle))
        return
    manifest = bundle.manifest
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    sampling = manifest.sampling
    for label, value in (
        ("name", manifest.name),
        ("description", manifest.description),
        ("licence", manifest.licence),
        ("made by", manifest.made_by),
        ("made from", manifest.parent),
        ("pictures", f"{bundle.picture_size} x {bundle.picture_size} px"),
        ("sampling", f"guidance {sampling.guidance_scale:g}, temperature {sampling.temperature:g}, "
                     f"top-k {sampling.top_k}, top-p {sampling.top_p:g}"),
        ("reranking", "CLIP" if bundle.clip_folder else "mean log-probability of the codes"),
        ("revision", bundle.revision),
        ("folder", f"{bundle.folder} ({bundle.size_in_bytes / 1e6:.1f} MB)"),
    ):  # fmt: skip
        if value:
            table.add_row(label, Text(value))
    for source in manifest.sources:
        table.add_row("source", Text(" · ".join(part for part in (source.name, source.licence, source.url) if part)))
    console().print(table)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="mini, mega, or OWNER/NAME on the hub.")],
    save_as: Annotated[str, typer.Option("--as", help="What to call it here.")] = "",
    revision: Annotated[str, typer.Option(help="A branch, tag or commit of the model.")] = "main",
    vqgan: Annotated[str, typer.Option(help="The VQGAN's OWNER/NAME.")] = "",
    clip: Annotated[str, typer.Option(help="A CLIP's OWNER/NAME, to rerank candidates with.")] = "",
    hub: Annotated[str, typer.Option(envvar="EASEL_HUB_URL", help="The hub's address.")] = "https://huggingface.co",
) -> None:
    """Download a published model with its VQGAN, verify it, and add it. A broken download goes on where it was."""
    import shutil

    from generation.models.hub import PUBLISHED, PUBLISHED_VQGAN, Hub, published_manifest

    models = registry()
    known_as = save_as or (name if name in PUBLISHED else name.rpartition("/")[2].lower())
    models.refuse_taken(known_as)
    client = Hub(models.downloads(), hub)
    main = client.describe(PUBLISHED.get(name, name), revision)
    wanted = [main, client.describe(vqgan or PUBLISHED_VQGAN)]
    if clip:
        wanted.append(client.describe(clip))
    with progress_bars() as show:
        folders = [client.fetch(repository, show) for repository in wanted]
    bundle = models.add(
        folders[0],
        vqgan=folders[1],
        clip=folders[2] if clip else None,
        manifest=published_manifest(known_as, wanted),
    )
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    say_added(bundle)


@app.command()
def add(
    folder: Folder,
    name: Annotated[str, typer.Option(help="What to call it; the folder's own name if not given.")] = "",
    vqgan: Annotated[Path | None, typer.Option(help="The VQGAN's folder, if it is not in DIR/vqgan.")] = None,
    clip: Annotated[Path | None, typer.Option(help="A CLIP's folder, to rerank candidates with.")] = None,
) -> None:
    """Check a model's folder, a bundle or a DALL-E Mini as published, and copy it into Easel's home."""
    say_added(registry().add(folder, name=name, vqgan=vqgan, clip=clip))


@app.command()
def use(name: Name) -> None:
    """Draw with this model from now on. A model that is not sound is refused, and the one in use stays."""
    from bot.settings import default_home, load_settings
    from bot.settings_file import set_setting

    bundle = registry().find(name)
    bundle.verify()
    set_setting(default_home() / "easel.toml", "model", name)
    load_settings.cache_clear()
    settings = load_settings()
    if settings.model != name:
        console().print(f"Saved, but {settings.origin('model')} says {settings.model}, and that wins.", markup=False)
        return
    console().print(f"{name} draws from now on (revision {bundle.revision[:12]}).", markup=False)


@app.command()
def ab(
    model: Annotated[
        str, typer.Argument(metavar="A", help="The model in use; leave both out to see how it stands.")
    ] = "",
    rival: Annotated[str, typer.Argument(metavar="B", help="The model that draws a share of the candidates.")] = "",
    share: Annotated[str, typer.Option(help="How many of the candidates B draws.")] = "20%",
    stop: Annotated[bool, typer.Option("--stop", help="End it: A draws all candidates again.")] = False,
    json: Json = False,
) -> None:
    """Let B draw a share of the candidates, and tell whose are picked more often, with a confidence interval."""
    from bot.cli.rivals import begin, end, standing

    if stop:
        end()
    elif model or rival:
        begin(registry(), model, rival, share)
    else:
        standing(json=json)


@app.command()
def remove(name: Name) -> None:
    """Delete a model from Easel's home."""
    from bot.errors import Misuse
    from bot.settings import load_settings

    if name == load_settings().model:
        raise Misuse(f"{name} is in use. Use another first: `easel models use doodle`.")
    if name == load_settings().rival:
        raise Misuse(f"{name} is being compared. End that first: `easel models ab --stop`.")
    registry().remove(name)
    console().print(f"{name} is removed.", markup=False)


@app.command()
def check(
    folder: Folder,
    golden: Annotated[Path | None, typer.Option(metavar="FILE.npz", help="Golden arrays to compare with.")] = None,
    text: Annotated[
        list[Path] | None, typer.Option(metavar="CASES.json", help="Cases for normaliser and tokenizer.")
    ] = None,
    json: Json = False,
) -> None:
    """Check a bundle, or the folder of one network: files, hashes, shapes, numbers, a picture, goldens.

    The exit status is 1 if anything failed.
    """
    from generation.checking import check_model

    report = check_model(folder, golden, text or [])
    if json:
        print_json(report.to_dict())
    else:
        print_report(report)
    if not report.passed:
        raise typer.Exit(1)


@app.command()
def export(
    folder: Folder,
    weights_format: Annotated[str, typer.Option("--format", help="safetensors or msgpack.")],
    to: Annotated[Path | None, typer.Option(help="A new folder; DIR-FORMAT if not given.")] = None,
    bits: Annotated[
        int | None, typer.Option(help="8: DALL-E Mini's matrices as int8 with scales, half of float16. Not in msgpack.")
    ] = None,
) -> None:
    """Write a bundle, or one network's folder, in the other weights format, or in 8 bits."""
    from generation.models.export import export_model

    target = to or folder.resolve().with_name(f"{folder.resolve().name}-{weights_format}")
    console().print(f"Written to {export_model(folder, weights_format, target, bits=bits)}.", markup=False)


def registry() -> ModelRegistry:
    """The models of this home."""
    from bot.settings import load_settings
    from generation.models import ModelRegistry

    return ModelRegistry(load_settings().models_dir)


def describe(bundle: ModelBundle) -> dict[str, Any]:
    """A bundle in plain types, for scripts."""
    from dataclasses import asdict

    manifest = bundle.manifest
    return {
        "name": bundle.name,
        "revision": bundle.revision,
        "description": manifest.description,
        "licence": manifest.licence,
        "parent": manifest.parent,
        "picture_size": bundle.picture_size,
        "bytes": bundle.size_in_bytes,
        "folder": str(bundle.folder),
        "clip": bundle.clip_folder is not None,
        "sampling": asdict(manifest.sampling),
        "sources": [asdict(source) for source in manifest.sources],
    }
