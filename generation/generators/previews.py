"""What growing pictures look like: a mosaic of their codes' colours, or painted as they are so far."""

from __future__ import annotations

import math
import os
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from generation.generators.painting import Codes, PixelPainter, Pixels

BLANK = 235
"""The grey of what is not drawn yet, of 255."""


class Previews:
    """Shows codes that are drawn in part; `kept` is the file beside the compiled programs for the codes' colours."""

    def __init__(self, painter: PixelPainter, kept: Path | None) -> None:
        self._painter = painter
        self._kept = kept

    def pictures(self, codes: Codes, step: int, *, painted: bool) -> tuple[Image.Image, ...]:
        """Codes (N, L), of which `step` are drawn -> pictures with the rest left blank."""
        side = math.isqrt(codes.shape[1])
        scale = self._painter.reduction
        codes = codes.copy()
        codes[:, step:] = codes[:, step - 1 : step]
        if painted:
            pixels = self._painter.paint(codes).copy()
        else:
            mosaic = self._colours[codes].reshape(len(codes), side, side, 3)
            pixels = mosaic.repeat(scale, axis=1).repeat(scale, axis=2)
        drawn = (np.arange(codes.shape[1]) < step).reshape(side, side)
        pixels[:, ~drawn.repeat(scale, 0).repeat(scale, 1)] = BLANK
        return tuple(Image.fromarray(picture) for picture in pixels)

    @cached_property
    def _colours(self) -> Pixels:
        """The colour of each code, (codes, 3)."""
        if self._kept is None:
            return self._painter.code_colours()
        try:
            kept: Pixels = np.load(self._kept, allow_pickle=False)
            return kept.reshape(self._painter.codebook_size, 3).astype(np.uint8)
        except (OSError, ValueError, EOFError):  # not there yet, or damaged: it is only a cache
            colours = self._painter.code_colours()
        part = self._kept.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            np.save(file, colours)
        part.replace(self._kept)
        return colours
