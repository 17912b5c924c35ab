"""Posts as they are in the records when somebody asked for them in Slack, drawn by nobody."""

import time

from PIL import Image

from bot.records import PostState
from bot.records.options import PostOptions
from bot.records.values import Drawn, NewPost, short_id

COLOURS = ("orange", "teal")


def ask(records, draft, channel="C0LAUNCHES", user="U0REQUESTER"):
    """Ask for a post: it waits to be drawn."""
    post_id = short_id("post", f"{draft} {time.time()}")
    records.start_post(post_id, NewPost(f"slack:{user}", draft, ["x"], options=PostOptions(count=2)), [1], channel)
    return post_id


def draw(studio, post_id, person="easel", *, end=True):
    """Draw what is asked for, as far as the records know: two candidates, in review."""
    records, post = studio.records, studio.records.post(post_id)
    records.move_post(post_id, PostState.PREPARING, person, "preparing", expected=PostState(post.state))
    told = {
        "draft": post.draft,
        "normalized": post.draft,
        "prompt": "a rocket",
        "alt_text": "A rocket.",
        "negative": [],
    }
    brief = records.add_brief(post_id, {**told, "negative": []}, [])
    pictures = [studio.pictures.add(Image.new("RGB", (32, 32), colour)) for colour in COLOURS]
    records.add_candidates(post_id, brief.id, [Drawn(1, 0.5, "tiny", "r1", {}, picture, []) for picture in pictures])
    records.move_post(post_id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
    if end:
        records.end_drawing(post_id, records.drawing(post_id).seeds)
