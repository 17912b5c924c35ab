"""CLIP's two transformers in Flax NNX: a text and a picture, each to one vector; how well they fit is their product.

Axes: B texts or pictures, T positions, D width, H heads, K width of a head, E width of the shared space.

Sources: CLIP (arXiv 2103.00020); the Flax CLIP model of transformers 4.25.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from generation.clip.config import ClipConfig, TowerConfig
from generation.parameters import normal, ones, parameter, zeros

Array = jax.Array

DType = Any

_EMBEDDING_DEVIATION = 0.02  # of the reference
_FIRST_SCALE = math.log(1 / 0.07)


class Dense(nnx.Module):
    """(..., in) -> (..., out), computed in `dtype`."""

    def __init__(
        self, in_size: int, out_size: int, *, use_bias: bool = True, dtype: DType, rngs: nnx.Rngs | None
    ) -> None:
        self.kernel = parameter(rngs, (in_size, out_size), jnp.float32, normal(in_size**-0.5))
        self.bias = parameter(rngs, (out_size,), jnp.float32, zeros) if use_bias else None
        self.dtype = dtype

    def __call__(self, x: Array) -> Array:
        """x (..., in) -> (..., out)."""
        y = x.astype(self.dtype) @ self.kernel[...].astype(self.dtype)
        return y if self.bias is None else y + self.bias[...].astype(self.dtype)


class LayerNorm(nnx.Module):
    """Layer norm over the last axis, its statistics in float32."""

    def __init__(self, size: int, epsilon: float, *, rngs: nnx.Rngs | None) -> None:
        self.scale = parameter(rngs, (size,), jnp.float32, ones)
        self.bias = parameter(rngs, (size,), jnp.float32, zeros)
        self.epsilon = epsilon

    def __call__(self, x: Array) -> Array:
        """x (..., size) -> the same shape."""
        y = x.astype(jnp.float32)
        y = y - y.mean(-1, keepdims=True)
        y = y * jax.lax.rsqrt(jnp.square(y).mean(-1, keepdims=True) + self.epsilon)
        return (y * self.scale[...] + self.bias[...]).astype(x.dtype)


class Attention(nnx.Module):
    """Multi-head self-attention."""

    def __init__(self, config: TowerConfig, dtype: DType, rngs: nnx.Rngs | None) -> None:
        size = config.hidden_size
        self.heads = config.num_attention_heads
        self.query, self.key, self.value, self.output = (Dense(size, size, dtype=dtype, rngs=rngs) for _ in range(4))

    def __call__(self, x: Array, mask: Array) -> Array:
        """x (B, T, D), mask broadcasting to (B, H, T, T) -> (B, T, D)."""
        split = (*x.shape[:2], self.heads, -1)
        queries, keys, values = (part(x).reshape(split) for part in (self.query, self.key, self.value))
        scores = jnp.einsum("bqhk,bshk->bhqs", queries / math.sqrt(queries.shape[-1]), keys).astype(jnp.float32)
        weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf)).astype(values.dtype)
        return self.output(jnp.einsum("bhqs,bshk->bqhk", weights, values).reshape(x.shape))


class Layer(nnx.Module):
    """Attention, then two dense layers, each after a norm and inside a residual sum."""

    def __init__(self, config: TowerConfig, dtype: DType, rngs: nnx.Rngs | None) -> None:
        self.norm1 = LayerNorm(config.hidden_size, config.layer_norm_eps, rngs=rngs)
        self.attention = Attention(config, dtype, rngs)
        self.norm2 = LayerNorm(config.hidden_size, config.layer_norm_eps, rngs=rngs)
        self.first = Dense(config.hidden_size, config.intermediate_size, dtype=dtype, rngs=rngs)
        self.second = Dense(config.intermediate_size, config.hidden_size, dtype=dtype, rngs=rngs)
        self.quick = config.hidden_act == "quick_gelu"

    def __call__(self, x: Array, mask: Array) -> Array:
        """x (B, T, D) -> the same shape."""
        x = x + self.attention(self.norm1(x), mask)
        y = self.first(self.norm2(x))
        y = y * jax.nn.sigmoid(1.702 * y) if self.quick else jax.nn.gelu(y, approximate=False)
        return x + self.second(y)


class TextTower(nnx.Module):
    """Token ids -> one vector, taken at the end token."""

    def __init__(self, config: ClipConfig, dtype: DType, rngs: nnx.Rngs | None) -> None:
        size = config.text.hidden_size
        begin = normal(_EMBEDDING_DEVIATION)
        self.tokens = parameter(rngs, (config.vocab_size, size), jnp.float32, begin)
        self.positions = parameter(rngs, (config.max_position_embeddings, size), jnp.float32, begin)
        self.layers = nnx.List([Layer(config.text, dtype, rngs) for _ in range(config.text.num_hidden_layers)])
        self.last_norm = LayerNorm(size, config.text.layer_norm_eps, rngs=rngs)
        self.projection = Dense(size, config.projection_dim, use_bias=False, dtype=dtype, rngs=rngs)
        self.dtype = dtype

    def __call__(self, ids: Array, attention_mask: Array) -> Array:
        """ids and attention_mask (B, T) -> (B, E), of length 1."""
        # The end token has the largest id; what pads with it comes after the first.
        return self.read(self.tokens[...][ids], attention_mask, ids.argmax(-1))

    def read(self, vectors: Array, attention_mask: Array, ends: Array) -> Array:
        """Token vectors (B, T, D), attention_mask (B, T) and where each text ends (B,) -> (B, E), of length 1."""
        length = vectors.shape[1]
        x = (vectors + self.positions[...][:length]).astype(self.dtype)
        mask = jnp.tril(jnp.ones((length, length), bool)) & (attention_mask > 0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        x = self.last_norm(x)[jnp.arange(len(ends)), ends]
        return _unit(self.projection(x))


class VisionTower(nnx.Module):
    """Pixels -> one vector, taken at the class token."""

    def __init__(self, config: ClipConfig, dtype: DType, rngs: nnx.Rngs | None) -> None:
        size, patch = config.vision.hidden_size, config.patch_size
        patches = (config.image_size // patch) ** 2
        begin = normal(_EMBEDDING_DEVIATION)
        self.patch_kernel = parameter(rngs, (patch, patch, 3, size), jnp.float32, normal((3 * patch * patch) ** -0.5))
        self.class_token = parameter(rngs, (size,), jnp.float32, begin)
        self.positions = parameter(rngs, (patches + 1, size), jnp.float32, begin)
        self.first_norm = LayerNorm(size, config.vision.layer_norm_eps, rngs=rngs)
        self.layers = nnx.List([Layer(config.vision, dtype, rngs) for _ in range(config.vision.num_hidden_layers)])
        self.last_norm = LayerNorm(size, config.vision.layer_norm_eps, rngs=rngs)
        self.projection = Dense(size, config.projection_dim, use_bias=False, dtype=dtype, rngs=rngs)
        self.dtype = dtype

    def tokens(self, pixels: Array) -> Array:
        """Prepared pixels (B, Y, X, 3) -> the class token's and each patch's vector (B, 1 + patches, D)."""
        patch = self.patch_kernel.shape[0]
        rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
        patches = pixels.reshape(-1, rows, patch, columns, patch, 3).astype(self.dtype)
        x = jnp.einsum("byixjc,ijcd->byxd", patches, self.patch_kernel[...].astype(self.dtype)).reshape(
            pixels.shape[0], rows * columns, -1
        )
        class_token = jnp.broadcast_to(self.class_token[...].astype(self.dtype), (x.shape[0], 1, x.shape[2]))
        x = jnp.concatenate([class_token, x], axis=1) + self.positions[...].astype(self.dtype)
        x = self.first_norm(x)
        for layer in self.layers:
            x = layer(x, jnp.ones((), bool))
        return x

    def __call__(self, pixels: Array) -> Array:
        """Prepared pixels (B, Y, X, 3) -> (B, E), of length 1."""
        return _unit(self.projection(self.last_norm(self.tokens(pixels)[:, 0])))


class Clip(nnx.Module):
    """Both towers. `dtype` is what is computed in; parameters are kept in float32.

    Without `rngs` the parameters have shapes and no values.
    """

    def __init__(self, config: ClipConfig, *, rngs: nnx.Rngs | None, dtype: DType = jnp.float32) -> None:
        self.config = config
        self.text = TextTower(config, dtype, rngs)
        self.vision = VisionTower(config, dtype, rngs)
        self.logit_scale = parameter(rngs, (), jnp.float32, lambda key, shape, dtype: jnp.full(shape, _FIRST_SCALE))

    def fit(self, images: Array, texts: Array) -> Array:
        """Vectors of pictures (B, E) and of texts (C, E) -> the reference's `logits_per_image` (B, C)."""
        return jnp.exp(self.logit_scale[...]) * images @ texts.T


def _unit(x: Array) -> Array:
    x = x.astype(jnp.float32)
    length: Array = jnp.linalg.norm(x, axis=-1, keepdims=True)
    return x / length
