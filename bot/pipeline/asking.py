"""Language models asked through a queue: so many at once over all machines, and nobody twice for one drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.errors import EaselError

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio
    from generation.prompting import Brief

Ask = Callable[[str, str], dict[str, Any]]
"""`ask(workspace, draft)`: what `write_brief` gives, from whichever process the queue chooses."""


class QueuedWriter:
    """A writer of briefs that has another process ask the language model."""

    def __init__(self, workspace: str, ask: Ask) -> None:
        self._workspace = workspace
        self._ask = ask

    def write(self, draft: str) -> Brief:
        """The brief of a draft.

        Raises:
            EaselError: the draft is empty, too long or not text.
        """
        from generation.prompting import Brief

        answer = self._ask(self._workspace, draft)
        if "refused" in answer:
            raise EaselError(answer["refused"])
        return Brief.from_dict(answer["brief"])


def write_brief(studio: Studio, draft: str) -> dict[str, Any]:
    """`{"brief": ...}` by the settings' language model, or `{"refused": ...}`: what a durable step can remember."""
    from bot.pipeline.writing import open_writer
    from generation.prompting import DraftError

    try:
        return {"brief": open_writer(studio.settings, studio.rules, lambda: studio.records).write(draft).to_dict()}
    except DraftError as error:
        return {"refused": str(error)}
