"""The upscaling stage: PIL pictures in, PIL pictures out, two or four times as large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from generation.errors import DrawingError
from generation.upscale.network import SCALE, Parameters, enlarge, load_parameters

# Each new size is compiled for a second or more, so sizes are rounded up to few; 512 px become 2,048 within 1 GB.
_SIZES_STEP = 64
_LARGEST_SIDE = 512


@dataclass(frozen=True)
class Upscaler:
    """realesr-animevideov3 with its weights in memory (10 MB)."""

    parameters: Parameters = field(repr=False)

    @classmethod
    def load(cls) -> Upscaler:
        """Read the weights that lie beside the code. Raises ModelFileError if they are damaged."""
        return cls(load_parameters())

    def upscale(self, images: Sequence[Image.Image], factor: int = SCALE) -> list[Image.Image]:
        """Make each picture `factor` (2 or 4) times as large; RGB in, RGB out, in the same order.

        Pictures go one by one: that is as fast as a batch, its features stay in the processor's cache, and one program
        serves any number. Raises DrawingError for another factor or a picture over 512 pixels a side.
        """
        if factor not in (2, SCALE):
            raise DrawingError(f"Pictures can be made 2 or {SCALE} times as large, not {factor}.")
        for image in images:
            if not 0 < max(image.size) <= _LARGEST_SIDE:
                raise DrawingError(
                    f"A picture of {image.width}x{image.height} is not upscaled; up to {_LARGEST_SIDE} a side are."
                )
        enlarged = [enlarge(self.parameters, _padded(image)) for image in images]
        return [
            _finished(np.asarray(pixels), image.size, factor) for pixels, image in zip(enlarged, images, strict=True)
        ]


def _padded(image: Image.Image) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """(height, width, 3) uint8, its last row and column repeated up to a size that is compiled for."""
    pixels = np.asarray(image.convert("RGB"))
    rows, columns = (-side % _SIZES_STEP for side in pixels.shape[:2])
    return np.pad(pixels, ((0, rows), (0, columns), (0, 0)), mode="edge")


def _finished(
    pixels: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]], size: tuple[int, int], factor: int
) -> Image.Image:
    """Cut the padding off; half of the size is the mean of each 2x2 block, which neither blurs nor rings."""
    width, height = size
    picture = Image.fromarray(pixels[: height * SCALE, : width * SCALE])
    return picture if factor == SCALE else picture.reduce(SCALE // factor)
