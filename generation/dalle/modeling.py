"""DALL-E Mini's network: a BART-like encoder of text and decoder of image codes, in Flax NNX.

Axes: B rows, T text positions, L image positions, D width, H heads, K width of a head, F width of the feed-forward,
V scores, G distinct texts. Attention scores are (B, H, queries, keys).

One definition serves training (`DalleBart.__call__`, all positions at once) and drawing (`Decoder.step`, one position
with a cache). Layers are unrolled: `lax.scan` over stacked weights copies every layer's slice on a CPU.

Sources: dalle-mini's DalleBart; NormFormer (arXiv 2110.09456); GLU variants (arXiv 2002.05202); RMSNorm (arXiv
1910.07467).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from generation.dalle.config import DalleConfig
from generation.parameters import normal, ones, parameter, zeros

Array = jax.Array
DType = Any

EPSILON = 1e-5  # of every norm in the reference

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    # By erf and not, as jax.nn.gelu, by erfc, which costs more and which XLA fuses with nothing on a GPU.
    "gelu": lambda x: x * 0.5 * (1.0 + jax.lax.erf(x * math.sqrt(0.5))),
    "gelu_new": lambda x: jax.nn.gelu(x, approximate=True),
    "relu": jax.nn.relu,
    "silu": jax.nn.silu,
    "swish": jax.nn.silu,
}


def normalise(x: Array, scale: Array | None, bias: Array | None, *, centred: bool, size: int | None = None) -> Array:
    """Layer norm (`centred`) or RMS norm over the last axis, in float32. x (..., size) -> the same shape.

    Of a wider x the first `size` count, and what follows must be zero.
    """
    x = x.astype(jnp.float32)
    size = x.shape[-1] if size is None else size
    if centred:
        x = x - x.sum(-1, keepdims=True) / size
        x = x if x.shape[-1] == size else jnp.where(jnp.arange(x.shape[-1]) < size, x, 0.0)
    y = x * jax.lax.rsqrt(jnp.square(x).sum(-1, keepdims=True) / size + EPSILON)
    if scale is not None:
        y = y * scale.astype(jnp.float32)
    return y if bias is None else y + bias.astype(jnp.float32)


class Dense(nnx.Module):
    """x (..., in) -> (..., out), computed in `dtype` from parameters of `param_dtype`."""

    def __init__(
        self,
        in_size: int,
        out_size: int,
        *,
        use_bias: bool,
        init_std: float,
        dtype: DType,
        param_dtype: DType,
        rngs: nnx.Rngs | None,
    ) -> None:
        self.kernel = parameter(rngs, (in_size, out_size), param_dtype, normal(init_std))
        self.bias = parameter(rngs, (out_size,), param_dtype, zeros) if use_bias else None
        self.dtype = dtype

    def __call__(self, x: Array) -> Array:
        """x (..., in) -> (..., out)."""
        y = jnp.matmul(x.astype(self.dtype), self.kernel[...].astype(self.dtype))
        return y if self.bias is None else y + self.bias[...].astype(self.dtype)


class Norm(nnx.Module):
    """Layer norm or RMS norm over the last axis, its statistics in float32."""

    def __init__(
        self, size: int, *, kind: str, use_scale: bool, dtype: DType, param_dtype: DType, rngs: nnx.Rngs | None
    ) -> None:
        self.centred = kind == "layernorm"
        self.scale = parameter(rngs, (size,), param_dtype, ones) if use_scale else None
        self.bias = parameter(rngs, (size,), param_dtype, zeros) if self.centred else None
        self.dtype = dtype

    def __call__(self, x: Array) -> Array:
        """x (..., size) -> the same shape."""
        scale, bias = (None if part is None else part[...] for part in (self.scale, self.bias))
        return normalise(x, scale, bias, centred=self.centred).astype(self.dtype)


class Embedding(nnx.Module):
    """Ids (...) -> vectors (..., size)."""

    def __init__(self, count: int, size: int, *, init_std: float, param_dtype: DType, rngs: nnx.Rngs | None) -> None:
        self.embedding = parameter(rngs, (count, size), param_dtype, normal(init_std))

    def __call__(self, ids: Array) -> Array:
        """ids (...) -> (..., size)."""
        return self.embedding[...][ids]


class _Maker:
    """Makes the parts of one side of the network, encoder or decoder, from the configuration."""

    def __init__(
        self, config: DalleConfig, heads: int, ffn_size: int, dtype: DType, param_dtype: DType, rngs: nnx.Rngs | None
    ) -> None:
        self.config, self.heads, self.ffn_size = config, heads, ffn_size
        self.dtype, self.param_dtype, self.rngs = dtype, param_dtype, rngs

    def dense(self, in_size: int, out_size: int, *, use_bias: bool | None = None) -> Dense:
        return Dense(
            in_size,
            out_size,
            use_bias=self.config.use_bias if use_bias is None else use_bias,
            init_std=self.config.init_std,
            dtype=self.dtype,
            param_dtype=self.param_dtype,
            rngs=self.rngs,
        )

    def norm(self, size: int, *, use_scale: bool) -> Norm:
        kind = self.config.ln_type
        return Norm(
            size, kind=kind, use_scale=use_scale, dtype=self.dtype, param_dtype=self.param_dtype, rngs=self.rngs
        )

    def before(self, size: int) -> Norm:
        """A norm before a block: the dense layer that follows makes a scale of its own redundant."""
        return self.norm(size, use_scale=self.config.force_ln_scale)

    def after(self) -> Norm | None:
        """The norm between a block's output and the residual sum, where the configuration has one."""
        if self.config.ln_positions in ("normformer", "cogview"):
            return self.norm(self.config.d_model, use_scale=True)
        return None

    def embedding(self, count: int) -> Embedding:
        return Embedding(
            count,
            self.config.d_model,
            init_std=self.config.init_std,
            param_dtype=self.param_dtype,
            rngs=self.rngs,
        )


