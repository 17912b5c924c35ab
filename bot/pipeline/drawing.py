"""Drawing a post in a worker: the same `prepare` as in a terminal, with nobody looking on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.records import PostState

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio


def draw_post(studio: Studio, post_id: str, seeds: Sequence[int], person: str, prompt: str | None) -> str:
    """Take a post to review and return its state.

    A worker that is run again after a crash finds the post `preparing`: nothing of it went outside, so it is drawn
    anew. A post that somebody else took further meanwhile is left alone.
    """
    from bot.pipeline.prepare import prepare
    from bot.pipeline.sharing import DRAWING_FOR

    DRAWING_FOR.set(person)
    post = studio.records.post(post_id)
    if post.state == PostState.PREPARING:
        why = "the worker that drew it stopped; it is drawn again"
        studio.records.move_post(post_id, PostState.FAILED, "easel", why, expected=PostState.PREPARING)
        post = studio.records.post(post_id)
    if post.state in (PostState.DRAFTED, PostState.FAILED, PostState.REVIEW):
        for _ in prepare(studio, post, seeds=seeds, person=person, prompt=prompt):
            pass  # the stages are for those who look on; the records hold the outcome
    return studio.records.post(post_id).state
