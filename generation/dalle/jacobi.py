"""Several codes a step: the codes that one a step would draw, found by guessing and confirming.

A code is the best of its scores and of the noise that its seed and position fix (`sampling.py`): a picture is a
function of its seed, and that function can be solved by iteration. A step reads a window of guesses and draws each
position of it anew. The first draw follows codes that are sure, so it is right; the next is right if the guess before
it was what was drawn there; and so on to the first wrong guess, behind which all draws serve as the next guesses. A
step costs little more than one of a single code where reading the weights is what takes the time.

This is speculative Jacobi decoding (arXiv 2410.01699), with the noise kept from step to step as the coupling of drafts
and draws. Where that method, and SJD++ (arXiv 2512.07503), accept and draw again by chance, so that only the
distribution of pictures is kept, here the picture of each seed is: nothing but rounding can tell the two loops apart.

Axes as in `stepping.py`; W positions of a window.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from generation.dalle.arrangement import AttentionWeights, DecoderWeights
from generation.dalle.config import DalleConfig
from generation.dalle.decoding import Drawing
from generation.dalle.sampling import Settings, draw_codes
from generation.dalle.stepping import (
    PictureMemory,
    TextMemory,
    embed,
    leave_attention,
    queries_keys_values,
    through_layers,
)

Array = jax.Array


class GuessedDrawing(NamedTuple):
    """Pictures in the making, each as far as its guesses were right."""

    drawn: Array  # (N,) int32, how many codes of each picture are sure
    guessed: Array  # (N,) int32, up to where `codes` holds sure ones and then guesses
    codes: Array  # (N, L) int32
    score: Array  # (N,) float32, sum of the sure codes' log-probabilities
    memory: PictureMemory
    steps: Array  # () int32, how many steps it took


def begin_guessing(drawing: Drawing) -> GuessedDrawing:
    """What `decoding.begin` gives, for `advance_guessing` to go on with."""
    drawn, guessed = (jnp.zeros(drawing.codes.shape[:1], jnp.int32) for _ in range(2))  # each is changed in place
    return GuessedDrawing(drawn, guessed, drawing.codes, drawing.score, drawing.memory, jnp.int32(0))


@partial(jax.jit, static_argnames=("config", "most_kept", "window"), donate_argnames="drawing")
def advance_guessing(
    config: DalleConfig,
    weights: DecoderWeights,
    text: TextMemory,
    drawing: GuessedDrawing,
    settings: Settings,
    keys: Array,
    until: Array,
    most_kept: int,
    window: int,
) -> GuessedDrawing:
    """Draw until every picture has `until` () sure codes, reading `window` (1 to L) positions a step.

    keys (N, 2); `most_kept` as in `draw_codes`.
    """
    row_settings = Settings(*(jnp.repeat(setting, window) for setting in settings))
    row_keys = jnp.repeat(keys, window, axis=0)

    def one_more(drawing: GuessedDrawing) -> GuessedDrawing:
        positions, guesses, before = _window(config, drawing, window)
        scores, memory = _window_step(config, weights, text, drawing.memory, before, positions)
        draws, log_probabilities = draw_codes(scores, row_settings, row_keys, positions.reshape(-1), most_kept)
        is_sure = positions < drawing.drawn[:, None]
        draws = jnp.where(is_sure, guesses, draws.reshape(positions.shape))
        follows_sure_ones = jnp.cumprod(jnp.pad((draws == guesses)[:, :-1], ((0, 0), (1, 0)), constant_values=True), 1)
        gained = jnp.where(is_sure, 0.0, log_probabilities.reshape(positions.shape)) * follows_sure_ones
        return GuessedDrawing(
            drawn=positions[:, 0] + follows_sure_ones.sum(1),
            guessed=positions[:, -1] + 1,
            codes=jnp.put_along_axis(drawing.codes, positions, draws, axis=1, inplace=False),
            score=drawing.score + gained.sum(1),
            memory=memory,
            steps=drawing.steps + 1,
        )

    return jax.lax.while_loop(lambda drawing: drawing.drawn.min() < until, one_more, drawing)


def _window(config: DalleConfig, drawing: GuessedDrawing, window: int) -> tuple[Array, Array, Array]:
    """The positions to read, the codes guessed there, and the codes before these, each (N, W).

    At the end of a picture the window reaches back over sure codes rather than over its edge. Where nothing was drawn
    yet, the code above is the guess.
    """
    first = jnp.minimum(drawing.drawn, config.image_length - window)
    positions = first[:, None] + jnp.arange(window)
    above = jnp.maximum(positions - math.isqrt(config.image_length), 0)
    known = jnp.where(positions < drawing.guessed[:, None], positions, above)
    guesses = jnp.take_along_axis(drawing.codes, known, axis=1)
    last = jnp.take_along_axis(drawing.codes, jnp.maximum(first - 1, 0)[:, None], axis=1)
    last = jnp.where(first[:, None] == 0, config.decoder_start_token_id, last)
    return positions, guesses, jnp.concatenate([last, guesses[:, :-1]], axis=1)


def _window_step(
    config: DalleConfig,
    weights: DecoderWeights,
    text: TextMemory,
    memory: PictureMemory,
    before: Array,
    positions: Array,
) -> tuple[Array, PictureMemory]:
    """The codes before `positions`, both (N, W) -> scores of those there (S, N * W, V), and the memory with them."""
    # A query sees the cache up to its own position; what earlier guesses left there was written over just before.
    seen = jnp.arange(config.image_length) <= positions[:, :, None]  # (N, W, L)

    def attend(layer: AttentionWeights, x: Array, cache: Array) -> tuple[Array, Array]:
        return _attend_from_window(config, layer, x, cache, seen, positions[:, 0])

    x = embed(config, weights, before.reshape(-1), positions.reshape(-1))
    return through_layers(config, weights, text, memory, x, attend)


def _attend_from_window(
    config: DalleConfig, weights: AttentionWeights, x: Array, cache: Array, seen: Array, first: Array
) -> tuple[Array, Array]:
    """x (S, N * W, D) -> (S, N * W, D), and the cache with the window's keys and values from `first` (N,) on."""
    pictures, window, _ = seen.shape
    queries, new = (
        part.reshape(part.shape[0], pictures, window, *part.shape[2:])
        for part in queries_keys_values(config, weights, x)
    )
    cache = _written(cache, new, first)
    keys, values = cache[..., 0, :], cache[..., 1, :]
    scores = jnp.einsum("snwhk,snhlk->snhwl", queries, keys, preferred_element_type=jnp.float32)
    attention = jax.nn.softmax(jnp.where(seen[:, None], scores, -jnp.inf)).astype(x.dtype)
    mixed = jnp.einsum("snhwl,snhlk->snwhk", attention, values)
    mixed = mixed.reshape(x.shape[0], pictures * window, *mixed.shape[3:])
    return leave_attention(config, weights, mixed), cache


def _written(cache: Array, new: Array, first: Array) -> Array:
    """cache (S, N, H, L, 2, K) with new (S, N, W, H, 2, K) at positions `first` (N,) and after."""

    def write(cache: Array, new: Array, first: Array) -> Array:
        return jax.lax.dynamic_update_slice(cache, new, (0, 0, first, 0, 0))

    write_all = jax.vmap(write, in_axes=(1, 1, 0), out_axes=1)
    written: Array = write_all(cache, new.swapaxes(2, 3).astype(cache.dtype), first)
    return written