class Attention(nnx.Module):
    """Multi-head attention, of a sequence to itself or to another one."""

    def __init__(self, make: _Maker) -> None:
        size = make.config.d_model
        self.heads = make.heads
        self.query = make.dense(size, size)
        self.key = make.dense(size, size)
        self.value = make.dense(size, size)
        self.output = make.dense(size, size)
        scaled = make.config.use_head_scale
        self.head_scale = nnx.Param(jnp.ones((1, 1, self.heads, 1), make.param_dtype)) if scaled else None

    def split(self, x: Array) -> Array:
        """(B, positions, D) -> (B, H, positions, K)."""
        rows, positions, size = x.shape
        return x.reshape(rows, positions, self.heads, size // self.heads).swapaxes(1, 2)

    def queries(self, x: Array) -> Array:
        """(B, positions, D) -> (B, H, positions, K), divided by the root of K."""
        y = self.query(x)
        return self.split(y / jnp.sqrt(y.shape[-1] // self.heads).astype(y.dtype))

    def keys_values(self, x: Array) -> tuple[Array, Array]:
        """(B, positions, D) -> two of (B, H, positions, K)."""
        return self.split(self.key(x)), self.split(self.value(x))

    def weights(self, queries: Array, keys: Array, mask: Array) -> Array:
        """How much each query attends to each key: (B, H, queries, keys). `mask` broadcasts to it; False is unseen."""
        scores = jnp.einsum("bhqk,bhsk->bhqs", queries, keys).astype(jnp.float32)
        return jax.nn.softmax(jnp.where(mask, scores, -jnp.inf)).astype(queries.dtype)

    def attend(self, queries: Array, keys: Array, values: Array, mask: Array) -> Array:
        """Queries, keys and values as above -> (B, queries, D)."""
        mixed = jnp.einsum("bhqs,bhsk->bqhk", self.weights(queries, keys, mask), values)
        if self.head_scale is not None:
            mixed = mixed * self.head_scale[...].astype(mixed.dtype)
        return self.output(mixed.reshape(*mixed.shape[:2], -1))

    def __call__(self, x: Array, mask: Array, other: Array | None = None) -> Array:
        """x (B, positions, D) attends to itself, or to `other` (B, others, D) -> (B, positions, D)."""
        return self.attend(self.queries(x), *self.keys_values(x if other is None else other), mask)


class FeedForward(nnx.Module):
    """The position-wise block: gated (GLU) or plain (FFN)."""

    def __init__(self, make: _Maker) -> None:
        config = make.config
        normformer = config.ln_positions == "normformer"
        self.activation = config.activation_function
        self.before = make.before(config.d_model)
        self.gate = make.dense(config.d_model, make.ffn_size)
        self.up = make.dense(config.d_model, make.ffn_size) if config.use_glu else None
        self.middle = make.before(make.ffn_size) if normformer else None
        self.down = make.dense(make.ffn_size, config.d_model)
        self.after = make.norm(config.d_model, use_scale=True) if config.ln_positions == "cogview" else None

    def __call__(self, x: Array) -> Array:
        """(..., D) -> (..., D)."""
        x = self.before(x)
        y = ACTIVATIONS[self.activation](self.gate(x))
        if self.up is not None:
            y = y * self.up(x)
        if self.middle is not None:
            y = self.middle(y)
        y = self.down(y)
        return y if self.after is None else self.after(y)


class EncoderLayer(nnx.Module):
    """Self-attention, then the feed-forward, each inside a residual sum."""

    def __init__(self, make: _Maker) -> None:
        self.before_attention = make.before(make.config.d_model)
        self.attention = Attention(make)
        self.after_attention = make.after()
        self.feed_forward = FeedForward(make)

    def __call__(self, x: Array, mask: Array) -> Array:
        """x (B, T, D), mask (B, 1, 1, T) -> (B, T, D)."""
        x = x + _maybe(self.after_attention, self.attention(self.before_attention(x), mask))
        return x + self.feed_forward(x)


class DecoderLayer(nnx.Module):
    """Causal self-attention, attention to the text, then the feed-forward, each inside a residual sum."""

    def __init__(self, make: _Maker) -> None:
        self.before_attention = make.before(make.config.d_model)
        self.attention = Attention(make)
        self.after_attention = make.after()
        self.before_cross_attention = make.before(make.config.d_model)
        self.cross_attention = Attention(make)
        self.after_cross_attention = make.after()
        self.feed_forward = FeedForward(make)

    def __call__(self, x: Array, mask: Array, text: Array, text_mask: Array) -> Array:
        """x (B, L, D), mask (1, 1, L, L), text (B, T, D), text_mask (B, 1, 1, T) -> (B, L, D)."""
        x = x + _maybe(self.after_attention, self.attention(self.before_attention(x), mask))
        y = self.cross_attention(self.before_cross_attention(x), text_mask, text)
        x = x + _maybe(self.after_cross_attention, y)
        return x + self.feed_forward(x)


class Encoder(nnx.Module):
    """Text ids -> one vector a position."""

    def __init__(self, make: _Maker) -> None:
        config = make.config
        self.embed_scale = math.sqrt(config.d_model) if config.scale_embedding else 1.0
        self.tokens = make.embedding(config.encoder_vocab_size)
        self.positions = make.embedding(config.max_text_length)
        self.embedding_norm = make.norm(config.d_model, use_scale=True)
        self.layers = nnx.List([EncoderLayer(make) for _ in range(config.encoder_layers)])
        self.final_norm = make.before(config.d_model) if config.use_final_ln_encoder else None

    def embed(self, ids: Array) -> Array:
        """ids (B, T) -> (B, T, D)."""
        x = self.tokens(ids) * self.embed_scale + self.positions(jnp.arange(ids.shape[1]))
        return self.embedding_norm(x)

    def __call__(self, ids: Array, mask: Array) -> Array:
        """ids (B, T), mask (B, T) with 0 for padding -> (B, T, D); rows of padded positions are computed too."""
        x = self.embed(ids)
        keys_seen = (mask > 0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, keys_seen)
        return _maybe(self.final_norm, x)


class Decoder(nnx.Module):
    """Image codes so far and the encoded text -> one vector a position."""

    def __init__(self, make: _Maker) -> None:
        config = make.config
        self.embed_scale = math.sqrt(config.d_model) if config.scale_embedding else 1.0
        self.tokens = make.embedding(config.decoder_vocab_size)
        self.positions = make.embedding(config.image_length)
        self.embedding_norm = make.norm(config.d_model, use_scale=True)
        self.layers = nnx.List([DecoderLayer(make) for _ in range(config.decoder_layers)])
        self.final_norm = make.before(config.d_model) if config.use_final_ln_decoder else None

    def embed(self, ids: Array, positions: Array) -> Array:
        """ids (B, L) at `positions`, which broadcast to it -> (B, L, D)."""
        return self.embedding_norm(self.tokens(ids) * self.embed_scale + self.positions(positions))

    def __call__(self, ids: Array, text: Array, text_mask: Array) -> Array:
        """ids (B, L), text (B, T, D), text_mask (B, T) -> (B, L, D)."""
        length = ids.shape[1]
        x = self.embed(ids, jnp.arange(length))
        causal = jnp.tril(jnp.ones((1, 1, length, length), bool))
        keys_seen = (text_mask > 0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, causal, text, keys_seen)
        return _maybe(self.final_norm, x)


class DalleBart(nnx.Module):
    """The whole network. `dtype` is what is computed in, `param_dtype` what parameters are kept in.

    Without `rngs` the parameters have shapes and no values.
    """

    def __init__(
        self,
        config: DalleConfig,
        *,
        rngs: nnx.Rngs | None,
        dtype: DType = jnp.float32,
        param_dtype: DType = jnp.float32,
    ) -> None:
        self.config = config
        encoder_sizes = (config.encoder_attention_heads, config.encoder_ffn_dim)
        decoder_sizes = (config.decoder_attention_heads, config.decoder_ffn_dim)
        make_decoder = _Maker(config, *decoder_sizes, dtype, param_dtype, rngs)
        self.encoder = Encoder(_Maker(config, *encoder_sizes, dtype, param_dtype, rngs))
        self.decoder = Decoder(make_decoder)
        self.head = make_decoder.dense(config.d_model, config.decoder_vocab_size, use_bias=False)

    def logits(self, x: Array) -> Array:
        """Decoder vectors (..., D) -> scores of the next code (..., V) in float32."""
        kernel = self.head.kernel[...].astype(self.head.dtype)
        return jnp.matmul(x.astype(self.head.dtype), kernel, preferred_element_type=jnp.float32)

    def __call__(self, text_ids: Array, text_mask: Array, decoder_ids: Array) -> Array:
        """Teacher-forced scores: text_ids and text_mask (B, T), decoder_ids (B, L) -> (B, L, V) in float32."""
        text = self.encoder(text_ids, text_mask)
        return self.logits(self.decoder(decoder_ids, text, text_mask))


def shift_right(labels: Array, start_token: int) -> Array:
    """The decoder's input for these labels: the start token, then the labels without the last. (B, L) -> (B, L)."""
    return jnp.concatenate([jnp.full_like(labels[:, :1], start_token), labels[:, :-1]], axis=1)


def mean_cross_entropy(logits: Array, labels: Array) -> Array:
    """Mean over all rows and positions of -log p(label), over the whole head. logits (B, L, V), labels (B, L)."""
    logits = logits.astype(jnp.float32)
    chosen = jnp.take_along_axis(logits, labels[..., None], axis=-1)[..., 0]
    return (jax.nn.logsumexp(logits, axis=-1) - chosen).mean()


def _maybe(norm: Norm | None, x: Array) -> Array:
    return x if norm is None else norm(x)
