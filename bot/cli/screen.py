"""How the way of a post looks in a terminal: stages as they happen, pictures as half blocks, verdicts in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bot.cli.interrupt import stop_if_pressed

if TYPE_CHECKING:
    from PIL.Image import Image

    from bot.pipeline.prepare import Stage
    from bot.records.tables import BriefRow, CandidateRow, PublicationRow

THUMBNAIL = 22
"""Columns of a picture in the terminal; a column is one pixel wide and a row two pixels high."""

BAR_WIDTH = 40

DECISION_STYLES = {"allow": "green", "review": "yellow", "block": "bold red"}


def follow(stages: Iterable[Stage], console: Console) -> list[CandidateRow] | None:
    """Show each stage as it happens; the candidates at the end, or None if the draft was blocked."""
    from bot.pipeline.prepare import Blocked, Checking, Drawing, Ready, Understood

    candidates = None
    stop_if_pressed()
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        live.update(Text("Understanding the draft …", style="dim"))
        for stage in stages:
            stop_if_pressed()
            match stage:
                case Understood():
                    console.print(brief_panel(stage.brief.to_dict()))
                    verdict = worst([verdict.to_dict() for verdict in stage.verdicts])
                    console.print(Text("text      ", style="bold") + verdict_text(verdict))
                    live.update(Text("Opening the model …", style="dim"))
                case Blocked():
                    console.print(f"[bold red]Stopped before drawing:[/] {escape(stage.reason)}")
                case Drawing():
                    live.update(drawing_view(stage.step, stage.steps, stage.images))
                case Checking():
                    live.update(Group(pictures_row(stage.images), Text("Checking the pictures …", style="dim")))
                case Ready():
                    candidates = stage.candidates
    return candidates


def brief_panel(brief: dict[str, Any]) -> Table:
    """What the draft was taken to mean."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("draft", escape(shortened(brief["draft"])))
    table.add_row("meaning", escape(shortened(brief["normalized"])))
    table.add_row("prompt", escape(brief["prompt"]))
    table.add_row("avoid", escape(", ".join(brief["negative"])) or "-")
    table.add_row("alt text", escape(brief["alt_text"]))
    for notice in brief["notices"]:
        table.add_row("note", escape(notice))
    return table


def shortened(text: str, limit: int = 600) -> str:
    """The beginning of a long text."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def drawing_view(step: int, steps: int, images: Sequence[Image]) -> RenderableType:
    """The pictures so far over a bar of the codes drawn."""
    bar = Columns([Text("Drawing"), ProgressBar(steps, step, width=BAR_WIDTH), Text(f"{step}/{steps} codes")])
    return Group(pictures_row(images), bar)


def pictures_row(images: Sequence[Image]) -> Columns:
    """Pictures side by side."""
    return Columns([half_blocks(image) for image in images], padding=(0, 1))


def half_blocks(image: Image) -> Text:
    """A picture as text: each character shows two pixels, the upper as ink and the lower as ground."""
    small = image.convert("RGB").resize((THUMBNAIL, THUMBNAIL))
    data = small.tobytes()
    pixels = [tuple(data[start : start + 3]) for start in range(0, len(data), 3)]
    text = Text()
    for top in range(0, THUMBNAIL, 2):
        for left in range(THUMBNAIL):
            upper, lower = pixels[top * THUMBNAIL + left], pixels[(top + 1) * THUMBNAIL + left]
            text.append("▀", style=f"rgb({upper[0]},{upper[1]},{upper[2]}) on rgb({lower[0]},{lower[1]},{lower[2]})")
        text.append("\n")
    return text


def worst(verdicts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The strictest verdict; of equally strict ones, the highest score."""
    order = {"allow": 0, "review": 1, "block": 2}
    return max(verdicts, key=lambda verdict: (order[verdict["decision"]], top_score(verdict)))


def top_score(verdict: dict[str, Any]) -> float:
    """The highest score of any category."""
    return max(verdict["scores"].values(), default=0.0)


def verdict_text(verdict: dict[str, Any]) -> Text:
    """A verdict in words, such as `allow 0.02` or `review: sounds like an insult`."""
    decision = verdict["decision"]
    detail = f" {top_score(verdict):.2f}" if decision == "allow" else f": {verdict['reason']}"
    return Text(decision + detail, style=DECISION_STYLES[decision])


def candidates_table(candidates: Sequence[CandidateRow], best: CandidateRow | None) -> Table:
    """The candidates with seed, score, verdict and what they may not show; the best is marked."""
    from bot.pipeline.review import doubts

    table = Table("", "candidate", "seed", "score", "picture", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in candidates:
        mark = "★" if best is not None and row.id == best.id else ""
        told = verdict_text(worst(row.verdicts))
        if doubted := doubts(row):
            told.append(f" · {doubted}", style="dim")
        table.add_row(mark, str(row.number), str(row.seed), f"{row.score:.3f}", told)
    return table


def publications_table(publications: Sequence[PublicationRow]) -> Table:
    """Where the post went."""
    table = Table("network", "status", "where", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in publications:
        table.add_row(row.network, row.state, Text(row.url or row.error or f"at {row.due_at:%Y-%m-%d %H:%M} UTC"))
    return table


def report(
    post_id: str,
    state: str,
    brief: BriefRow | None,
    candidates: Sequence[CandidateRow],
    files: Sequence[str],
    approved: Sequence[int],
    publications: Sequence[PublicationRow],
    sheet: str | None,
) -> str:
    """The one JSON object of `--json`, on one line."""
    return json.dumps(
        {
            "post_id": post_id,
            "state": state,
            "brief": brief.body if brief else None,
            "text_verdicts": brief.verdicts if brief else [],
            "candidates": [
                {
                    "number": row.number,
                    "file": file,
                    "seed": row.seed,
                    "score": row.score,
                    "model": row.model,
                    "revision": row.revision,
                    "settings": row.settings,
                    "verdicts": row.verdicts,
                }
                for row, file in zip(candidates, files, strict=True)
            ],
            "approved": list(approved),
            "publications": [
                {
                    "id": row.id,
                    "network": row.network,
                    "account": row.account,
                    "status": row.state,
                    "url": row.url,
                    "due_at": row.due_at.isoformat(),
                    "error": row.error,
                }
                for row in publications
            ],
            "sheet": sheet,
        },
        ensure_ascii=False,
    )
