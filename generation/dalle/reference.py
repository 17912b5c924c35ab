"""Drawing exactly as the reference does, with one key for the whole batch: for checking a checkpoint, not for pictures.

What differs from `decoding.py`: the whole head is scored, also ids that are no codes; rows end with the eos token; the
noise belongs to a place in the batch. Source: dalle-mini's `generate`, Flax's logits warpers in transformers 4.25.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from generation.dalle.arrangement import DecoderWeights, decoder_weights
from generation.dalle.config import DalleConfig
from generation.dalle.modeling import DalleBart, Encoder
from generation.dalle.params import flat_parameters
from generation.dalle.sampling import guided_scores
from generation.dalle.stepping import TextMemory, empty_memory, remember_text, step

Array = jax.Array


@dataclass(frozen=True)
class ReferenceSampling:
    """The arguments of the reference's `generate`. `seed` None takes the best code at each step.

    The best codes keep an eos that they reach; a sampled eos becomes padding.
    """

    condition_scale: float = 1.0
    seed: int | None = None
    temperature: float = 1.0
    top_k: int = 50
    top_p: float = 1.0
    eos_token_id: int | None = None


@dataclass(frozen=True)
class Sequences:
    """`codes` (B, L + 1), the start token first; `scores` (B, L, V), guided, before temperature and truncation."""

    codes: Array
    scores: Array


def draw_as_reference(
    model: DalleBart,
    ids: np.ndarray,
    mask: np.ndarray,
    unconditional: tuple[np.ndarray, np.ndarray],
    sampling: ReferenceSampling,
) -> Sequences:
    """Texts (B, T), their mask, and ids and mask of the unconditional texts -> sequences."""
    weights = decoder_weights(model.config, flat_parameters(model), model.head.dtype)
    sides = [(ids, mask)] if sampling.condition_scale == 1.0 else [(ids, mask), unconditional]
    side_ids, side_masks = (jnp.stack([jnp.asarray(side[part]) for side in sides]) for part in range(2))
    texts = jnp.stack([_encode(*nnx.split(model.encoder), *side) for side in zip(side_ids, side_masks, strict=True)])
    text = _remember_text(model.config, weights, texts, side_masks)
    # The draws of the reference's JAX; newer versions number the random bits of an array otherwise.
    with jax.threefry_partitionable(False):
        codes, scores = _draw(model.config, sampling, weights, text)
    return Sequences(codes, scores)


@partial(jax.jit, static_argnums=0)
def _encode(encoder: nnx.GraphDef[Encoder], state: Any, ids: Array, mask: Array) -> Array:
    return nnx.merge(encoder, state)(ids, mask)


_remember_text = jax.jit(remember_text, static_argnums=0)


@partial(jax.jit, static_argnums=(0, 1))
def _draw(
    config: DalleConfig, sampling: ReferenceSampling, weights: DecoderWeights, text: TextMemory
) -> tuple[Array, Array]:
    sides, rows = text.seen.shape[:2]
    eos = config.eos_token_id if sampling.eos_token_id is None else sampling.eos_token_id
    scale = jnp.full((rows,), sampling.condition_scale)
    start = jnp.full((rows,), config.decoder_start_token_id, jnp.int32)
    memory = empty_memory(config, weights, sides, rows)
    key = jax.random.key(sampling.seed or 0, impl="threefry2x32")

    def one_more(carry, position):  # type: ignore[no-untyped-def]
        last, ended, memory, key = carry
        scores, memory = step(config, weights, text, memory, last, position)
        scores = guided_scores(scores, scale)
        if sampling.seed is None:
            drawn = jnp.where(ended, config.pad_token_id, scores.argmax(-1))
            ended = ended | (drawn == eos)
        else:
            now, key = jax.random.split(key)
            drawn = jax.random.categorical(now, _warp(scores, sampling))
            ended = ended | (drawn == eos)
            drawn = jnp.where(ended, config.pad_token_id, drawn)
        drawn = drawn.astype(jnp.int32)
        return (drawn, ended, memory, key), (drawn, scores)

    carry = (start, jnp.zeros((rows,), bool), memory, key)
    _, (codes, scores) = jax.lax.scan(one_more, carry, jnp.arange(config.image_length))
    return jnp.concatenate([start[:, None], codes.T], axis=1), scores.swapaxes(0, 1)


def _warp(scores: Array, sampling: ReferenceSampling) -> Array:
    """scores (B, V) -> the same with what must not be drawn at minus infinity: temperature, top-k, then top-p."""
    scores = scores / sampling.temperature
    values, codes = jax.lax.top_k(scores, scores.shape[-1])
    kept = jnp.arange(values.shape[-1]) < (sampling.top_k or values.shape[-1])
    probabilities = jax.nn.softmax(jnp.where(kept, values, -jnp.inf))
    before = jnp.cumsum(probabilities, axis=-1) - probabilities
    kept = kept & ((before < sampling.top_p) | (jnp.arange(values.shape[-1]) == 0))
    rows = jnp.arange(scores.shape[0])[:, None]
    return jnp.full_like(scores, -jnp.inf).at[rows, codes].set(jnp.where(kept, values, -jnp.inf))
