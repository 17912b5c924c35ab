"""What a person looks at: a contact sheet of the candidates, and a page with the whole way of the post."""

from __future__ import annotations

import html
import io
import os
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from bot.pictures import PictureStore, write_whole
from bot.pipeline.review import doubts
from bot.records.tables import CandidateRow, Post, PublicationRow

PAGE = Path(__file__).parent / "templates" / "post.html"

COLUMNS = 4
CELL = 384
GAP = 24
CAPTION = 44
INK, GROUND, QUIET = "#1c1b1a", "#faf8f5", "#76716b"


@dataclass(frozen=True)
class Shown:
    """The files that show a post: its folder, sheet, page, and one picture per candidate in their order."""

    folder: Path
    sheet: Path
    page: Path
    pictures: tuple[Path, ...]


def show(
    outbox: Path,
    store: PictureStore,
    post: Post,
    brief: dict[str, Any],
    candidates: Sequence[CandidateRow],
    publications: Sequence[PublicationRow] = (),
    approved: Sequence[int] = (),
) -> Shown:
    """Write (or write anew) the sheet, the page and the named pictures of a post."""
    folder = outbox / post.id
    folder.mkdir(parents=True, exist_ok=True)
    pictures = tuple(folder / f"candidate-{row.number}.png" for row in candidates)
    for path, row in zip(pictures, candidates, strict=True):
        link(store.path(row.picture), path)
    shown = Shown(folder, folder / "sheet.png", folder / "index.html", pictures)
    images = [Image.open(io.BytesIO(store.read(row.picture))) for row in candidates]
    labels = [f"{row.number}   seed {row.seed}   score {row.score:.2f}" for row in candidates]
    write_whole(shown.sheet, png(contact_sheet(images, labels, brief["prompt"])))
    write_whole(shown.page, page(post, brief, candidates, publications, approved).encode())
    return shown


def link(source: Path, target: Path) -> None:
    """A second name for a kept picture, or a copy where the file system has no links."""
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        write_whole(target, source.read_bytes())


def png(image: Image.Image) -> bytes:
    """The image as the bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def contact_sheet(images: Sequence[Image.Image], labels: Sequence[str], title: str) -> Image.Image:
    """All pictures in a grid, each with its label below, under a title."""
    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    width = GAP + columns * (CELL + GAP)
    height = GAP + CAPTION + rows * (CELL + CAPTION + GAP)
    sheet = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP - 4), fitting(draw, title, font(24), width - 2 * GAP), fill=INK, font=font(24))
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        left = GAP + index % columns * (CELL + GAP)
        top = GAP + CAPTION + index // columns * (CELL + CAPTION + GAP)
        sheet.paste(image.convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS), (left, top))
        draw.text((left, top + CELL + 10), fitting(draw, label, font(18), CELL), fill=QUIET, font=font(18))
    return sheet


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, so that a sheet looks the same on every machine."""
    return ImageFont.load_default(size)


def fitting(draw: ImageDraw.ImageDraw, text: str, face: Any, width: int) -> str:
    """The beginning of `text` that fits into `width` pixels."""
    if draw.textlength(text, face) <= width:
        return text
    while text and draw.textlength(text + "…", face) > width:
        text = text[:-1]
    return text + "…"


def page(
    post: Post,
    brief: dict[str, Any],
    candidates: Sequence[CandidateRow],
    publications: Sequence[PublicationRow],
    approved: Sequence[int],
) -> str:
    """The post's page; everything that people or models wrote is escaped."""
    template = string.Template(PAGE.read_text(encoding="utf-8"))
    escape = html.escape
    figures = "\n".join(
        f'<figure class="{"approved" if row.number in approved else ""}">'
        f'<img src="candidate-{row.number}.png" alt="{escape(brief["alt_text"])}">'
        f"<figcaption><b>{row.number}</b> seed {row.seed} · score {row.score:.3f}<br>"
        f"{escape(' '.join(filter(None, (verdict_words(row.verdicts), doubts(row)))))}</figcaption></figure>"
        for row in candidates
    )
    spans = "\n".join(
        f"<tr><td>{escape(span['text'])}</td><td>{escape(span['kind'])}</td><td>{escape(span['meaning'])}</td></tr>"
        for span in brief["spans"]
    )
    sent = "\n".join(
        f"<tr><td>{escape(row.network)}</td><td>{escape(row.state)}</td>"
        f"<td>{escape(row.url or row.error or f'at {row.due_at:%Y-%m-%d %H:%M} UTC')}</td></tr>"
        for row in publications
    )
    return template.substitute(
        post=escape(post.id),
        draft=escape(post.draft),
        normalized=escape(brief["normalized"]),
        prompt=escape(brief["prompt"]),
        negative=escape(", ".join(brief["negative"])),
        alt_text=escape(brief["alt_text"]),
        figures=figures,
        spans=spans,
        publications=sent or '<tr><td colspan="3">Not published yet.</td></tr>',
    )


def verdict_words(verdicts: Sequence[dict[str, Any]]) -> str:
    """All verdicts of a picture, a short sentence each."""
    return " ".join(f"{item['moderator']}: {item['decision']} ({item['reason']})." for item in verdicts)
