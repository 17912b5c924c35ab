"""The seq2seq network against the oracle: the reference's outputs on its own checkpoints."""

import json
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from generation.dalle.config import DalleConfig
from generation.dalle.modeling import DalleBart, mean_cross_entropy
from generation.dalle.params import load_dalle, name_table, published_weights
from generation.files.weights import read_weights, weights_file

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


def test_states_and_attention_of_every_layer_are_the_references():
    golden = np.load(ORACLE / "dalle-unscan" / "golden.npz")
    model = load_dalle(ORACLE / "dalle-unscan")
    mask = (golden["attention_mask"] > 0)[:, None, None, :]

    @nnx.jit
    def encoder_states(encoder, ids):
        states = [encoder.embed(ids)]
        for layer in encoder.layers:
            states.append(layer(states[-1], mask))
        first = encoder.layers[0]
        x = first.before_attention(states[0])
        queries, (keys, _) = first.attention.queries(x), first.attention.keys_values(x)
        return states, first.attention.weights(queries, keys, mask)

    @nnx.jit
    def decoder_states(decoder, ids, text):
        length = ids.shape[1]
        causal = jnp.tril(jnp.ones((1, 1, length, length), bool))
        states = [decoder.embed(ids, jnp.arange(length))]
        for layer in decoder.layers:
            states.append(layer(states[-1], causal, text, mask))
        first = decoder.layers[0]
        x = states[0] + first.after_attention(first.attention(first.before_attention(states[0]), causal))
        queries = first.cross_attention.queries(first.before_cross_attention(x))
        return states, first.cross_attention.weights(queries, first.cross_attention.keys_values(text)[0], mask)

    states, attention = encoder_states(model.encoder, golden["input_ids"])
    np.testing.assert_allclose(np.stack(states), golden["encoder_hidden_states"], rtol=0, atol=5e-5)
    np.testing.assert_allclose(attention, golden["encoder_attention_layer0"], rtol=0, atol=1e-5)
    text = golden["encoder_last_hidden_state"]
    states, attention = decoder_states(model.decoder, golden["decoder_input_ids"], text)
    np.testing.assert_allclose(np.stack(states), golden["decoder_hidden_states"], rtol=0, atol=5e-5)
    np.testing.assert_allclose(attention, golden["cross_attention_layer0"], rtol=0, atol=1e-5)


def test_half_precision_computes_what_the_reference_does():
    folder = ORACLE / "dalle-mega-scan-fp16"
    golden = np.load(folder / "golden.npz")
    model = load_dalle(folder, dtype=jnp.float16, param_dtype=jnp.float16)
    inputs = (golden["input_ids"], golden["attention_mask"], golden["decoder_input_ids"])
    scores = nnx.jit(lambda model, *inputs: model(*inputs))(model, *inputs)
    np.testing.assert_allclose(scores, golden["logits_fp16_compute"].astype(np.float32), rtol=0, atol=0.1)


@pytest.mark.parametrize("folder", ["dalle-mini-scan", "dalle-unscan", "dalle-preln-rms", "dalle-ffn-bias-headscale"])
def test_a_checkpoint_saved_from_the_network_is_the_one_it_was_loaded_from(folder):
    weights = read_weights(weights_file(ORACLE / folder))
    saved = published_weights(load_dalle(ORACLE / folder))
    assert saved.keys() == weights.keys()
    assert all(np.array_equal(saved[name], weights[name]) for name in weights)


@pytest.mark.parametrize("folder", ["dalle-mini-scan", "dalle-unscan", "dalle-ffn-bias-headscale", "dalle-preln-rms"])
def test_loss_and_gradients_are_the_references(folder):
    golden = np.load(ORACLE / folder / "golden.npz")
    model = load_dalle(ORACLE / folder)
    by_name = published_gradients(model, loss_and_gradients(model, golden)[1])
    for name, norm in zip(golden["grad_norm_names"], golden["grad_norms"], strict=True):
        assert np.linalg.norm(by_name[str(name)]) == pytest.approx(float(norm), rel=1e-3, abs=1e-6), name
    for key in (key for key in golden if key.startswith("grad:")):
        np.testing.assert_allclose(by_name[key.removeprefix("grad:")], golden[key], rtol=0, atol=1e-5)


def test_six_steps_of_adamw_lose_what_the_reference_loses():
    golden = np.load(ORACLE / "dalle-mini-scan" / "golden.npz")
    graph, parameters = nnx.split(load_dalle(ORACLE / "dalle-mini-scan"))
    optimiser = optax.adamw(1e-2, b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0)

    @jax.jit
    def train(parameters, memory):
        loss, gradients = jax.value_and_grad(lambda p: batch_loss(nnx.merge(graph, p), golden))(parameters)
        updates, memory = optimiser.update(gradients, memory, parameters)
        return optax.apply_updates(parameters, updates), memory, loss

    memory = optimiser.init(parameters)
    losses = []
    for _ in golden["adamw_losses"]:
        parameters, memory, loss = train(parameters, memory)
        losses.append(float(loss))
    np.testing.assert_allclose(losses, golden["adamw_losses"], rtol=1e-3)


@pytest.mark.parametrize("tree", ["mini-1", "mega-1", "mini_glu-unscanned"])
def test_names_and_shapes_of_the_real_models_are_the_references(tree):
    described = json.loads((ORACLE / "full-size-trees" / f"{tree}.json").read_text())
    config = DalleConfig.from_dict(described["config"])
    table = {name: list(entry.shape) for name, entry in name_table(config).items()}
    assert table == {name: shape for name, (shape, _) in described["tree"].items()}
    assert sum(math.prod(shape) for shape in table.values()) == described["parameters"]
    named = {"mini-1": DalleConfig.mini_1(), "mega-1": DalleConfig.mega_1()}.get(tree)
    assert named in (None, config)


@pytest.mark.parametrize("name", ["mini_1", "mega_1"])
def test_the_real_models_compute_what_their_sizes_say(name):
    config = getattr(DalleConfig, name)()
    graph, parameters = nnx.split(DalleBart(config, rngs=None))
    text = jax.ShapeDtypeStruct((2, 64), jnp.int32)
    codes = jax.ShapeDtypeStruct((2, 256), jnp.int32)
    scores = jax.eval_shape(lambda parameters, *ids: nnx.merge(graph, parameters)(*ids), parameters, text, text, codes)
    assert (scores.shape, scores.dtype) == ((2, 256, config.image_vocab_size + 1), jnp.float32)


def batch_loss(model, golden):
    logits = model(golden["input_ids"], golden["attention_mask"], golden["decoder_input_ids"])
    return mean_cross_entropy(logits, golden["labels"])


def loss_and_gradients(model, golden):
    graph, parameters = nnx.split(model)
    return jax.jit(jax.value_and_grad(lambda p: batch_loss(nnx.merge(graph, p), golden)))(parameters)


def published_gradients(model, gradients):
    """Gradients under published names: they have the network's own structure."""
    nnx.update(model, gradients)
    return published_weights(model)
