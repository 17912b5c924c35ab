"""What the goldens of a VQGAN and of a CLIP hold, computed by our networks.

Keys, definitions and tolerances are those of tests/data/oracle/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np
from flax import nnx
from PIL import Image

from generation.checking.golden_file import Array, Computed, Missing
from generation.checking.networks import Networks
from generation.checking.report import EXACT, Tolerance
from generation.clip.modeling import Clip
from generation.clip.scoring import prepare
from generation.vqgan.modeling import Vqgan, to_uint8

VQGAN_KEYS = frozenset({"pre_quant", "indices", "quant_states", "reconstruction", "code", "code_other_grid"})
VQGAN_INPUTS = frozenset({"pixel_values", "code", "code_other_grid"})

CLIP_KEYS = frozenset({"text_embeds", "image_embeds", "logits_per_image", "logits_per_text"})
CLIP_INPUTS = frozenset({"input_ids", "attention_mask", "images_uint8"})

_ONE_LEVEL = Tolerance(1.0)  # of 255


class VqganGoldens:
    """Each step starts from the golden result of the one before, where the file has it."""

    def __init__(self, networks: Networks, golden: Mapping[str, Array]) -> None:
        self._networks = networks
        self._golden = golden

    def computed(self) -> Computed:
        """How each key is computed. `codes` and `images_uint8` are those of an end-to-end case."""
        painted = "codes" if "codes" in self._golden else "code"
        return {
            "pre_quant": lambda: (self._encoded, Tolerance(2e-4)),
            "indices": lambda: (self._indices, EXACT),
            "quant_states": lambda: (self._quantised, EXACT),
            "reconstruction": lambda: (
                _decode(*self._split, self._given("quant_states", "_quantised")),
                Tolerance(1e-4),
            ),
            "decoded": lambda: (self._decoded(painted), Tolerance(1e-4)),
            "decoded_clip_uint8": lambda: (to_uint8(self._decoded(painted)), _ONE_LEVEL),
            "images_uint8": lambda: (to_uint8(self._decoded(painted)), _ONE_LEVEL),
            "decoded_other_grid": lambda: (self._decoded("code_other_grid"), Tolerance(1e-4)),
        }

    @cached_property
    def _split(self) -> tuple[Any, Any]:
        return nnx.split(self._networks.vqgan)

    def _given(self, key: str, ours: str) -> Array:
        return self._golden[key] if key in self._golden else getattr(self, ours)

    @cached_property
    def _encoded(self) -> Array:
        return np.asarray(_encode(*self._split, _need(self._golden, "pixel_values")))

    @cached_property
    def _indices(self) -> Array:
        return np.asarray(_nearest(*self._split, self._given("pre_quant", "_encoded")))

    @cached_property
    def _quantised(self) -> Array:
        return np.asarray(_look_up(*self._split, self._given("indices", "_indices")))

    def _decoded(self, codes: str) -> Any:
        return _decode(*self._split, _look_up(*self._split, _need(self._golden, codes)))


class ClipGoldens:
    """The two towers from the golden inputs, and the pictures' preparation from the golden pictures."""

    def __init__(self, networks: Networks, golden: Mapping[str, Array]) -> None:
        self._networks = networks
        self._golden = golden

    def computed(self) -> Computed:
        """How each key is computed."""
        return {
            # 1e-6 with this resampler; the README allows for another one.
            "pixel_values": lambda: (self._prepared, Tolerance(2e-2)),
            "text_embeds": lambda: (self._texts, Tolerance(1e-5)),
            "image_embeds": lambda: (self._images, Tolerance(1e-5)),
            "logits_per_image": lambda: (self._scores, Tolerance(1e-4)),
            "logits_per_text": lambda: (self._scores.T, Tolerance(1e-4)),
        }

    @cached_property
    def _split(self) -> tuple[Any, Any]:
        return nnx.split(self._networks.clip)

    @cached_property
    def _prepared(self) -> Array:
        pictures = [Image.fromarray(pixels) for pixels in _need(self._golden, "images_uint8")]
        return prepare(pictures, self._networks.clip.config.image_size).transpose(0, 3, 1, 2)

    @property
    def _given_or_prepared(self) -> Array:
        given = self._golden.get("pixel_values")
        return self._prepared if given is None else given

    @cached_property
    def _images(self) -> Array:
        return np.asarray(_image_vectors(*self._split, self._given_or_prepared.transpose(0, 2, 3, 1)))

    @cached_property
    def _texts(self) -> Array:
        ids, mask = (_need(self._golden, key) for key in ("input_ids", "attention_mask"))
        return np.asarray(_text_vectors(*self._split, ids, mask))

    @cached_property
    def _scores(self) -> Array:
        return np.asarray(self._networks.clip.fit(jax.numpy.asarray(self._images), jax.numpy.asarray(self._texts)))


def decode_codes(vqgan: Vqgan, codes: Array) -> Array:
    """codes (B, L) -> pixels (B, Y, X, 3) in float32, not clipped."""
    split = nnx.split(vqgan)
    return np.asarray(_decode(*split, _look_up(*split, codes)))


def _need(golden: Mapping[str, Array], key: str) -> Array:
    if key not in golden:
        raise Missing(f"{key} in the golden file")
    return golden[key]


@partial(jax.jit, static_argnums=0)
def _encode(graph: nnx.GraphDef[Vqgan], parameters: Any, pixels: Any) -> jax.Array:
    return nnx.merge(graph, parameters).encode(pixels)


@partial(jax.jit, static_argnums=0)
def _nearest(graph: nnx.GraphDef[Vqgan], parameters: Any, vectors: Any) -> jax.Array:
    return nnx.merge(graph, parameters).nearest_codes(vectors)


@partial(jax.jit, static_argnums=0)
def _look_up(graph: nnx.GraphDef[Vqgan], parameters: Any, codes: Any) -> jax.Array:
    return nnx.merge(graph, parameters).look_up(codes)


@partial(jax.jit, static_argnums=0)
def _decode(graph: nnx.GraphDef[Vqgan], parameters: Any, vectors: Any) -> jax.Array:
    return nnx.merge(graph, parameters).decode(vectors)


@partial(jax.jit, static_argnums=0)
def _image_vectors(graph: nnx.GraphDef[Clip], parameters: Any, pixels: Any) -> jax.Array:
    return nnx.merge(graph, parameters).vision(pixels)


@partial(jax.jit, static_argnums=0)
def _text_vectors(graph: nnx.GraphDef[Clip], parameters: Any, ids: Any, mask: Any) -> jax.Array:
    return nnx.merge(graph, parameters).text(ids, mask)
