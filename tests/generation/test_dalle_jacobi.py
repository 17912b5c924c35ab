"""Drawing several codes a step gives the codes of drawing one a step, and both follow the network's probabilities."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from generation.dalle.arrangement import decoder_weights
from generation.dalle.config import DalleConfig
from generation.dalle.decoding import advance, begin
from generation.dalle.jacobi import advance_guessing, begin_guessing
from generation.dalle.modeling import DalleBart
from generation.dalle.params import flat_parameters, load_dalle
from generation.dalle.sampling import Settings, guided_scores, seed_keys

MINI = Path(__file__).parents[1] / "data" / "oracle" / "dalle-mini-scan"

# Four codes of three kinds: 81 pictures, whose probabilities can all be computed.
FOUR_CODES = DalleConfig(
    encoder_vocab_size=8,
    image_vocab_size=3,
    image_length=4,
    max_text_length=3,
    d_model=16,
    encoder_layers=1,
    decoder_layers=2,
    encoder_attention_heads=2,
    decoder_attention_heads=2,
    encoder_ffn_dim=16,
    decoder_ffn_dim=16,
    decoder_start_token_id=3,
    bos_token_id=3,
    eos_token_id=3,
    pad_token_id=1,
    init_std=0.6,
)
IDS = np.array([[[0, 5, 2]], [[0, 2, 1]]], np.int32)
MASK = np.array([[[1, 1, 1]], [[1, 1, 0]]], np.int32)


@cache
def four_codes() -> DalleBart:
    return DalleBart(FOUR_CODES, rngs=nnx.Rngs(3))


def draw(model: DalleBart, ids: np.ndarray, mask: np.ndarray, settings: Settings, seeds: list[int], window: int):
    """Codes (N, L), scores (N,) and steps; `window` 1 is the plain loop."""
    config, pictures = model.config, len(seeds)
    weights = decoder_weights(config, flat_parameters(model), jnp.float32, config.image_vocab_size)
    text, drawing = begin(config, *nnx.split(model.encoder), weights, ids, mask, pictures)
    keys, until = jnp.asarray(seed_keys(seeds)), jnp.int32(config.image_length)
    if window == 1:
        plain = advance(config, weights, text, drawing, settings, keys, config.image_length, 0)
        return np.asarray(plain.codes), np.asarray(plain.score), int(plain.position)
    guessed = advance_guessing(config, weights, text, begin_guessing(drawing), settings, keys, until, 0, window)
    return np.asarray(guessed.codes), np.asarray(guessed.score), int(guessed.steps)


def settings_of(pictures: int, guidance: float, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0):
    values = (guidance, temperature, top_k, top_p)
    kinds = (jnp.float32, jnp.float32, jnp.int32, jnp.float32)
    return Settings(*(jnp.full(pictures, value, kind) for value, kind in zip(values, kinds, strict=True)))


def probabilities(model: DalleBart, guidance: float, temperature: float) -> dict[tuple[int, ...], float]:
    """The probability of every picture, by the network as training uses it."""
    pictures = np.array(list(itertools.product(range(3), repeat=4)), np.int32)
    before = np.concatenate([np.full((81, 1), 3, np.int32), pictures[:, :-1]], axis=1)
    sides = [
        model(np.repeat(ids, 81, axis=0), np.repeat(mask, 81, axis=0), before)[..., :3]
        for ids, mask in zip(IDS, MASK, strict=True)
    ]
    scores = guided_scores(jnp.stack(sides).reshape(2, -1, 3), jnp.full(81 * 4, guidance)) / temperature
    each = jax.nn.log_softmax(scores).reshape(81, 4, 3)
    whole = np.exp(np.take_along_axis(np.asarray(each), pictures[..., None], axis=2).sum((1, 2)))
    return dict(zip(map(tuple, pictures.tolist()), whole.tolist(), strict=True))


@pytest.mark.parametrize("window", [1, 2, 4])
def test_pictures_are_as_frequent_as_the_network_says(window: int) -> None:
    count = 8192
    expected = probabilities(four_codes(), guidance=1.5, temperature=0.8)
    assert sum(expected.values()) == pytest.approx(1)
    settings = settings_of(count, 1.5, 0.8)
    codes, _, _ = draw(four_codes(), IDS, MASK, settings, list(range(count)), window)
    drawn = dict.fromkeys(expected, 0)
    for row in codes.tolist():
        drawn[tuple(row)] += 1
    usual = [picture for picture, share in expected.items() if share * count >= 5]
    rare = [picture for picture in expected if picture not in usual]
    pairs = [(drawn[picture], expected[picture] * count) for picture in usual]
    pairs.append((sum(drawn[picture] for picture in rare), sum(expected[picture] for picture in rare) * count))
    chi_square = sum((seen - due) ** 2 / due for seen, due in pairs)
    degrees = len(pairs) - 1
    assert degrees > 20
    # Of right samplers, one in a thousand seeds would exceed this: Wilson and Hilferty's approximation at 3.09 sigma.
    assert chi_square < degrees * (1 - 2 / (9 * degrees) + 3.09 * (2 / (9 * degrees)) ** 0.5) ** 3


@pytest.fixture(scope="module")
def mini() -> DalleBart:
    return load_dalle(MINI)


GOLDEN = np.load(MINI / "golden.npz")
TEXTS = tuple(np.stack([GOLDEN[part][:3], GOLDEN[f"{part}_uncond"][:3]]) for part in ("input_ids", "attention_mask"))
SEEDS = [4, 2**40, 7]
MIXED = Settings(
    guidance_scale=jnp.array([3.0, 10.0, 0.0]),
    temperature=jnp.array([1.0, 0.5, 1.5]),
    top_k=jnp.array([1, 50, 0]),
    top_p=jnp.array([1.0, 0.9, 1.0]),
)


@pytest.mark.parametrize("window", [7, 64])
def test_the_codes_are_those_of_one_a_step(mini: DalleBart, window: int) -> None:
    codes, scores, _ = draw(mini, *TEXTS, MIXED, SEEDS, 1)
    guessed, guessed_scores, steps = draw(mini, *TEXTS, MIXED, SEEDS, window)
    np.testing.assert_array_equal(guessed, codes)
    np.testing.assert_allclose(guessed_scores, scores, rtol=1e-4)
    assert steps <= mini.config.image_length


def test_guesses_that_are_right_save_steps(mini: DalleBart) -> None:
    # Where the best code is taken, and it is mostly the one above or the one of the step before, guesses are right.
    best = settings_of(3, guidance=1.0, top_k=1)
    plain, _, _ = draw(mini, *TEXTS, best, SEEDS, 1)
    codes, _, steps = draw(mini, *TEXTS, best, SEEDS, 8)
    np.testing.assert_array_equal(codes, plain)
    assert steps < mini.config.image_length


def test_company_changes_no_code(mini: DalleBart) -> None:
    window = 7
    together, _, _ = draw(mini, *TEXTS, MIXED, SEEDS, window)
    for index, seed in enumerate(SEEDS):
        texts = [part[:, index : index + 1] for part in TEXTS]
        alone, _, _ = draw(mini, *texts, Settings(*(value[index : index + 1] for value in MIXED)), [seed], window)
        np.testing.assert_array_equal(alone[0], together[index])
