"""Sequences drawn as the reference draws them, against the oracle: every code."""

from pathlib import Path

import numpy as np
import pytest

from generation.dalle.params import load_dalle
from generation.dalle.reference import ReferenceSampling, draw_as_reference

ORACLE = Path(__file__).parents[1] / "data" / "oracle"


class Oracle:
    """One folder's model and golden arrays."""

    def __init__(self, folder: str) -> None:
        self.golden = np.load(ORACLE / folder / "golden.npz")
        self.model = load_dalle(ORACLE / folder)

    def draw(self, **sampling):
        golden = self.golden
        unconditional = golden["input_ids_uncond"], golden["attention_mask_uncond"]
        texts = golden["input_ids"], golden["attention_mask"]
        return draw_as_reference(self.model, *texts, unconditional, ReferenceSampling(**sampling))

    def seed(self, name: str) -> int:
        return int(self.golden[f"{name}_seed"])


@pytest.fixture(scope="module", params=["dalle-mini-scan", "dalle-mega-scan-fp16"])
def published_shape(request):
    return Oracle(request.param)


@pytest.mark.parametrize("folder", ["dalle-unscan", "dalle-ffn-bias-headscale", "dalle-preln-rms"])
def test_guided_best_codes_of_every_variant_are_the_references(folder):
    oracle = Oracle(folder)
    drawn = oracle.draw(condition_scale=float(oracle.golden["supercond_scale"]), seed=0, top_k=1)
    np.testing.assert_array_equal(drawn.codes, oracle.golden["supercond_argmax_sequences"])
    np.testing.assert_allclose(drawn.scores, oracle.golden["supercond_argmax_logits"], rtol=0, atol=5e-4)


def test_guided_best_codes_are_the_references(published_shape):
    golden = published_shape.golden
    drawn = published_shape.draw(condition_scale=float(golden["supercond_scale"]), seed=0, top_k=1)
    tolerance = 5e-2 if published_shape.model.config.d_model == 48 else 5e-4
    np.testing.assert_array_equal(drawn.codes, golden["supercond_argmax_sequences"])
    np.testing.assert_allclose(drawn.scores, golden["supercond_argmax_logits"], rtol=0, atol=tolerance)


def test_best_codes_are_the_references_and_end_with_the_eos_token(published_shape):
    golden = published_shape.golden
    np.testing.assert_array_equal(published_shape.draw().codes, golden["greedy_sequences"])
    ended = published_shape.draw(eos_token_id=int(golden["greedy_eos_token_id"]))
    np.testing.assert_array_equal(ended.codes, golden["greedy_eos_sequences"])


def test_sampled_codes_are_the_references(published_shape):
    seed = published_shape.seed("sample_default")
    drawn = published_shape.draw(condition_scale=2.0, seed=seed)
    np.testing.assert_array_equal(drawn.codes, published_shape.golden["sample_default_sequences"])


def test_sampled_codes_with_temperature_top_k_and_top_p_are_the_references():
    oracle = Oracle("dalle-mini-scan")
    drawn = oracle.draw(temperature=0.8, top_k=20, top_p=0.9, seed=oracle.seed("sample_warped"))
    np.testing.assert_array_equal(drawn.codes, oracle.golden["sample_warped_sequences"])
