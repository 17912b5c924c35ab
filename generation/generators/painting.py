"""Codes to pixels, by a program that is made ready while the codes are still being drawn."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from flax import nnx

from generation.generators.placement import Placement
from generation.vqgan.modeling import Vqgan, to_uint8
from generation.vqgan.mosaic import code_colours

Codes = np.ndarray[Any, Any]
Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class PixelPainter:
    """A VQGAN's way from codes to pixels. There is a program for each number of pictures."""

    def __init__(self, vqgan: Vqgan, placement: Placement) -> None:
        self.reduction = vqgan.config.reduction
        self.codebook_size = vqgan.config.n_embed
        self._graph, state = nnx.split(vqgan)
        self._state = placement.everywhere(state)
        self._placement = placement
        self._programs: dict[tuple[int, ...], Future[jax.stages.Compiled]] = {}
        self._one_at_a_time = threading.Lock()

    def prepare(self, shape: tuple[int, ...]) -> Future[jax.stages.Compiled]:
        """Begin to compile for codes of this shape (N, L), in a thread, if that has not begun yet."""
        with self._one_at_a_time:
            if shape not in self._programs:
                pool = ThreadPoolExecutor(1, thread_name_prefix="pixels")
                self._programs[shape] = pool.submit(self._compile, shape)
                pool.shutdown(wait=False)
            return self._programs[shape]

    def paint(self, codes: Codes) -> Pixels:
        """Codes (N, L) -> pixels (N, Y, X, 3)."""
        padding = self._placement.batch_size(len(codes)) - len(codes)
        padded = np.concatenate([codes, np.repeat(codes[:1], padding, axis=0)])
        program = self.prepare(padded.shape).result()
        pixels: Pixels = np.asarray(program(self._state, self._placed(padded)))
        return pixels[: len(codes)]

    def code_colours(self) -> Pixels:
        """The colour of each code of the codebook, (codes, 3)."""
        return code_colours(self._graph, self._state)

    def _compile(self, shape: tuple[int, ...]) -> jax.stages.Compiled:
        return _paint.lower(self._graph, self._state, self._placed(np.zeros(shape))).compile()

    def _placed(self, codes: Codes) -> Any:
        return self._placement.by_picture(codes.astype(np.int32))


@jax.jit(static_argnums=0)
def _paint(vqgan: nnx.GraphDef[Vqgan], state: Any, codes: jax.Array) -> jax.Array:
    return to_uint8(nnx.merge(vqgan, state).decode_codes(codes))
