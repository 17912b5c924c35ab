"""The training loss gives the oracle's numbers, and training goes on after being killed."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from generation.dalle.params import load_dalle, name_table
from generation.training.chained import Schedule
from generation.training.checkpoints import load_state, save_state
from generation.training.errors import TrainingError
from generation.training.optimisers import orthogonalise, rate_at
from generation.training.seq2seq import Pairs, train_seq2seq
from generation.training.teacher_forcing import Arithmetic, code_losses, refuse_unsupported

ORACLE = Path(__file__).parents[1] / "data/oracle"
MINI = ORACLE / "dalle-mini-scan"


@pytest.fixture(scope="module")
def golden():
    with np.load(MINI / "golden.npz") as stored:
        return {
            name: stored[name]
            for name in ("input_ids", "attention_mask", "labels", "loss", "grad_norm_names", "grad_norms")
        }


@pytest.mark.parametrize("multiple", [1, 64])
def test_the_loss_is_the_references_however_widths_are_padded(golden, multiple):
    losses = code_losses(
        load_dalle(MINI), jnp.asarray(golden["input_ids"]), jnp.asarray(golden["attention_mask"]),
        jnp.asarray(golden["labels"]), Arithmetic(multiple=multiple),
    )  # fmt: skip
    np.testing.assert_allclose(losses.mean(), golden["loss"], rtol=1e-5)


def test_the_gradients_are_the_references(golden):
    graph, parameters = nnx.split(load_dalle(MINI), nnx.Param)

    def loss(parameters):
        model = nnx.merge(graph, parameters)
        arrays = (jnp.asarray(golden[name]) for name in ("input_ids", "attention_mask", "labels"))
        return code_losses(model, *arrays, Arithmetic(multiple=64)).mean()

    gradients = dict(nnx.to_flat_state(jax.jit(jax.grad(loss))(parameters)))
    expected = dict(zip(map(str, golden["grad_norm_names"]), golden["grad_norms"], strict=True))
    for name, entry in name_table(load_dalle(MINI).config).items():
        parts = [np.asarray(gradients[path].get_value()) for path in entry.ours]
        norm = np.sqrt(sum(np.square(part.astype(np.float64)).sum() for part in parts))
        np.testing.assert_allclose(norm, expected[name], rtol=1e-3, atol=1e-7, err_msg=name)


def test_a_network_it_cannot_walk_is_refused_by_name():
    with pytest.raises(TrainingError, match="ln_positions"):
        refuse_unsupported(load_dalle(ORACLE / "dalle-preln-rms"))


def some_pairs(config):
    random = np.random.default_rng(0)
    return Pairs(
        jnp.asarray(random.integers(3, config.encoder_vocab_size, (16, config.max_text_length)), jnp.int16),
        jnp.full(16, 5, jnp.int16),
        jnp.asarray(random.integers(0, 8, (16, config.image_length)), jnp.int16),
    )


def test_training_lowers_the_loss_and_a_second_run_ends_where_the_first_did(tmp_path):
    model = load_dalle(MINI)
    pairs = some_pairs(model.config)
    blank = (np.ones(model.config.max_text_length, np.int32), 2)
    schedule = Schedule(batch=8, steps=8, steps_a_call=4, warm_up=2, peak_rate=3e-3)
    seen = []
    checkpoint = tmp_path / "state"
    train_seq2seq(model, pairs, pairs, blank, schedule, Arithmetic(), checkpoint, seen.append)
    assert seen[-1].figures["loss"] < seen[0].figures["loss"]
    again = []
    train_seq2seq(load_dalle(MINI), pairs, pairs, blank, schedule, Arithmetic(), checkpoint, again.append)
    assert again == []  # the checkpoint was at the end already


def test_a_checkpoint_comes_back_as_it_was_and_another_models_is_refused(tmp_path):
    state = {"a": jnp.arange(3.0), "step": jnp.int32(7)}
    save_state(tmp_path / "state", state)
    back = load_state(tmp_path / "state", {"a": jnp.zeros(3), "step": jnp.int32(0)})
    assert int(back["step"]) == 7
    np.testing.assert_array_equal(back["a"], state["a"])
    with pytest.raises(TrainingError, match="another model"):
        load_state(tmp_path / "state", {"a": jnp.zeros(4), "step": jnp.int32(0)})
    (tmp_path / "broken").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match="no checkpoint"):
        load_state(tmp_path / "broken", state)


def test_orthogonalised_matrices_have_singular_values_near_one():
    matrices = jax.random.normal(jax.random.key(0), (3, 8, 20))
    values = np.linalg.svd(np.asarray(orthogonalise(matrices)), compute_uv=False)
    assert values.min() > 0.5
    assert values.max() < 1.4


def test_the_rate_warms_up_and_ends_at_zero():
    rates = [float(rate_at(jnp.int32(step), jnp.int32(100), peak=1.0, warm_up=10)) for step in range(101)]
    assert rates[0] < rates[5] < rates[9]
    assert max(rates) <= 1.0
    assert rates[100] == 0.0
