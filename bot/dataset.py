"""A team's own decisions as a data set: approved picks to learn from, rejected ones to look at; nobody's name in it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import EaselError, Misuse
from bot.pictures import PictureStore, write_whole
from bot.records.outcomes import Outcome

_PERSON = re.compile(r"<[@#!][^>]{1,80}>|(?<!\w)@[\w.-]{1,40}|https?://\S+")
"""Slack's mentions, handles and links. Names that are ordinary words cannot be told from them; read the captions."""

_LOOSE_ENDS = re.compile(r"\s+([,.;:!?])")


@dataclass(frozen=True)
class Exported:
    """What was written: how many approved pictures, rejected ones, and captions that nothing was left of."""

    folder: Path
    approved: int
    rejected: int
    without_words: int


def refuse_unallowed(workspace: str, allowed: Sequence[str]) -> None:
    """Raise Misuse unless the workspace is among those that let their decisions be learned from."""
    if workspace not in allowed:
        raise Misuse(
            f"The workspace {workspace!r} has not allowed it. Ask its people; then add it to training_workspaces in "
            "easel.toml."
        )


def export(outcomes: Iterable[Outcome], store: PictureStore, folder: Path) -> Exported:
    """Write `captions.jsonl`, `rejected.jsonl` and `pictures/` into a new folder, which appears whole or not at all.

    Raises:
        Misuse: there is such a folder already.
        EaselError: a picture is gone or was changed, or there is nothing to export.
    """
    if folder.exists():
        raise Misuse(f"{folder} is there already; name a new folder.")
    approved: dict[tuple[str, str], None] = {}
    rejected: dict[tuple[str, str], None] = {}
    without_words = 0
    for one in outcomes:
        if not (one.picked or one.rejected):
            continue  # shown beside a better one: neither good nor bad
        caption = without_people(one.prompt)
        without_words += not caption
        if caption:
            (approved if one.picked else rejected)[caption, one.picture] = None
    if not approved:
        raise EaselError("No approved picture is there to learn from yet. Approve some posts first.")
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    for name, rows in (("captions", approved), ("rejected", rejected)):
        lines = []
        for caption, picture in rows:
            file = f"pictures/{picture}.png"
            if not (part / file).exists():
                write_whole(part / file, store.read(picture))
            lines.append(json.dumps({"caption": caption, "picture": file}, ensure_ascii=False) + "\n")
        write_whole(part / f"{name}.jsonl", "".join(lines).encode())
    part.rename(folder)
    return Exported(folder, len(approved), len(rejected), without_words)


def without_people(text: str) -> str:
    """A caption without mentions, handles, links, addresses and numbers of people."""
    from moderation.text.personal_data import PersonalData

    for finding in sorted(PersonalData().examine(text), key=lambda found: found.span or (0, 0), reverse=True):
        if finding.span is not None:
            text = text[: finding.span[0]] + text[finding.span[1] :]
    plain = " ".join(_PERSON.sub(" ", text).split())
    return _LOOSE_ENDS.sub(r"\1", plain).strip(" ,;")
