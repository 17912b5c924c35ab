"""The illustrations doodle learns from: openly licensed vectors, rasterised once into an atlas.

Sources, fetched by the user with npm and apt (see ``docs/doodle-training.md``) and never committed:

- Iconify packages of Fluent emoji (flat and colour), Noto emoji (1 and 2), FxEmojis, Flat Color Icons, Meteocons: MIT
  and Apache-2.0;
- Debian's ``openclipart-svg``: public domain; files that name the GPL are left out;
- ``emojibase-data`` gives every emoji its name and its tags.

An atlas is one zip archive: ``atlas.json`` (a list of sprites) and one lossless or lossy WebP per sprite, 144x144
with transparency, cropped to what is visible.
"""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generation.training.concepts import clean_label, concept_of_emoji, title_of_clipart, words_of_icon_name
from generation.training.errors import TrainingError

SPRITE_SIZE = 144
"""Pixels a side: a little over a scene's 128, so that a picture that fills the scene is never enlarged much."""

SUPERSAMPLING = 2
"""Vectors are drawn at twice the size and reduced, for clean edges."""

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
XLINK_NAMESPACE = "http://www.w3.org/1999/xlink"
NEAR_EQUAL_LIMIT = 6
"""Openclipart holds series of near-equal pictures; six of each (by the first twelve letters of the title) stay."""

EMOJI_SETS = {
    "fluent-emoji-flat": "flat",
    "fluent-emoji": "glossy",
    "noto": "cartoon",
    "noto-v1": "rounded",
    "fxemoji": "simple",
}
ICON_SETS = {"flat-color-icons": "icon", "meteocons": "weather"}
UNNAMED_GROUP = 8
"""Pictures that emojibase does not name are mostly symbols: its group for them."""
CLIPART_STYLE = "clip art"
CLIPART_FOLDERS_LEFT_OUT = frozenset({"logos", "buttons", "stars", "flags", "cards", "signs_and_symbols", "geography"})
SKIN_TONE = re.compile(
    r"[- ](?:light|dark|medium)(?:[- ](?:light|dark))?(?:[- ]skin[- ]tone)?(?:$|-)|skin-tone|-tone\d"
)
MINIMUM_VISIBLE = 0.04
"""Share of a sprite's pixels that must be opaque: thinner line drawings vanish at scene size."""
NEARLY_BLACK_SHARE = 0.45
"""Clip art with more than this share of its ink black is an engraving or a silhouette; the codes cannot draw it."""


