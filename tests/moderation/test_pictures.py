import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from moderation import Decision, Moderators, PictureError, decide
from moderation.pictures.reading import MAXIMUM_PIXELS, flatten, read_picture


def drawing(side: int = 256) -> Image.Image:
    image = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse((side // 4, side // 4, side // 2, side // 2), fill="orange")
    draw.rectangle((side // 2, side // 2, side - 20, side - 40), fill="navy")
    return image


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


def png_head(width: int, height: int) -> bytes:
    """A PNG that claims a size, with hardly any data behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    pieces = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in pieces
    )


def test_a_harmless_drawing_passes(moderators: Moderators) -> None:
    assert decide(moderators.judge_picture(drawing())) is Decision.ALLOW


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1", "I;16", "LA"])
def test_every_kind_of_picture_is_looked_at(moderators: Moderators, mode: str) -> None:
    image = drawing().convert("L").convert("I").convert("I;16") if mode == "I;16" else drawing().convert(mode)
    verdicts = moderators.judge_picture(image)
    assert not [verdict.reason for verdict in verdicts if "failed" in verdict.reason]


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (256, 256), "white"),
        Image.new("RGBA", (256, 256), (255, 0, 0, 0)),
        Image.fromarray(np.random.default_rng(0).integers(120, 123, (256, 256, 3), np.uint8)),
        Image.new("RGB", (300, 3), "red"),
    ],
    ids=["white", "transparent", "nearly grey", "a line"],
)
def test_blank_pictures_are_shown_to_a_person(moderators: Moderators, image: Image.Image) -> None:
    verdicts = moderators.judge_picture(image)
    assert decide(verdicts) is Decision.REVIEW
    assert any(verdict.category == "blank" for verdict in verdicts)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"not a picture at all",
        encoded(drawing())[:300],
        encoded(drawing(), "JPEG")[:200],
        encoded(drawing(), "BMP"),
        encoded(drawing(), "TIFF"),
        png_head(40_000, 40_000),
        png_head(1, 50_000),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(drawing()).replace(b"IDAT", b"IDAX", 1),
    ],
    ids=["empty", "head", "noise", "cut png", "cut jpeg", "bmp", "tiff", "bomb", "long", "svg", "broken chunk"],
)
def test_what_is_no_sound_picture_is_blocked_with_the_reason(moderators: Moderators, data: bytes) -> None:
    (verdict,) = moderators.judge_picture(data)
    assert verdict.decision is Decision.BLOCK
    assert verdict.category == "broken"
    assert verdict.reason.startswith("the picture:")


def test_a_bomb_is_refused_by_its_head_before_anything_is_decoded() -> None:
    with pytest.raises(PictureError, match=f"limit of {MAXIMUM_PIXELS:,}"):
        read_picture(png_head(32_000, 32_000))
    with pytest.raises(PictureError, match=f"limit of {MAXIMUM_PIXELS:,}"):
        read_picture(png_head(10_000, 10_000))


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"missing\.png: cannot be read"):
        read_picture(tmp_path / "missing.png")


def test_a_picture_file_is_judged_like_the_picture(moderators: Moderators, tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(drawing()))
    first = {verdict.moderator: verdict.scores for verdict in moderators.judge_picture(path)}
    second = {verdict.moderator: verdict.scores for verdict in moderators.judge_picture(drawing())}
    assert first == second


def test_transparent_parts_are_seen_on_white() -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert flatten(image).getpixel((0, 0)) == (255, 255, 255)
