"""The compiled programs of a drawing: read the texts, then advance all pictures by as many codes as asked.

Axes as in `stepping.py`. A program is compiled once for each number of pictures, of sides, and of codes that one call
advances, whatever the prompts, seeds and settings.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from generation.dalle.arrangement import DecoderWeights
from generation.dalle.config import DalleConfig
from generation.dalle.modeling import Encoder
from generation.dalle.sampling import Settings, draw_codes
from generation.dalle.stepping import PictureMemory, TextMemory, empty_memory, remember_text, step

Array = jax.Array


class Drawing(NamedTuple):
    """Pictures in the making."""

    position: Array  # () int32, how many codes are drawn
    codes: Array  # (N, L) int32
    score: Array  # (N,) float32, sum of the codes' log-probabilities
    memory: PictureMemory


@partial(jax.jit, static_argnames=("config", "encoder", "pictures"))
def begin(
    config: DalleConfig,
    encoder: nnx.GraphDef[Encoder],
    encoder_state: Any,
    weights: DecoderWeights,
    ids: Array,
    mask: Array,
    pictures: int,
) -> tuple[TextMemory, Drawing]:
    """Read the texts, ids and mask (S, G, T), and prepare `pictures` empty pictures for them."""
    sides, groups, length = ids.shape
    flat_ids, flat_mask = ids.reshape(-1, length), mask.reshape(-1, length)
    text = nnx.merge(encoder, encoder_state)(flat_ids, flat_mask)
    text = text.reshape(sides, groups, length, -1)
    drawing = Drawing(
        position=jnp.zeros((), jnp.int32),
        codes=jnp.full((pictures, config.image_length), config.decoder_start_token_id, jnp.int32),
        score=jnp.zeros((pictures,), jnp.float32),
        memory=empty_memory(config, weights, sides, pictures),
    )
    return remember_text(config, weights, text, mask), drawing


@partial(jax.jit, static_argnames=("config", "count", "most_kept"), donate_argnames="drawing")
def advance(
    config: DalleConfig,
    weights: DecoderWeights,
    text: TextMemory,
    drawing: Drawing,
    settings: Settings,
    keys: Array,
    count: int,
    most_kept: int,
) -> Drawing:
    """Draw the next `count` codes, as one compiled loop. keys (N, 2); `most_kept` as in `draw_codes`.

    The count is a part of the program: a GPU that asks the host whether to go on waits for it at each code.
    """

    def one_more(_: Any, drawing: Drawing) -> Drawing:
        position = drawing.position
        last = jax.lax.dynamic_index_in_dim(drawing.codes, jnp.maximum(position - 1, 0), axis=1, keepdims=False)
        last = jnp.where(position == 0, config.decoder_start_token_id, last)
        scores, memory = step(config, weights, text, drawing.memory, last, position)
        drawn, log_probability = draw_codes(scores, settings, keys, position, most_kept)
        codes = jax.lax.dynamic_update_slice(drawing.codes, drawn[:, None], (0, position))
        return Drawing(position + 1, codes, drawing.score + log_probability, memory)

    advanced: Drawing = jax.lax.fori_loop(0, count, one_more, drawing)
    return advanced
