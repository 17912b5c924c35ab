"""CLIP's two transformers in Flax NNX: a text and a picture, each to one vector; how well they fit is their product.

Axes: B texts or pictures, T positions, D width, H heads, K width of a head, E width of the shared space.

Sources: CLIP (arXiv 2103.00020); the Flax CLIP model of transformers 4.25.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from flax import nnx

from generation.clip.config import ClipConfig, TowerConfig

Array = jax.Array

# Training happens elsewhere; only shapes and a sane start matter here.
_INIT_STD = 0.02


def _parameter(rngs: nnx.Rngs, *shape: int) -> nnx.Param[Array]:
    return nnx.Param(jax.random.normal(rngs.params(), shape) * _INIT_STD)


class Dense(nnx.Module):
    """(..., in) -> (..., out)."""

    def __init__(self, in_size: int, out_size: int, *, use_bias: bool = True, rngs: nnx.Rngs) -> None:
        self.kernel = _parameter(rngs, in_size, out_size)
        self.bias = nnx.Param(jnp.zeros(out_size)) if use_bias else None

    def __call__(self, x: Array) -> Array:
        """x (..., in) -> (..., out)."""
        y = x @ self.kernel[...]
        return y if self.bias is None else y + self.bias[...]


class LayerNorm(nnx.Module):
    """Layer norm over the last axis."""

    def __init__(self, size: int, epsilon: float) -> None:
        self.scale = nnx.Param(jnp.ones(size))
        self.bias = nnx.Param(jnp.zeros(size))
        self.epsilon = epsilon

    def __call__(self, x: Array) -> Array:
        """x (..., size) -> the same shape."""
        x = x - x.mean(-1, keepdims=True)
        y = x * jax.lax.rsqrt(jnp.square(x).mean(-1, keepdims=True) + self.epsilon)
        return y * self.scale[...] + self.bias[...]


class Attention(nnx.Module):
    """Multi-head self-attention."""

    def __init__(self, config: TowerConfig, rngs: nnx.Rngs) -> None:
        size = config.hidden_size
        self.heads = config.num_attention_heads
        self.query = Dense(size, size, rngs=rngs)
        self.key = Dense(size, size, rngs=rngs)
        self.value = Dense(size, size, rngs=rngs)
        self.output = Dense(size, size, rngs=rngs)

    def __call__(self, x: Array, mask: Array) -> Array:
        """x (B, T, D), mask broadcasting to (B, H, T, T) -> (B, T, D)."""
        split = (*x.shape[:2], self.heads, -1)
        queries, keys, values = (part(x).reshape(split) for part in (self.query, self.key, self.value))
        scores = jnp.einsum("bqhk,bshk->bhqs", queries / math.sqrt(queries.shape[-1]), keys)
        weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf))
        return self.output(jnp.einsum("bhqs,bshk->bqhk", weights, values).reshape(x.shape))


class Layer(nnx.Module):
    """Attention, then two dense layers, each after a norm and inside a residual sum."""

    def __init__(self, config: TowerConfig, rngs: nnx.Rngs) -> None:
        self.norm1 = LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.attention = Attention(config, rngs)
        self.norm2 = LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.first = Dense(config.hidden_size, config.intermediate_size, rngs=rngs)
        self.second = Dense(config.intermediate_size, config.hidden_size, rngs=rngs)
        self.quick = config.hidden_act == "quick_gelu"

    def __call__(self, x: Array, mask: Array) -> Array:
        """x (B, T, D) -> the same shape."""
        x = x + self.attention(self.norm1(x), mask)
        y = self.first(self.norm2(x))
        y = y * jax.nn.sigmoid(1.702 * y) if self.quick else jax.nn.gelu(y, approximate=False)
        return x + self.second(y)


class TextTower(nnx.Module):
    """Token ids -> one vector, taken at the end token."""

    def __init__(self, config: ClipConfig, rngs: nnx.Rngs) -> None:
        size = config.text.hidden_size
        self.tokens = _parameter(rngs, config.vocab_size, size)
        self.positions = _parameter(rngs, config.max_position_embeddings, size)
        self.layers = nnx.List([Layer(config.text, rngs) for _ in range(config.text.num_hidden_layers)])
        self.last_norm = LayerNorm(size, config.text.layer_norm_eps)
        self.projection = Dense(size, config.projection_dim, use_bias=False, rngs=rngs)

    def __call__(self, ids: Array, attention_mask: Array) -> Array:
        """ids and attention_mask (B, T) -> (B, E), of length 1."""
        # The end token has the largest id; what pads with it comes after the first.
        return self.read(self.tokens[...][ids], attention_mask, ids.argmax(-1))

    def read(self, vectors: Array, attention_mask: Array, ends: Array) -> Array:
        """Token vectors (B, T, D), attention_mask (B, T) and where each text ends (B,) -> (B, E), of length 1."""
        length = vectors.shape[1]
        x = vectors + self.positions[...][:length]
        mask = jnp.tril(jnp.ones((length, length), bool)) & (attention_mask > 0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        x = self.last_norm(x)[jnp.arange(len(ends)), ends]
        return _unit(self.projection(x))


class VisionTower(nnx.Module):
    """Pixels -> one vector, taken at the class token."""

    def __init__(self, config: ClipConfig, rngs: nnx.Rngs) -> None:
        size, patch = config.vision.hidden_size, config.patch_size
        patches = (config.image_size // patch) ** 2
        self.patch_kernel = _parameter(rngs, patch, patch, 3, size)
        self.class_token = _parameter(rngs, size)
        self.positions = _parameter(rngs, patches + 1, size)
        self.first_norm = LayerNorm(size, config.vision.layer_norm_eps)
        self.layers = nnx.List([Layer(config.vision, rngs) for _ in range(config.vision.num_hidden_layers)])
        self.last_norm = LayerNorm(size, config.vision.layer_norm_eps)
        self.projection = Dense(size, config.projection_dim, use_bias=False, rngs=rngs)

    def __call__(self, pixels: Array) -> Array:
        """Prepared pixels (B, Y, X, 3) -> (B, E), of length 1."""
        patch = self.patch_kernel.shape[0]
        rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
        patches = pixels.reshape(-1, rows, patch, columns, patch, 3)
        x = jnp.einsum("byixjc,ijcd->byxd", patches, self.patch_kernel[...]).reshape(
            pixels.shape[0], rows * columns, -1
        )
        class_token = jnp.broadcast_to(self.class_token[...], (x.shape[0], 1, x.shape[2]))
        x = self.first_norm(jnp.concatenate([class_token, x], axis=1) + self.positions[...])
        for layer in self.layers:
            x = layer(x, jnp.ones((), bool))
        return _unit(self.projection(self.last_norm(x[:, 0])))


class Clip(nnx.Module):
    """Both towers."""

    def __init__(self, config: ClipConfig, *, rngs: nnx.Rngs) -> None:
        self.config = config
        self.text = TextTower(config, rngs)
        self.vision = VisionTower(config, rngs)
        self.logit_scale = nnx.Param(jnp.array(math.log(1 / 0.07)))

    def fit(self, images: Array, texts: Array) -> Array:
        """Vectors of pictures (B, E) and of texts (C, E) -> the reference's `logits_per_image` (B, C)."""
        return jnp.exp(self.logit_scale[...]) * images @ texts.T


def _unit(x: Array) -> Array:
    length: Array = jnp.linalg.norm(x, axis=-1, keepdims=True)
    return x / length
