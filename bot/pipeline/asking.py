"""Language models asked through a queue: so many at once over all machines, and nobody twice for one drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot.errors import EaselError

if TYPE_CHECKING:
    from bot.pipeline.writing import Writer
    from generation.prompting import Brief

Ask = Callable[[str, str, dict[str, Any] | None], dict[str, Any]]
"""`ask(workspace, text, by_rules)`: what `write_brief` gives, from whichever process the queue chooses."""


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
        return self._answer(draft, None)

    def improve(self, by_rules: Brief, gist: str) -> Brief:
        """A better brief of an article, by its gist."""
        return self._answer(gist, by_rules.to_dict())

    def _answer(self, text: str, by_rules: dict[str, Any] | None) -> Brief:
        from generation.prompting import Brief

        answer = self._ask(self._workspace, text, by_rules)
        if "refused" in answer:
            raise EaselError(answer["refused"])
        return Brief.from_dict(answer["brief"])


def write_brief(writer: Writer, text: str, by_rules: dict[str, Any] | None) -> dict[str, Any]:
    """`{"brief": ...}`, or `{"refused": ...}`: what a durable step can remember.

    `text` is a draft; or, where the brief `by_rules` is given, the gist of its article.
    """
    from generation.prompting import Brief, DraftError

    try:
        brief = writer.improve(Brief.from_dict(by_rules), text) if by_rules else writer.write(text)
        return {"brief": brief.to_dict()}
    except DraftError as error:
        return {"refused": str(error)}
