"""The seq2seq network against the oracle: the reference's outputs on its own checkpoints."""

from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx

from generation.dalle.modeling import mean_cross_entropy
from generation.dalle.params import load_dalle

ORACLE = Path(__file__).parents[1] / "data" / "oracle"
FOLDERS = {
    "dalle-mini-scan": (5e-5, 1e-4),
    "dalle-mega-scan-fp16": (5e-3, 2e-2),
    "dalle-unscan": (5e-5, 1e-4),
    "dalle-ffn-bias-headscale": (5e-5, 1e-4),
    "dalle-preln-rms": (5e-5, 1e-4),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_encoder_states_and_scores_are_the_references(folder):
    states_tolerance, scores_tolerance = FOLDERS[folder]
    golden = np.load(ORACLE / folder / "golden.npz")
    graph, parameters = nnx.split(load_dalle(ORACLE / folder))

    @jax.jit
    def states_and_scores(parameters, ids, mask, decoder_ids):
        model = nnx.merge(graph, parameters)
        states = model.encoder(ids, mask)
        return states, model.logits(model.decoder(decoder_ids, states, mask))

    for side in ("", "_uncond"):
        states, scores = states_and_scores(
            parameters, golden["input_ids" + side], golden["attention_mask" + side], golden["decoder_input_ids"]
        )
        np.testing.assert_allclose(states, golden["encoder_last_hidden_state" + side], rtol=0, atol=states_tolerance)
        np.testing.assert_allclose(scores, golden["logits" + side], rtol=0, atol=scores_tolerance)
        if side == "" and "loss" in golden:
            np.testing.assert_allclose(mean_cross_entropy(scores, golden["labels"]), golden["loss"], rtol=1e-5)
