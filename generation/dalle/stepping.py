"""One step of the decoder with a cache: the network of `modeling.py` with the weights of `arrangement.py`.

Axes: S sides of the guidance (with the prompt, without it), N pictures, D width, H heads, K width of a head, L image
positions, T text positions, V scores. G groups of P pictures share their texts, N = G * P.

What differs from training: keys and values of the text are computed once for each distinct text; keys and values of
the picture lie in a cache of fixed size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from generation.dalle.arrangement import (
    AnyScaling,
    AttentionWeights,
    DecoderWeights,
    KernelScaling,
    LayerWeights,
    Product,
)
from generation.dalle.config import DalleConfig
from generation.dalle.modeling import ACTIVATIONS, EPSILON, normalise
from generation.kernels import PackedProduct, attend_in_cache, attend_to_text, empty_caches, normalise_rows

Array = jax.Array


class TextMemory(NamedTuple):
    """What the decoder needs of the texts: for each layer keys and values (S, G, H, T, K); which positions count."""

    keys: tuple[Array, ...]
    values: tuple[Array, ...]
    seen: Array  # (S, G, 1, 1, T), bool


PictureMemory = tuple[Array, ...]
"""Keys and values of the positions drawn so far: for each layer (S, N, H, L, 2, K)."""


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
