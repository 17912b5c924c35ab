"""The seq2seq's loss on known codes, arranged for matrix units: ``DalleBart``'s numbers, several times as fast.

``DalleBart`` is written to be read and to draw. Training spends its time elsewhere, so this walk over the same
parameters joins the query, key and value products into one, joins gate and up likewise, pads the odd widths
(853 columns, 2,049 scores) to multiples that tensor cores take, and leaves attention to cuDNN's fused kernel where
there is one.
The shapes that doodle, mini-1 and mega-1 share are supported: normformer, layer norm, GLU, no biases in dense layers.

Axes as in :mod:`generation.dalle.modeling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import nnx

from generation.dalle.config import DalleConfig
from generation.dalle.modeling import ACTIVATIONS, Attention, DalleBart, FeedForward, shift_right
from generation.training.errors import TrainingError

AttentionKind = Literal["xla", "cudnn"]

_EPSILON = 1e-5
_NEVER = -1e9


@dataclass(frozen=True)
class Arithmetic:
    """How to compute: the type of the products, who does the attention, and the multiple that widths are padded to."""

    dtype: Any = jnp.float32
    attention: AttentionKind = "xla"
    cross_attention: AttentionKind = "xla"
    multiple: int = 1

    @classmethod
    def for_backend(cls, backend: str) -> Arithmetic:
        """bfloat16 with cuDNN's attention on a GPU, single precision elsewhere."""
        if backend == "gpu":
            return cls(jnp.bfloat16, "cudnn", "cudnn", 64)
        return cls()


_WALKED = {
    "ln_positions": "normformer", "ln_type": "layernorm", "use_glu": True, "use_bias": False,
    "use_head_scale": False, "scale_embedding": False,
}  # fmt: skip


def can_walk(config: DalleConfig) -> bool:
    """Whether this walk knows the configuration."""
    return all(getattr(config, name) == value for name, value in _WALKED.items())


def refuse_unsupported(model: DalleBart) -> None:
    """Raises TrainingError for a configuration that this walk does not know."""
    for name, value in _WALKED.items():
        if getattr(model.config, name) != value:
            found = getattr(model.config, name)
            raise TrainingError(f"Training doodle supports {name} = {value!r}; this model has {found!r}.")


def code_losses(
    model: DalleBart, text_ids: jax.Array, text_mask: jax.Array, codes: jax.Array, how: Arithmetic
) -> jax.Array:
    """Nats of each code given the text and the codes before it: (B, L) float32.

    text_ids and text_mask (B, T); the mask is ones, then zeros. codes (B, L).
    """
    lengths = text_mask.astype(jnp.int32).sum(-1)
    text = _encode(model, text_ids, lengths, how)
    x = _embed(model.decoder, shift_right(codes, model.config.decoder_start_token_id), how)
    for layer in model.decoder.layers:
        y = _self_attention(layer.attention, layer.before_attention(x), how, causal=True, lengths=None)
        x = x + _cast(_known(layer.after_attention)(y), how)
        y = _cross_attention(layer.cross_attention, layer.before_cross_attention(x), text, lengths, how)
        x = x + _cast(_known(layer.after_cross_attention)(y), how)
        x = x + _feed_forward(layer.feed_forward, x, how)
    if model.decoder.final_norm is not None:
        x = _cast(model.decoder.final_norm(x), how)
    return _cross_entropy(x, model.head.kernel[...], codes, how)


def _encode(model: DalleBart, ids: jax.Array, lengths: jax.Array, how: Arithmetic) -> jax.Array:
    x = _embed(model.encoder, ids, how)
    for layer in model.encoder.layers:
        y = _self_attention(layer.attention, layer.before_attention(x), how, causal=False, lengths=lengths)
        x = x + _cast(_known(layer.after_attention)(y), how)
        x = x + _feed_forward(layer.feed_forward, x, how)
    return x if model.encoder.final_norm is None else _cast(model.encoder.final_norm(x), how)


def _embed(side: Any, ids: jax.Array, how: Arithmetic) -> jax.Array:
    return _cast(
        side.embed(ids, jnp.arange(ids.shape[1])) if hasattr(side.layers[0], "cross_attention") else side.embed(ids),
        how,
    )


