"""What a person sees of models: what was added, what a check found, and bars while one is fetched."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import TaskID

    from generation.checking import Report
    from generation.models import ModelBundle


def console() -> Any:
    """Where people read."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def say_added(bundle: ModelBundle) -> None:
    """Tell what was added and what to do with it."""
    console().print(
        f"{bundle.name} is added: {bundle.picture_size} px, {bundle.size_in_bytes / 1e6:.0f} MB, revision "
        f"{bundle.revision[:12]}. Draw with it: `easel models use {bundle.name}`.",
        markup=False,
    )


def print_report(report: Report) -> None:
    """A table of checks, one of golden arrays, and the text cases that differ."""
    from rich.table import Table
    from rich.text import Text

    styles = {"passed": "green", "failed": "bold red", "skipped": "dim"}
    out = console()
    out.print(f"{report.folder}: {report.kind}", markup=False)
    table = Table("check", "", "", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for one in report.checks:
        table.add_row(one.name, Text(one.outcome, styles[one.outcome]), Text(one.detail))
    out.print(table)
    if report.compared:
        table = Table(
            "golden array", "largest error", "tolerance", "", "", box=None, padding=(0, 2, 0, 0), pad_edge=False
        )
        for item in report.compared:
            error = "" if item.largest_error is None else f"{item.largest_error:.3g}"
            table.add_row(
                Text(item.key), error, item.tolerance, Text(item.outcome, styles[item.outcome]), Text(item.detail)
            )
        out.print(table)
    if report.texts:
        wrong = [item for item in report.texts if item.outcome != "passed"]
        out.print(f"{len(report.texts) - len(wrong)} of {len(report.texts)} text cases are as they should be.")
        for item in wrong:
            out.print(Text(f"{item.key} {item.outcome}: {item.detail}", styles[item.outcome]))
    out.print(Text("passed" if report.passed else "failed", styles["passed" if report.passed else "failed"]))


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar a file, on standard error; gives what to call with (file, bytes there, bytes in all)."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[tuple[str, int], TaskID] = {}

        def show(file: str, done: int, size: int) -> None:
            if (file, size) not in tasks:
                tasks[file, size] = progress.add_task(file, total=size)
            progress.update(tasks[file, size], completed=done)

        yield show