@dataclass(frozen=True)
class Sprite:
    """One picture: where it is from, what it shows and how often it should be drawn relative to others."""

    source: str
    name: str
    style: str
    concept: str
    tags: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Atlas:
    """Sprites and their pixels: ``pixels`` is (count, 144, 144, 4) uint8, straight (not premultiplied) alpha."""

    sprites: tuple[Sprite, ...]
    pixels: np.ndarray

    def save(self, path: Path) -> None:
        """Write the archive through a temporary name, so that a killed run leaves no half atlas behind."""
        partial = path.with_suffix(".partial")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("atlas.json", json.dumps([asdict(sprite) for sprite in self.sprites]))
            for index, picture in enumerate(self.pixels):
                encoded = io.BytesIO()
                Image.fromarray(picture, "RGBA").save(encoded, "WEBP", quality=82, alpha_quality=80, method=4)
                archive.writestr(f"{index}.webp", encoded.getvalue())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Atlas:
        """Read an archive written by :meth:`save`.

        Raises:
            TrainingError: the file is missing or no atlas.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                rows = json.loads(archive.read("atlas.json"))
                pixels = np.zeros((len(rows), SPRITE_SIZE, SPRITE_SIZE, 4), np.uint8)
                for index in range(len(rows)):
                    picture = Image.open(io.BytesIO(archive.read(f"{index}.webp"))).convert("RGBA")
                    pixels[index] = np.asarray(picture)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise TrainingError(
                f"{path} is no sprite atlas ({error}); build it with `easel train doodle --stage data`"
            ) from error
        sprites = tuple(Sprite(**{**row, "tags": tuple(row["tags"])}) for row in rows)
        return cls(sprites, pixels)


def collect_vectors(icon_root: Path, clipart_root: Path | None) -> Iterator[tuple[Sprite, bytes]]:
    """Every usable picture as (description, SVG bytes), in a fixed order.

    Args:
        icon_root: a ``node_modules`` folder that holds ``@iconify-json/*`` and ``emojibase-data``.
        clipart_root: the ``svg`` folder of openclipart, or None to do without.

    Raises:
        TrainingError: a package is missing.
    """
    emoji = _read_json(icon_root / "emojibase-data/en/data.json")
    by_name = {_compact(entry["label"]): entry for entry in emoji}
    for source, style in EMOJI_SETS.items():
        yield from _emoji_vectors(icon_root / "@iconify-json" / source, source, style, by_name)
    for source, style in ICON_SETS.items():
        yield from _icon_vectors(icon_root / "@iconify-json" / source, source, style)
    if clipart_root is not None:
        yield from _clipart_vectors(clipart_root)


def build_atlas(vectors: Iterable[tuple[Sprite, bytes]]) -> Atlas:
    """Rasterise every picture; those that do not draw, or hardly show, are left out."""
    sprites: list[Sprite] = []
    pictures: list[np.ndarray] = []
    for sprite, svg in vectors:
        picture = rasterise(svg)
        if picture is not None and _is_drawable(picture, sprite.style):
            sprites.append(sprite)
            pictures.append(picture)
    if not sprites:
        raise TrainingError("no picture could be drawn: are skia-python and the icon packages installed?")
    return Atlas(tuple(sprites), np.stack(pictures))


def rasterise(svg: bytes) -> np.ndarray | None:
    """One SVG as (144, 144, 4) uint8, cropped to what is visible and centred; None if nothing shows."""
    picture = _draw_with_skia(svg)
    if picture is None or not picture[..., 3].any():
        picture = _draw_with_cairo(svg)
    if picture is None:
        return None
    visible = picture[..., 3] > 8
    if not visible.any():
        return None
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    cropped = Image.fromarray(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], "RGBA")
    scale = SPRITE_SIZE / max(cropped.size)
    size = (max(1, round(cropped.width * scale)), max(1, round(cropped.height * scale)))
    canvas = Image.new("RGBA", (SPRITE_SIZE, SPRITE_SIZE))
    reduced = cropped.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    canvas.paste(reduced, ((SPRITE_SIZE - size[0]) // 2, (SPRITE_SIZE - size[1]) // 2))
    return np.asarray(canvas)


def _emoji_vectors(
    folder: Path, source: str, style: str, by_name: dict[str, dict[str, Any]]
) -> Iterator[tuple[Sprite, bytes]]:
    import wordninja

    icons = _read_json(folder / "icons.json")
    for name, icon in icons["icons"].items():
        entry = by_name.get(_compact(name))
        if entry is None and "-" not in name:  # FxEmojis writes its names without a gap
            entry = {"label": " ".join(wordninja.split(name)), "group": UNNAMED_GROUP}
        if entry is None or SKIN_TONE.search(name):
            continue
        concept = concept_of_emoji(entry)
        if concept is not None:
            label, tags, weight = concept
            yield Sprite(source, name, style, label, tags, weight), _icon_svg(icon, icons)


def _compact(name: str) -> str:
    """A name without everything in which emojibase and the icon sets differ."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _icon_vectors(folder: Path, source: str, style: str) -> Iterator[tuple[Sprite, bytes]]:
    icons = _read_json(folder / "icons.json")
    for name, icon in icons["icons"].items():
        label, weight = words_of_icon_name(name, source)
        if label:
            yield Sprite(source, name, style, label, (), weight), _icon_svg(icon, icons)


def _icon_svg(icon: dict[str, Any], icons: dict[str, Any]) -> bytes:
    box = [
        icon.get(key, icons.get(key, default))
        for key, default in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
    ]
    return (
        f'<svg xmlns="{SVG_NAMESPACE}" xmlns:xlink="{XLINK_NAMESPACE}" width="{box[2]}" height="{box[3]}" '
        f'viewBox="{box[0]} {box[1]} {box[2]} {box[3]}">{icon["body"]}</svg>'
    ).encode()


def _clipart_vectors(root: Path) -> Iterator[tuple[Sprite, bytes]]:
    ElementTree.register_namespace("", SVG_NAMESPACE)
    ElementTree.register_namespace("xlink", XLINK_NAMESPACE)
    seen: dict[str, int] = {}
    for path in sorted(root.rglob("*.svg")):
        if CLIPART_FOLDERS_LEFT_OUT.intersection(path.relative_to(root).parts):
            continue
        svg = path.read_bytes()
        if b"GPL" in svg or b"General Public License" in svg:
            continue
        try:
            document = ElementTree.fromstring(svg)  # noqa: S314 - Debian's own package
        except ElementTree.ParseError:
            continue
        title, tags = title_of_clipart(document, path)
        key = title[:12]
        seen[key] = seen.get(key, 0) + 1
        if not title or seen[key] > NEAR_EQUAL_LIMIT:
            continue
        sprite = Sprite("openclipart", path.stem, CLIPART_STYLE, clean_label(title), tags, 0.25)
        yield sprite, ElementTree.tostring(document)


def _draw_with_skia(svg: bytes) -> np.ndarray | None:
    import skia  # type: ignore[import-not-found]

    document = skia.SVGDOM.MakeFromStream(skia.MemoryStream(svg))
    if document is None:
        return None
    width, height = document.containerSize().width(), document.containerSize().height()
    if not (0 < width < 1e5 and 0 < height < 1e5):
        width = height = SPRITE_SIZE
    scale = SUPERSAMPLING * SPRITE_SIZE / max(width, height)
    surface = skia.Surface(max(1, round(width * scale)), max(1, round(height * scale)))
    with surface as canvas:
        canvas.clear(skia.ColorTRANSPARENT)
        canvas.scale(scale, scale)
        document.render(canvas)
    picture: np.ndarray = surface.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType)
    return picture


def _draw_with_cairo(svg: bytes) -> np.ndarray | None:
    import cairosvg

    try:
        encoded = cairosvg.svg2png(svg, output_width=SUPERSAMPLING * SPRITE_SIZE)
        return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGBA"))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, ElementTree.ParseError, OSError):
        return None  # what CairoSVG raises on drawings it cannot follow is not documented; the picture is left out


def _is_drawable(picture: np.ndarray, style: str) -> bool:
    opaque = picture[..., 3] > 128
    if opaque.mean() < MINIMUM_VISIBLE:
        return False
    if style != CLIPART_STYLE:
        return True
    ink = picture[opaque][:, :3].astype(np.int32)
    black = (ink.max(1) < 60).mean()
    colourful = (ink.max(1) - ink.min(1) > 40).mean()
    return bool(black < NEARLY_BLACK_SHARE and colourful > 0.2)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise TrainingError(
            f"{path} is missing: install the icon packages first (docs/doodle-training.md, 'Data')"
        ) from error
