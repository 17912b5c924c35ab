"""How a workspace's pictures look: shown to everybody, changed by admins."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.slack.blocks.words import Json, choose, escaped, field, marked, modal, option, section, text_input
from generation.prompting import Brand
from generation.prompting.brand import PALETTE_LIMIT, STYLE_WORD_LIMIT

BRAND = "brand"
STYLE_LENGTH, WORDS_LENGTH, VOICE_LENGTH = 120, 1_000, 300
AS_SET_UP = "-"
"""The choice of no generator of the brand's own: the setting `model` draws."""


def brand_view(brand: Brand, generators: Sequence[str], channel: str, *, editable: bool) -> Json:
    """The brand: a form for an admin, words for others."""
    if not editable:
        return modal(BRAND, "Our brand", "", [section(marked(brand_words(brand)))])
    names = list(dict.fromkeys((*generators, brand.generator))) if brand.generator else list(generators)
    drawers = [option("Whoever Easel is set up with", AS_SET_UP), *(option(name, name) for name in names[:99])]
    blocks = [
        section(marked("Holds in this whole workspace, for new briefs. What is as in `config/brand.toml` follows it.")),
        field("style", "Style", text_input("style", brand.style, most=STYLE_LENGTH), optional=True,
              hint=f"Ends every prompt: a technique, a medium. At most {STYLE_WORD_LIMIT} words."),
        field("palette", "Colours", text_input("palette", ", ".join(brand.palette), most=STYLE_LENGTH), optional=True,
              hint=f"The most important first, separated by commas. At most {PALETTE_LIMIT}."),
        field("avoid", "Never drawn", text_input("avoid", ", ".join(brand.avoid), lines=True, most=WORDS_LENGTH),
              optional=True, hint="Words, separated by commas, whatever a draft says."),
        field("voice", "Voice", text_input("voice", brand.voice, most=VOICE_LENGTH), optional=True,
              hint="How texts should sound; read by a language model, where one writes."),
        field("generator", "Who draws", choose("generator", drawers, brand.generator or AS_SET_UP),
              hint="Where a post does not say."),
    ]  # fmt: skip
    return modal(BRAND, "Our brand", "Save", blocks, json.dumps({"channel": channel}))


def brand_words(brand: Brand) -> str:
    """The brand as sentences."""
    lines = [
        ("Style", brand.style),
        ("Colours", ", ".join(brand.palette)),
        ("Never drawn", ", ".join(brand.avoid)),
        ("Voice", brand.voice),
        ("Who draws", brand.generator or "whoever Easel is set up with"),
    ]
    return "\n".join(f"*{name}:* {escaped(text) or 'nothing set'}" for name, text in lines)
