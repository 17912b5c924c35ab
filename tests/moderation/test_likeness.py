import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from moderation import Decision, ModerationError, Moderators, Policy, PolicyError
from moderation.pictures.likeness import NearDuplicates, fingerprint
from moderation.pictures.nsfwjs import NsfwJs, load_weights


def picture(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    return Image.fromarray(noise).resize((300, 300), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    return Image.open(file)


@pytest.fixture
def known(tmp_path: Path) -> Moderators:
    (tmp_path / "people").mkdir()
    picture(1).save(tmp_path / "people" / "the boss.png")
    picture(2).save(tmp_path / "logo.jpg")
    policy = replace(
        Policy.load(), pictures=("rejected-before",), options={"rejected-before": {"folder": str(tmp_path)}}
    )
    return Moderators(policy)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: image.resize((123, 123)),
        jpeg,
        ImageOps.mirror,
        lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    ],
    ids=["same", "smaller", "compressed", "mirrored", "brighter"],
)
def test_a_picture_not_to_be_used_is_known_again(known: Moderators, change) -> None:
    (verdict,) = known.judge_picture(change(picture(1)))
    assert verdict.decision is Decision.REVIEW
    assert "the boss.png" in verdict.reason


def test_other_pictures_are_not_taken_for_it(known: Moderators) -> None:
    assert all(known.judge_picture(picture(seed))[0].decision is Decision.ALLOW for seed in range(3, 40))


def test_no_known_pictures_is_no_finding() -> None:
    assert NearDuplicates({}).examine(picture(1)) == []


def test_fingerprints_kept_elsewhere_may_be_handed_in() -> None:
    (finding,) = NearDuplicates({fingerprint(picture(5)): "rejected on Monday"}).examine(picture(5))
    assert finding.score == 1.0
    assert "rejected on Monday" in finding.reason


def test_a_missing_folder_is_said() -> None:
    policy = replace(Policy.load(), options={"rejected-before": {"folder": "/nowhere"}})
    with pytest.raises(PolicyError, match="/nowhere: no such folder"):
        NearDuplicates.load(policy)


@pytest.fixture(scope="module")
def nsfwjs() -> NsfwJs:
    return NsfwJs.load(Policy.load())


def test_nsfwjs_gives_the_probabilities_of_the_published_javascript(nsfwjs: NsfwJs) -> None:
    """Expected: npm nsfwjs 4.3.0's model in @tensorflow/tfjs 4 on the same pixels."""
    y, x = np.mgrid[0:256, 0:256]
    pixels = np.stack([(x * 7 + y * 3) % 256, (x * y) % 256, 255 - (((x - y) ** 2) >> 4) % 256], -1).astype(np.uint8)
    found = nsfwjs.probabilities(Image.fromarray(pixels))
    assert list(found.values()) == pytest.approx([0.080546, 0.020739, 0.854320, 0.035826, 0.008569], abs=1e-4)
    found = nsfwjs.probabilities(Image.new("RGB", (64, 64), (204, 204, 204)))
    assert list(found.values()) == pytest.approx([0.794755, 0.027088, 0.164794, 0.011251, 0.002112], abs=1e-4)


def test_nsfwjs_passes_a_harmless_picture(nsfwjs: NsfwJs) -> None:
    (finding,) = nsfwjs.examine(picture(1))
    assert finding.score < 0.5


def test_damaged_nsfwjs_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModerationError, match="damaged"):
        load_weights(tmp_path / "weights.safetensors")
