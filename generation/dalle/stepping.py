"""One step of the decoder with a cache: the network of `modeling.py`, arranged for drawing.

Axes: S sides of the guidance (with the prompt, without it), N pictures, D width, H heads, K width of a head, L image
positions, T text positions, V scores. G groups of P pictures share their texts, N = G * P.

What differs from training: projections of the same input are one product; keys and values of the text are computed
once for each distinct text; keys and values of the picture lie in a cache of fixed size; on a CPU the weights lie as
`generation/kernels` reads them, or transposed where those do not serve.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from generation.dalle.config import DalleConfig
from generation.dalle.modeling import ACTIVATIONS, EPSILON, normalise
from generation.dalle.params import OurPath
from generation.files.leaf import in_own_pages
from generation.kernels import (
    Kernels,
    PackedProduct,
    attend_in_cache,
    attend_to_text,
    empty_caches,
    normalise_rows,
    pack,
)

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


class TextMemory(NamedTuple):
    """What the decoder needs of the texts: for each layer keys and values (S, G, H, T, K); which positions count."""

    keys: tuple[Array, ...]
    values: tuple[Array, ...]
    seen: Array  # (S, G, 1, 1, T), bool


PictureMemory = tuple[Array, ...]
"""Keys and values of the positions drawn so far: for each layer (S, N, H, L, 2, K)."""


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


def remember_text(config: DalleConfig, weights: DecoderWeights, text: Array, mask: Array) -> TextMemory:
    """Encoded texts (S, G, T, D) and their mask (S, G, T) -> keys and values for every layer."""
    heads = config.decoder_attention_heads
    keys, values = [], []
    for layer in weights.layers:
        both = layer.text_keys_values(text).astype(weights.dtype)
        both = both.reshape(*both.shape[:3], 2, heads, -1)
        both = both.transpose(3, 0, 1, 4, 2, 5)
        keys.append(both[0])
        values.append(both[1])
    return TextMemory(tuple(keys), tuple(values), (mask > 0)[:, :, None, None, :])


def empty_memory(config: DalleConfig, weights: DecoderWeights, sides: int, pictures: int) -> PictureMemory:
    """A cache for `image_length` positions of this many rows."""
    heads = config.decoder_attention_heads
    shape = (sides, pictures, heads, config.image_length, 2, config.d_model // heads)
    if isinstance(weights.head, PackedProduct):
        return empty_caches(config.decoder_layers, shape)
    # Each layer needs an array of its own: it is changed in place.
    return tuple(jnp.zeros(shape, weights.dtype) for _ in range(config.decoder_layers))


def step(
    config: DalleConfig,
    weights: DecoderWeights,
    text: TextMemory,
    memory: PictureMemory,
    codes: Array,
    position: Array,
) -> tuple[Array, PictureMemory]:
    """The code before `position`, for each picture -> scores of the code at `position`.

    codes (N,) int32, the start token at position 0; position () int32. Returns scores (S, N, V) in float32 and the
    memory with this position in it.
    """
    x = embed(config, weights, codes, position)
    seen = jnp.arange(config.image_length) <= position

    def attend(layer: AttentionWeights, x: Array, cache: Array) -> tuple[Array, Array]:
        return _attend_to_picture(config, layer, x, cache, seen, position)

    return through_layers(config, weights, text, memory, x, attend)


def embed(config: DalleConfig, weights: DecoderWeights, codes: Array, positions: Array) -> Array:
    """codes (N,) and their positions, (N,) or () -> (N, D)."""
    scale = math.sqrt(config.d_model) if config.scale_embedding else 1.0
    x = weights.tokens[codes] * scale + weights.positions[positions]
    return _norm(config, weights.embedding_norm, x).astype(weights.dtype)


Attend = Callable[[AttentionWeights, Array, Array], tuple[Array, Array]]
"""Weights, x (S, N, D), a layer's cache -> what is attended to (S, N, D), and the new cache."""


def through_layers(
    config: DalleConfig,
    weights: DecoderWeights,
    text: TextMemory,
    memory: PictureMemory,
    x: Array,
    attend_to_picture: Attend,
) -> tuple[Array, PictureMemory]:
    """Embedded codes x (N, D) -> scores (S, N, V) in float32, and the memory with these codes in it."""
    x = jnp.broadcast_to(x, (text.seen.shape[0], *x.shape))
    caches = list(memory)
    for index, layer in enumerate(weights.layers):
        y, caches[index] = attend_to_picture(layer.attention, x, caches[index])
        x = x + y
        x = x + _attend_to_text(config, layer.cross_attention, x, text.keys[index], text.values[index], text.seen)
        x = x + _feed_forward(config, layer, x)
    if weights.final_norm is not None:
        x = _norm(config, weights.final_norm, x).astype(x.dtype)
    return weights.head(x).astype(jnp.float32), tuple(caches)


