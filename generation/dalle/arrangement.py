"""The parameters of the decoder, arranged for drawing one code at a time.

What differs from training: projections of the same input are one product; on a CPU the weights lie as
`generation/kernels` reads them, or transposed where those do not serve.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from generation.dalle.config import DalleConfig
from generation.dalle.params import OurPath
from generation.files.leaf import in_own_pages
from generation.kernels import Kernels, PackedProduct, pack

Array = jax.Array


class Scaling(NamedTuple):
    """A norm's parameters; either may be absent."""

    scale: Array | None
    bias: Array | None


class KernelScaling(NamedTuple):
    """The same for `generation/kernels`."""

    scale: Array | None
    bias: Array | None


AnyScaling = Scaling | KernelScaling


class Product(NamedTuple):
    """A dense layer's parameters: kernel (in, out), bias (out,) or none."""

    kernel: Array
    bias: Array | None

    @property
    def dtype(self) -> Any:
        """What is computed in."""
        return self.kernel.dtype

    def __call__(self, x: Array) -> Array:
        """x (..., in) -> (..., out) in float32, if the kernel is of that or of bfloat16."""
        y = jnp.matmul(x, self.kernel, preferred_element_type=jnp.float32)
        return y if self.bias is None else y + self.bias


class TransposedProduct(NamedTuple):
    """The same with the kernel as (out, in): for few rows XLA's CPU backend is up to 1.7 times as fast with it.

    The barriers keep XLA from undoing the transpositions: contracting the other axes is several times slower.
    """

    kernel: Array
    bias: Array | None

    @property
    def dtype(self) -> Any:
        """What is computed in."""
        return self.kernel.dtype

    def __call__(self, x: Array) -> Array:
        """x (..., in) -> (..., out)."""
        columns = _keep(x.reshape(-1, x.shape[-1]).T)
        y = _keep(self.kernel @ columns).T.reshape(*x.shape[:-1], -1)
        return y if self.bias is None else y + self.bias


def _keep(x: Array) -> Array:
    kept: Array = jax.lax.optimization_barrier(x)  # type: ignore[no-untyped-call]
    return kept


# XLA's products on accelerators want depths of a multiple of this; other kernels it widens anew at each step, which
# reads and writes them once more. Mini's feed-forward is 2,730 wide.
_ACCELERATORS_TILE = 64
_BETWEEN_HALVES = {
    ("gate", "kernel"): 1,
    ("gate", "bias"): 0,
    ("up", "kernel"): 1,
    ("up", "bias"): 0,
    ("middle", "scale"): 0,
    ("middle", "bias"): 0,
    ("down", "kernel"): 0,
}
"""The parameters of a feed-forward with an axis between its halves, and which that is."""

AnyProduct = Product | TransposedProduct | PackedProduct


class AttentionWeights(NamedTuple):
    """One attention. `inputs` gives queries, keys and values side by side, or queries alone towards the text."""

    before: AnyScaling
    inputs: AnyProduct
    head_scale: Array | None
    output: AnyProduct
    after: AnyScaling | None


class LayerWeights(NamedTuple):
    """One decoder layer. `gate_up` gives both halves of the gated feed-forward side by side."""

    attention: AttentionWeights
    cross_attention: AttentionWeights
    text_keys_values: AnyProduct
    before: AnyScaling
    gate_up: AnyProduct
    middle: AnyScaling | None
    down: AnyProduct
    after: AnyScaling | None


class DecoderWeights(NamedTuple):
    """The decoder and its head."""

    tokens: Array
    positions: Array
    embedding_norm: AnyScaling
    layers: tuple[LayerWeights, ...]
    final_norm: AnyScaling | None
    head: AnyProduct

    @property
    def dtype(self) -> Any:
        """What products are computed in."""
        return self.head.dtype


