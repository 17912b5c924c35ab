"""Drawing a post in a worker: the same `prepare` as in a terminal, told to the records for those who wait elsewhere."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.records import PostState
from bot.records.values import EASEL

if TYPE_CHECKING:
    from PIL.Image import Image

    from bot.pipeline.prepare import Stage
    from bot.pipeline.studio import Studio
    from bot.records import Records

PREVIEWS = 8
"""Looks at the growing pictures; they are mosaics, which cost nothing, and are told at most every `TELL_SECONDS`."""

TELL_SECONDS = 2.0
PREVIEW_SIDE = 192
PREVIEW_COLUMNS = 5
UNDERSTANDING, DRAWING, CHECKING = "understanding", "drawing", "checking"


def draw_post(studio: Studio, post_id: str, seeds: Sequence[int], person: str) -> str:
    """Take a post to review and return its state.

    A worker that is run again after a crash finds the post `preparing`: nothing of it went outside, so it is drawn
    anew. A post that somebody else took further meanwhile, or that has the pictures of these seeds, is left alone.
    """
    from bot.pipeline.prepare import prepare
    from bot.pipeline.sharing import DRAWING_FOR

    DRAWING_FOR.set(person)
    records = studio.records
    post = records.post(post_id)
    if post.state == PostState.PREPARING:
        why = "the worker that drew it stopped; it is drawn again"
        records.move_post(post_id, PostState.FAILED, EASEL, why, expected=PostState.PREPARING)
        post = records.post(post_id)
    drawn = post.state == PostState.REVIEW and any(row.seed in seeds for row in records.candidates(post_id))
    try:
        if not drawn and post.state in (PostState.DRAFTED, PostState.FAILED, PostState.REVIEW):
            progress = Progress(records, post_id, seeds)
            progress.tell(UNDERSTANDING)
            for stage in prepare(studio, post, seeds=seeds, person=person, previews=PREVIEWS):
                progress.follow(stage)
    finally:
        records.end_drawing(post_id, seeds)
    return records.post(post_id).state


class Progress:
    """Tells the records how far a drawing is, seldom enough that nothing waits for it."""

    def __init__(self, records: Records, post_id: str, seeds: Sequence[int]) -> None:
        self._records = records
        self._post_id = post_id
        self._seeds = seeds
        self._told = float("-inf")

    def follow(self, stage: Stage) -> None:
        """Tell a stage of `prepare`, if it says something new."""
        from bot.pipeline.prepare import Checking, Drawing, Understood

        match stage:
            case Understood():
                self.tell(DRAWING)
            case Drawing() if time.monotonic() - self._told >= TELL_SECONDS:
                self.tell(DRAWING, stage.step, stage.steps, preview_of(stage.images))
            case Checking():
                self.tell(CHECKING, preview=preview_of(stage.images))

    def tell(self, stage: str, step: int = 0, steps: int = 0, preview: bytes | None = None) -> None:
        """Tell a stage."""
        self._told = time.monotonic()
        self._records.show_progress(self._post_id, self._seeds, stage, step, steps, preview)


def preview_of(images: Sequence[Image]) -> bytes:
    """The pictures side by side, small, as JPEG."""
    from PIL import Image

    columns = min(PREVIEW_COLUMNS, len(images))
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * PREVIEW_SIDE, rows * PREVIEW_SIDE), "white")
    for index, image in enumerate(images):
        small = image.convert("RGB").resize((PREVIEW_SIDE, PREVIEW_SIDE))
        sheet.paste(small, (index % columns * PREVIEW_SIDE, index // columns * PREVIEW_SIDE))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
