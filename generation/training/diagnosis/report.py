"""A diagnosis as one HTML page with its pictures inside, to be opened from anywhere and sent to anybody."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from html import escape

from PIL import Image

from generation.training.data.pictures import Pixels
from generation.training.diagnosis.examine import Diagnosis

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1b1a; background: #faf8f5; max-width: 960px; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.5rem } small, .quiet { color: #5c5751 }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #e4dfd8; vertical-align: top }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } .bar { background: #2a9d8f; height: .8rem; border-radius: .2rem }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 1rem } figure { margin: 0 }
figure img { width: 49%; image-rendering: auto } pre { background: #fff; padding: 1rem; overflow: auto; border: 1px solid #e4dfd8 }
"""  # noqa: E501


def page(found: Diagnosis) -> str:
    """The whole page; everything that people wrote is escaped."""
    return "\n".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>What {escape(found.model)} lacks</title><style>{_STYLE}</style>",
            f"<h1>What {escape(found.model)} lacks for this data</h1>",
            f"<p class=quiet>{escape(found.data.summary())}. {found.examined} of the test split were examined.</p>",
            *_advice(found),
            *_kinds(found),
            *_words(found),
            *_reconstruction(found),
            *_left_out(found),
            "</html>",
        )
    )


def plan_text(found: Diagnosis) -> str:
    """The start of a plan that follows the recommendation."""
    parts = {"vqgan": 3 if found.vqgan else 0, "encoder": '"all"' if found.encoder else 0, "decoder": '"all"'}
    lines = [f"{name} = {layers}" for name, layers in parts.items() if layers]
    return f'parent = "{found.model}"\n\n[parts]\n' + "\n".join(lines)


def _advice(found: Diagnosis) -> Iterable[str]:
    yield "<h2>What to train</h2><ul>"
    yield from (f"<li>{escape(reason)}</li>" for reason in found.reasons)
    yield f"</ul><pre>{escape(plan_text(found))}</pre>"


def _kinds(found: Diagnosis) -> Iterable[str]:
    most = max(kind.nats for kind in found.kinds.values())
    yield "<h2>Loss by kind of caption</h2><table><tr><th>kind<th>captions<th>nats a code<th><th>fragmented<th>hardest"
    for name, kind in found.kinds.items():
        hardest = "<br>".join(f"{nats:.2f} {escape(caption[:90])}" for nats, caption in kind.worst)
        yield (
            f'<tr><td>{escape(name)}<td class=number>{kind.count}<td class=number>{kind.nats:.2f}<td style="width:18%">'
            f'<div class=bar style="width:{100 * kind.nats / most:.0f}%"></div>'
            f"<td class=number>{kind.fragmented:.0%}<td><small>{hardest}</small>"
        )
    yield "</table>"
    if found.own_nats is not None:
        yield f"<p class=quiet>The model's own figure on what it was trained on: {found.own_nats:.2f}.</p>"


def _words(found: Diagnosis) -> Iterable[str]:
    words = found.words
    examples = ", ".join(escape(word[:40]) for word in words.examples) or "none"
    yield "<h2>Words</h2>"
    yield (
        f"<p>{words.words} words; {words.fragmented:.1%} are read in three pieces or more, {words.unknown:.1%} only "
        f"letter by letter. The longest of them: {examples}.</p>"
    )


def _reconstruction(found: Diagnosis) -> Iterable[str]:
    seen = found.reconstruction
    yield "<h2>Pictures through the VQGAN</h2>"
    yield (
        f"<p>Mean {seen.decibels:.2f} dB, structural similarity {seen.similarity:.3f}; these pictures use "
        f"{seen.codebook_use:.1%} of the codebook. The worst, original left:</p><div class=pairs>"
    )
    for real, drawn, figure, caption in seen.worst:
        yield (
            f'<figure><img alt="original" src="{_inside(real)}"> <img alt="reconstruction" src="{_inside(drawn)}">'
            f"<figcaption>{figure:.1f} dB <small>{escape(caption[:90])}</small></figcaption></figure>"
        )
    yield "</div>"


def _left_out(found: Diagnosis) -> Iterable[str]:
    if found.data.left_out:
        yield "<h2>Rows left out</h2><table><tr><th>row<th>picture<th>why"
        for item in found.data.left_out[:200]:
            yield f"<tr><td class=number>{item.row}<td>{escape(item.picture[:90])}<td>{escape(item.why)}"
        yield "</table>"


def _inside(pixels: Pixels) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
