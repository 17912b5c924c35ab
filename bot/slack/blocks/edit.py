"""The form to change what was understood and what each network gets."""

from __future__ import annotations

import json

from bot.slack.blocks.compose import length_told
from bot.slack.blocks.words import Json, context, field, modal, network_name, plain, text_input
from bot.slack.story import Story
from publishers import limits_of

EDIT = "edit_post"


def edit_view(story: Story) -> Json:
    """The form, with everything as it is now."""
    body = story.brief.body if story.brief else {}
    post = story.post
    blocks = [
        context(plain("Other plain words, prompt or words to avoid draw new pictures; other texts do not.")),
        field(
            "normalized",
            "In plain words",
            text_input("text", body.get("normalized", post.draft), lines=True),
            optional=True,
        ),
        field(
            "prompt", "Picture prompt", text_input("text", body.get("prompt", ""), lines=True, most=500), optional=True
        ),
        field(
            "negative", "Leave out", text_input("text", ", ".join(body.get("negative", ())), most=1_000), optional=True
        ),
        field(
            "alt_text",
            "Alt text",
            text_input("text", story.options.alt_text or body.get("alt_text", ""), lines=True, most=1_000),
            optional=True,
        ),
    ]
    for network in post.networks:
        text = (post.texts or {}).get(network, post.draft)
        most = min(3_000, limits_of(network).characters * 4)
        element = text_input("text", text, lines=True, most=most)
        name = f"What {network_name(network)} gets"
        blocks.append(field(f"text:{network}", name, element, hint=length_told(network, text)))
    return modal(EDIT, "Edit the post", "Save", blocks, json.dumps({"post": story.ref}))