def decoder_weights(
    config: DalleConfig,
    parameters: dict[OurPath, Any],
    dtype: Any,
    codebook_size: int | None = None,
    kernels: Kernels | None = None,
    backend: str | None = None,
) -> DecoderWeights:
    """Arrange the parameters of `DalleBart` for drawing, with products in `dtype`, on JAX's `backend` or its default.

    With `kernels` the weights are stored in `dtype`, which may be int8 then, and products are computed in float32.
    With a `codebook_size` only so many codes are scored: ids beyond are no codes of the VQGAN, and one of them turns
    its whole picture into NaN. Takes what it uses out of `parameters`, so that a large model is never held twice.
    Those may be NumPy's, which are joined without compiling anything, or JAX's.
    """
    on_cpu = (backend or jax.default_backend()) == "cpu"
    numpy = np if all(isinstance(array, np.ndarray) for array in parameters.values()) else jnp

    def scaling(*path: str | int) -> AnyScaling:
        scale, bias = (parameters.pop((*path, leaf), None) for leaf in ("scale", "bias"))
        return (Scaling if kernels is None else KernelScaling)(_device(scale), _device(bias))

    def placed(kernel: Any, bias: Any) -> AnyProduct:
        if kernels is not None:
            bias = None if bias is None else _device(bias.astype(np.float32))
            return pack(kernels, np.asarray(kernel), bias, dtype)
        kernel = kernel if kernel.dtype == dtype else kernel.astype(dtype)
        bias = None if bias is None else _device(bias.astype(dtype))
        if on_cpu:
            return TransposedProduct(_device(kernel.T), bias)
        return Product(_device(kernel), bias)

    def product(*paths: OurPath, factor: float = 1.0) -> AnyProduct:
        parts = [parameters.pop((*path, "kernel")) for path in paths]
        biases = [parameters.pop((*path, "bias"), None) for path in paths]
        parts[0] = parts[0] * factor if factor != 1.0 else parts[0]
        kernel = parts[0] if len(parts) == 1 else numpy.concatenate(parts, axis=1)
        return placed(kernel, None if biases[0] is None else numpy.concatenate([biases[0] * factor, *biases[1:]]))

    # The root of the head's width divides the queries once here, not at each step.
    query_factor = 1.0 / math.sqrt(config.d_model // config.decoder_attention_heads)
    has_after = config.ln_positions in ("normformer", "cogview")

    def attention(layer: int, name: str, inputs: tuple[str, ...]) -> AttentionWeights:
        place: OurPath = ("decoder", "layers", layer)
        return AttentionWeights(
            before=scaling(*place, f"before_{name}"),
            inputs=product(*((*place, name, part) for part in inputs), factor=query_factor),
            head_scale=_device(parameters.pop((*place, name, "head_scale"), None)),
            output=product((*place, name, "output")),
            after=scaling(*place, f"after_{name}") if has_after else None,
        )

    def layer_weights(layer: int) -> LayerWeights:
        place: OurPath = ("decoder", "layers", layer)
        feed_forward: OurPath = (*place, "feed_forward")
        gates = ("gate", "up") if config.use_glu else ("gate",)
        if not on_cpu:
            _widen(parameters, feed_forward, -config.decoder_ffn_dim % _ACCELERATORS_TILE)
        return LayerWeights(
            attention=attention(layer, "attention", ("query", "key", "value")),
            cross_attention=attention(layer, "cross_attention", ("query",)),
            text_keys_values=product(*((*place, "cross_attention", part) for part in ("key", "value"))),
            before=scaling(*feed_forward, "before"),
            gate_up=product(*((*feed_forward, gate) for gate in gates)),
            middle=scaling(*feed_forward, "middle") if config.ln_positions == "normformer" else None,
            down=product((*feed_forward, "down")),
            after=scaling(*feed_forward, "after") if config.ln_positions == "cogview" else None,
        )

    return DecoderWeights(
        tokens=_device(parameters.pop(("decoder", "tokens", "embedding"))),
        positions=_device(parameters.pop(("decoder", "positions", "embedding"))),
        embedding_norm=scaling("decoder", "embedding_norm"),
        layers=tuple(layer_weights(layer) for layer in range(config.decoder_layers)),
        final_norm=scaling("decoder", "final_norm") if config.use_final_ln_decoder else None,
        head=placed(parameters.pop(("head", "kernel"))[:, :codebook_size], None),
    )


def _widen(parameters: dict[OurPath, Any], feed_forward: OurPath, by: int) -> None:
    """Add so many columns of zeros between the halves of a feed-forward, which come to nothing behind it."""
    for part, axis in _BETWEEN_HALVES.items():
        array = parameters.get((*feed_forward, *part))
        if array is not None and by > 0:
            widths = [(0, by if index == axis else 0) for index in range(array.ndim)]
            numpy = np if isinstance(array, np.ndarray) else jnp
            parameters[*feed_forward, *part] = numpy.pad(array, widths)


def _device(array: Any) -> Any:
    return None if array is None else jax.device_put(in_own_pages(array) if isinstance(array, np.ndarray) else array)
