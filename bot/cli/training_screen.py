"""What a person sees of a training: a bar with the loss, pictures a second and the time left, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from generation.training.tuning.loop import Progress

Say = Callable[[str], None]


@contextmanager
def training_bar() -> Iterator[tuple[Say, Callable[[Progress], None]]]:
    """Give what to say lines with, and what to report progress to."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True, highlight=False)) as bar:
        tasks: dict[str, tuple[TaskID, str]] = {}

        def say(text: str) -> None:
            bar.console.print(text, markup=False)

        def report(progress: Progress) -> None:
            if progress.part not in tasks:
                tasks[progress.part] = (bar.add_task(progress.part, total=None, figures=""), "")
            task, validation = tasks[progress.part]
            if progress.validation is not None:
                validation = f", validation {progress.validation:.4g} {progress.unit}"
                tasks[progress.part] = (task, validation)
            figures = f"loss {progress.loss:.4g}{validation}, {progress.pictures_a_second:.3g} pictures/s"
            bar.update(task, completed=progress.step, total=progress.steps or None, figures=figures)

        yield say, report
