"""From scores to codes: guidance, temperature, top-k, top-p and the draw, one random stream a picture.

The noise of a picture belongs to its seed, the step and the code, never to a place in a batch or in a ranking: so the
picture of a seed is the same whatever is drawn beside it, and two codes that change ranks by a rounding error keep
their noise. The reference draws with one key for the whole batch; that lives in `reference.py`.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array

SORTED_AT_ONCE = 1024  # scores


class Settings(NamedTuple):
    """Sampling settings of N pictures, each (N,). `top_k` 0 and `top_p` 1 keep every code."""

    guidance_scale: Array
    temperature: Array
    top_k: Array
    top_p: Array


def seed_keys(seeds: list[int]) -> np.ndarray[tuple[int, int], np.dtype[np.uint32]]:
    """The Threefry key of each seed (0 to 2**64 - 1): (N, 2) uint32. Below 2**32 it is `jax.random.key(seed)`'s."""
    return np.array([[seed >> 32, seed & 0xFFFFFFFF] for seed in seeds], np.uint32)


def guided_scores(scores: Array, guidance_scale: Array) -> Array:
    """Scores (S, N, V), with the prompt first -> (N, V): without + scale * (with - without); S may be 1, unguided."""
    if scores.shape[0] == 1:
        return scores[0]
    return scores[1] + guidance_scale[:, None] * (scores[0] - scores[1])


def draw_codes(scores: Array, settings: Settings, keys: Array, position: Array, most_kept: int) -> tuple[Array, Array]:
    """Scores (S, N, V), keys (N, 2) -> the codes drawn (N,) int32 and their log-probabilities (N,) float32.

    `position` is that of all codes, (), or of each, (N,). `most_kept` is the largest top-k of all pictures, 0 if one of
    them keeps every code. The log-probability is that of the prompt's own distribution, before guidance and truncation:
    it says how well the code fits the prompt, where the guided one would only say how sharp the guidance is.
    """
    guided = guided_scores(scores, settings.guidance_scale)
    values, codes = _largest(guided, most_kept or guided.shape[-1])
    values = values / settings.temperature[:, None]
    kept = _kept(values, settings)
    noisy = jnp.where(kept, values + _gumbel(keys, position, codes), -jnp.inf)
    drawn = jnp.take_along_axis(codes, noisy.argmax(-1)[:, None], axis=-1)
    chosen = jnp.take_along_axis(scores[0], drawn, axis=-1)[:, 0]
    return drawn[:, 0].astype(jnp.int32), chosen - jax.nn.logsumexp(scores[0], axis=-1)


def _largest(scores: Array, count: int) -> tuple[Array, Array]:
    """Scores (N, V) -> the `count` largest of each row, descending, and their codes."""
    blocks, rest = divmod(scores.shape[-1], SORTED_AT_ONCE)
    if rest or blocks * count > scores.shape[-1] // 2:
        return _top_k(scores, count)
    by_blocks = partial(largest_by_blocks, count=count)
    largest: tuple[Array, Array] = jax.lax.platform_dependent(
        scores, cpu=partial(_top_k, count=count), default=by_blocks
    )
    return largest


def _top_k(scores: Array, count: int) -> tuple[Array, Array]:
    values, codes = jax.lax.top_k(scores, count)
    return values, codes


def largest_by_blocks(scores: Array, count: int) -> tuple[Array, Array]:
    """What `jax.lax.top_k` gives, of scores (N, V) with V a multiple of `SORTED_AT_ONCE`.

    First the largest of each block, then those of all: a GPU sorts a block in one kernel, but sorts long rows in many.
    """
    blocks = scores.reshape(len(scores), -1, SORTED_AT_ONCE)
    values, places = _top_k(blocks, count)
    codes = places + SORTED_AT_ONCE * jnp.arange(blocks.shape[1], dtype=places.dtype)[:, None]
    values, places = _top_k(values.reshape(len(scores), -1), count)
    return values, jnp.take_along_axis(codes.reshape(len(scores), -1), places, axis=-1)


def _kept(values: Array, settings: Settings) -> Array:
    """values (N, kept), descending -> which of them may be drawn; the first always may."""
    ranks = jnp.arange(values.shape[-1])
    top_k = jnp.where(settings.top_k == 0, values.shape[-1], settings.top_k)
    in_top_k = ranks < top_k[:, None]
    probabilities = jax.nn.softmax(jnp.where(in_top_k, values, -jnp.inf))
    before = jnp.cumsum(probabilities, axis=-1) - probabilities
    return in_top_k & ((before < settings.top_p[:, None]) | (ranks == 0))


def _gumbel(keys: Array, position: Array, codes: Array) -> Array:
    """keys (N, 2), codes (N, kept), their position () or (N,) -> Gumbel noise of the same shape as the codes.

    Threefry's own output serves as the random bits, so that no flag of JAX changes a picture.
    """

    def random_bits(key: Array, position: Array, code: Array) -> Array:
        step_key = jax.random.fold_in(jax.random.wrap_key_data(key, impl="threefry2x32"), position)
        return jax.random.key_data(jax.random.fold_in(step_key, code))[0]

    positions = jnp.broadcast_to(position, codes.shape[:1])
    bits = jax.vmap(jax.vmap(random_bits, in_axes=(None, None, 0)))(keys, positions, codes)
    # 23 bits of mantissa give [0, 1); half a step more keeps the logarithm away from 0.
    uniform = (bits >> 9).astype(jnp.float32) * 2.0**-23 + 2.0**-24
    return -jnp.log(-jnp.log(uniform))