def queries_keys_values(config: DalleConfig, weights: AttentionWeights, x: Array) -> tuple[Array, Array]:
    """x (S, N, D) -> queries (S, N, H, K) of the picture's own attention, and its keys and values (S, N, H, 2, K)."""
    inputs = weights.inputs(_norm(config, weights.before, x).astype(x.dtype)).astype(x.dtype)
    inputs = inputs.reshape(*x.shape[:2], 3, config.decoder_attention_heads, -1)
    return inputs[:, :, 0], inputs[:, :, 1:].swapaxes(2, 3)


def _attend_to_picture(
    config: DalleConfig,
    weights: AttentionWeights,
    x: Array,
    cache: Array,
    seen: Array,
    position: Array,
) -> tuple[Array, Array]:
    """x (S, N, D) -> (S, N, D), and the cache with this position's key and value."""
    if isinstance(weights.inputs, PackedProduct):
        inputs = weights.inputs(_norm(config, weights.before, x)).reshape(-1, 3 * x.shape[-1])
        rows, cache = attend_in_cache(inputs, cache, position)
        mixed = rows.reshape(*x.shape[:2], config.decoder_attention_heads, -1)
        return leave_attention(config, weights, mixed), cache
    queries, new = queries_keys_values(config, weights, x)
    cache = jax.lax.dynamic_update_slice(cache, new[:, :, :, None].astype(cache.dtype), (0, 0, 0, position, 0, 0))
    keys, values = cache[..., 0, :], cache[..., 1, :]
    scores = jnp.einsum("snhk,snhlk->snhl", queries, keys, preferred_element_type=jnp.float32)
    attention = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf)).astype(x.dtype)
    mixed = jnp.einsum("snhl,snhlk->snhk", attention, values)
    return leave_attention(config, weights, mixed), cache


def _attend_to_text(
    config: DalleConfig, weights: AttentionWeights, x: Array, keys: Array, values: Array, seen: Array
) -> Array:
    """x (S, N, D), keys and values (S, G, H, T, K) -> (S, N, D)."""
    sides, groups, heads, _, head_size = keys.shape
    if isinstance(weights.inputs, PackedProduct):
        queries = weights.inputs(_norm(config, weights.before, x))
        mixed = attend_to_text(queries.reshape(-1, x.shape[-1]), keys, values, seen)
        return leave_attention(config, weights, mixed.reshape(*x.shape[:2], heads, head_size))
    queries = weights.inputs(_norm(config, weights.before, x).astype(x.dtype)).astype(x.dtype)
    queries = queries.reshape(sides, groups, -1, heads, head_size)
    if isinstance(weights.inputs, Product):
        # As if each picture had a text of its own: of this XLA makes one kernel on a GPU, of shared texts five.
        shape = (sides, groups, queries.shape[2], *keys.shape[2:])
        keys, values = (jnp.broadcast_to(part[:, :, None], shape) for part in (keys, values))
        rows, texts = "sgph", "sgph"
    else:
        rows, texts = "sghp", "sgh"
    scores = jnp.einsum(f"sgphk,{texts}tk->{rows}t", queries, keys, preferred_element_type=jnp.float32)
    attention = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf)).astype(x.dtype)
    mixed = jnp.einsum(f"{rows}t,{texts}tk->sgphk", attention, values)
    return leave_attention(config, weights, mixed.reshape(*x.shape[:2], heads, head_size))


def leave_attention(config: DalleConfig, weights: AttentionWeights, mixed: Array) -> Array:
    """mixed (S, N, H, K) -> (S, N, D)."""
    if weights.head_scale is not None:
        mixed = mixed * weights.head_scale.astype(mixed.dtype)
    y = weights.output(mixed.reshape(*mixed.shape[:2], -1))
    y = y if weights.after is None else _norm(config, weights.after, y)
    return y.astype(mixed.dtype)


def _feed_forward(config: DalleConfig, layer: LayerWeights, x: Array) -> Array:
    """x (S, N, D) -> (S, N, D)."""
    y = layer.gate_up(_norm(config, layer.before, x).astype(x.dtype))
    activate = ACTIVATIONS[config.activation_function]
    if config.use_glu:
        gate, up = jnp.split(y, 2, axis=-1)
        y = activate(gate) * up
    else:
        y = activate(y)
    if layer.middle is not None:
        y = _norm(config, layer.middle, y, config.decoder_ffn_dim)
    y = layer.down(y.astype(x.dtype))
    y = y if layer.after is None else _norm(config, layer.after, y)
    return y.astype(x.dtype)


def _norm(config: DalleConfig, scaling: AnyScaling, x: Array, size: int | None = None) -> Array:
    centred = config.ln_type == "layernorm"
    if isinstance(scaling, KernelScaling):
        return normalise_rows(x, scaling.scale, scaling.bias, centred=centred, epsilon=EPSILON)
    return normalise(x, scaling.scale, scaling.bias, centred=centred, size=size)