def _self_attention(
    part: Attention, x: jax.Array, how: Arithmetic, *, causal: bool, lengths: jax.Array | None
) -> jax.Array:
    joined = jnp.concatenate([_kernel(part.query, how), _kernel(part.key, how), _kernel(part.value, how)], 1)
    heads = part.heads
    mixed = _cast(x, how) @ joined  # (B, L, 3 D)
    queries, keys, values = (y.reshape(*y.shape[:2], heads, -1) for y in jnp.split(mixed, 3, axis=-1))  # (B, L, H, K)
    kind = how.attention if causal else how.cross_attention
    y = _attend(queries, keys, values, kind, causal=causal, lengths=lengths)
    return y @ _kernel(part.output, how)


def _cross_attention(part: Attention, x: jax.Array, text: jax.Array, lengths: jax.Array, how: Arithmetic) -> jax.Array:
    joined = jnp.concatenate([_kernel(part.key, how), _kernel(part.value, how)], 1)
    keys, values = (y.reshape(*y.shape[:2], part.heads, -1) for y in jnp.split(text @ joined, 2, axis=-1))
    queries = (_cast(x, how) @ _kernel(part.query, how)).reshape(*x.shape[:2], part.heads, -1)
    y = _attend(queries, keys, values, how.cross_attention, causal=False, lengths=lengths)
    return y @ _kernel(part.output, how)


def _attend(
    queries: jax.Array,
    keys: jax.Array,
    values: jax.Array,
    kind: AttentionKind,
    *,
    causal: bool,
    lengths: jax.Array | None,
) -> jax.Array:
    """(B, queries, H, K), (B, keys, H, K) twice -> (B, queries, D)."""
    query_lengths = None if lengths is None else jnp.full_like(lengths, queries.shape[1])
    y = jax.nn.dot_product_attention(
        queries, keys, values, is_causal=causal, query_seq_lengths=query_lengths, key_value_seq_lengths=lengths,
        implementation=kind,
    )  # fmt: skip
    return y.reshape(*y.shape[:2], -1)


def _feed_forward(part: FeedForward, x: jax.Array, how: Arithmetic) -> jax.Array:
    width = part.gate.kernel.shape[1]
    extra = -width % how.multiple
    gate, up = (jnp.pad(_kernel(dense, how), ((0, 0), (0, extra))) for dense in (part.gate, _known(part.up)))
    both = _cast(part.before(x), how) @ jnp.concatenate([gate, up], 1)
    gated, plain = jnp.split(both, 2, axis=-1)
    y = (ACTIVATIONS[part.activation](gated) * plain).astype(jnp.float32)
    # The padded columns are zero: they add nothing to the sums, and the norm divides by the true width.
    mean = y.sum(-1, keepdims=True) / width
    variance = jnp.square(y).sum(-1, keepdims=True) / width - jnp.square(mean)
    y = (y - mean) * jax.lax.rsqrt(variance + _EPSILON) + jnp.pad(_known(_known(part.middle).bias)[...], (0, extra))
    # Padded columns now hold -mean / deviation; the padded rows of the last kernel are zero and drop them.
    return _cast(y, how) @ jnp.pad(_kernel(part.down, how), ((0, extra), (0, 0)))


def _cross_entropy(x: jax.Array, kernel: jax.Array, codes: jax.Array, how: Arithmetic) -> jax.Array:
    scores = kernel.shape[1]
    extra = -scores % how.multiple
    logits = (x @ jnp.pad(kernel.astype(how.dtype), ((0, 0), (0, extra)))).astype(jnp.float32)
    if extra:
        logits = jnp.where(jnp.arange(scores + extra) < scores, logits, _NEVER)
    chosen = jnp.take_along_axis(logits, codes[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(logits, axis=-1) - chosen


def _known(part: Any) -> Any:
    """A part that `refuse_unsupported` has made sure of; the network's types allow for its absence."""
    return part


def _kernel(dense: nnx.Module, how: Arithmetic) -> jax.Array:
    return dense.kernel[...].astype(how.dtype)  # type: ignore[attr-defined,no-any-return]


def _cast(x: jax.Array, how: Arithmetic) -> jax.Array:
    return x.astype(how.dtype)
