"""Upscaled pictures are those of the published network, whatever the number, the size and the mode of the pictures."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from generation.errors import DrawingError, ModelFileError
from generation.files.weights import read_weights, write_safetensors
from generation.upscale import Upscaler
from generation.upscale.network import WEIGHTS, load_parameters
from generation.upscale.winograd import convolve, from_phases, to_phases, transform_kernels

# Inputs drawn by doodle; outputs of the original weights in ncnn 1.0.20261020, float32, rounded to bytes.
PICTURES = Path(__file__).parent.parent / "data" / "upscale"


@pytest.fixture(scope="module")
def upscaler() -> Upscaler:
    return Upscaler.load()


def picture(name: str) -> Image.Image:
    with Image.open(PICTURES / f"{name}.png") as opened:
        return opened.convert("RGB")


def furthest(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max())


@pytest.mark.parametrize("name", ["rocket", "camera"])
def test_four_times_as_large_is_what_ncnn_makes_of_the_same_weights(upscaler: Upscaler, name: str) -> None:
    (enlarged,) = upscaler.upscale([picture(name)], 4)
    assert furthest(enlarged, picture(f"{name}-x4")) <= 1


def test_twice_as_large_is_the_mean_of_four_times_as_large(upscaler: Upscaler) -> None:
    (doubled,) = upscaler.upscale([picture("camera")], 2)
    assert doubled.size == (128, 128)
    assert furthest(doubled, picture("camera-x4").resize((128, 128), Image.Resampling.BOX)) <= 1


def test_pictures_keep_their_order_and_do_not_depend_on_each_other(upscaler: Upscaler) -> None:
    one, other = picture("camera"), picture("camera").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    together = upscaler.upscale([one, other, one])
    alone = [upscaler.upscale([image])[0] for image in (one, other)]
    assert [image.tobytes() for image in together] == [image.tobytes() for image in (*alone, alone[0])]
    assert upscaler.upscale([]) == []


@pytest.mark.parametrize("size", [(50, 33), (1, 1), (64, 5)])
def test_any_size_up_to_the_limit_is_enlarged_whole(upscaler: Upscaler, size: tuple[int, int]) -> None:
    (enlarged,) = upscaler.upscale([picture("camera").crop((0, 0, *size))], 4)
    assert enlarged.size == (4 * size[0], 4 * size[1])


def test_padding_changes_only_what_lies_near_the_edge(upscaler: Upscaler) -> None:
    (whole,) = upscaler.upscale([picture("camera")], 4)
    (cut,) = upscaler.upscale([picture("camera").crop((0, 0, 60, 60))], 4)
    inside = (0, 0, 4 * 30, 4 * 30)  # the network sees 18 pixels far
    assert furthest(whole.crop(inside), cut.crop(inside)) <= 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_other_modes_come_back_as_rgb(upscaler: Upscaler, mode: str) -> None:
    (enlarged,) = upscaler.upscale([picture("camera").convert(mode)], 2)
    assert enlarged.mode == "RGB"


@pytest.mark.parametrize("factor", [0, 1, 3, -4, 8])
def test_another_factor_is_refused(upscaler: Upscaler, factor: int) -> None:
    with pytest.raises(DrawingError, match="2 or 4 times"):
        upscaler.upscale([picture("camera")], factor)


def test_a_picture_over_the_limit_is_refused_before_any_is_enlarged(upscaler: Upscaler) -> None:
    with pytest.raises(DrawingError, match="513x1"):
        upscaler.upscale([picture("camera"), Image.new("RGB", (513, 1))])


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    weights = read_weights(WEIGHTS)
    weights.pop("layer_03/slope")
    write_safetensors(tmp_path / "w.safetensors", weights)
    with pytest.raises(ModelFileError, match=r"w\.safetensors: layer_03/slope"):
        load_parameters(tmp_path / "w.safetensors")


@pytest.mark.parametrize(("height", "width", "c", "o"), [(4, 4, 1, 1), (4, 12, 3, 2), (8, 4, 2, 5), (12, 8, 3, 1)])
def test_winograd_gives_what_the_direct_convolution_gives(height: int, width: int, c: int, o: int) -> None:
    random = np.random.default_rng(height + width)
    x = random.normal(size=(height, width, c)).astype(np.float32)
    kernel = random.normal(size=(3, 3, c, o)).astype(np.float32)
    ours = jax.jit(lambda x, k: from_phases(convolve(to_phases(x), k)))(x, transform_kernels(kernel[None])[0])
    direct = jax.lax.conv_general_dilated(
        x[None], kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"), precision="highest"
    )[0]
    np.testing.assert_allclose(ours, direct, atol=1e-4)
