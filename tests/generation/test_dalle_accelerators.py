"""What is arranged otherwise for GPUs and TPUs computes what the arrangement for CPUs does; here both run on a CPU."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from generation.dalle.arrangement import decoder_weights
from generation.dalle.config import DalleConfig
from generation.dalle.modeling import DalleBart
from generation.dalle.params import flat_parameters
from generation.dalle.sampling import SORTED_AT_ONCE, largest_by_blocks
from generation.dalle.stepping import empty_memory, remember_text, step

# A feed-forward of 90 is widened to 128.
CONFIG = replace(
    DalleConfig.mini_1(),
    encoder_vocab_size=20,
    image_vocab_size=50,
    image_length=9,
    max_text_length=5,
    d_model=32,
    encoder_layers=1,
    decoder_layers=2,
    encoder_attention_heads=2,
    decoder_attention_heads=2,
    encoder_ffn_dim=10,
    decoder_ffn_dim=90,
    decoder_start_token_id=50,
    init_std=0.4,
)
PICTURES = 4


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    "options",
    [{}, {"use_bias": True, "force_ln_scale": True}, {"ln_type": "rmsnorm", "use_glu": False}],
    ids=["as published", "biases and scales", "rmsnorm without gates"],
)
def test_scores_are_those_of_a_cpus_arrangement(options: dict[str, object], groups: int) -> None:
    config = replace(CONFIG, **options)
    parameters = flat_parameters(DalleBart(config, rngs=nnx.Rngs(0)))
    parameters = {path: array + 0.1 * array.mean() for path, array in parameters.items()}
    for path, array in parameters.items():
        if path[-1] == "bias":
            parameters[path] = jax.random.normal(jax.random.key(len(path)), array.shape)
    texts = jax.random.normal(jax.random.key(1), (2, groups, config.max_text_length, config.d_model))
    mask = jnp.arange(config.max_text_length) < jnp.array([[3] * groups, [1] * groups])[..., None]
    of_backend = {}
    for backend in ("cpu", "gpu"):
        weights = decoder_weights(config, dict(parameters), jnp.float32, backend=backend)
        text = remember_text(config, weights, texts, mask)
        memory = empty_memory(config, weights, 2, PICTURES)
        scores = []
        for position in range(3):
            codes = jnp.arange(PICTURES) + position
            now, memory = step(config, weights, text, memory, codes, jnp.int32(position))
            scores.append(now)
        of_backend[backend] = np.stack(scores)
    assert weights.layers[0].down.kernel.shape[0] == 128
    assert of_backend["cpu"].std() > 0.1
    np.testing.assert_allclose(of_backend["gpu"], of_backend["cpu"], atol=2e-4)


@pytest.mark.parametrize("count", [1, 64, 512])
def test_the_largest_by_blocks_are_the_largest_and_the_first_of_equal_ones(count: int) -> None:
    scores = jax.random.normal(jax.random.key(0), (3, 4 * SORTED_AT_ONCE))
    scores = jnp.round(scores * 8) / 8
    assert len(np.unique(scores)) < 100  # so that most are equal to others
    values, codes = largest_by_blocks(scores, count)
    expected_values, expected_codes = jax.lax.top_k(scores, count)
    np.testing.assert_array_equal(values, expected_values)
    np.testing.assert_array_equal(codes, expected_codes)
