from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from moderation import Decision, Moderators, Policy
from moderation.pictures.text_in_picture import contrast

pytest.importorskip("rapidocr")


def poster(*lines: str, ink: str = "black", ground: str = "white") -> Image.Image:
    image = Image.new("RGB", (512, 384), ground)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        draw.text((40, 60 + 110 * row), line, fill=ink, font=ImageFont.load_default(48))
    return image


@pytest.fixture(scope="module")
def reading() -> Moderators:
    shipped = Policy.load()
    return Moderators(replace(shipped, text=("rules", "personal-data"), pictures=("text-in-picture",)))


def test_text_in_a_picture_is_judged_and_its_line_pointed_at(reading: Moderators) -> None:
    (verdict,) = reading.judge_picture(poster("GOOD MORNING", "KILL YOURSELF"))
    assert verdict.decision is Decision.BLOCK
    assert verdict.category == "self-harm"
    assert verdict.box is not None
    left, top, right, bottom = verdict.box
    assert 130 < top < bottom < 260
    assert left < right


def test_harmless_text_and_no_text_pass(reading: Moderators) -> None:
    for image in (poster("GOOD MORNING", "coffee is ready"), Image.linear_gradient("L").convert("RGB")):
        (verdict,) = reading.judge_picture(image)
        assert verdict.decision is Decision.ALLOW


def test_text_that_can_hardly_be_read_is_shown_to_a_person(reading: Moderators) -> None:
    (verdict,) = reading.judge_picture(poster("GOOD MORNING", ink="#999999", ground="#cccccc"))
    assert verdict.decision is Decision.REVIEW
    assert verdict.category == "contrast"


@pytest.mark.parametrize(
    ("dark", "light", "ratio"), [((0, 0, 0), (255, 255, 255), 21), ((118, 118, 118), (255, 255, 255), 4.54)]
)
def test_contrast_is_the_one_of_the_web_guidelines(dark: tuple[int, ...], light: tuple[int, ...], ratio: float) -> None:
    pixels = np.array([[dark, light]] * 10, np.float64) / 255
    assert contrast(pixels) == pytest.approx(ratio, abs=0.01)
