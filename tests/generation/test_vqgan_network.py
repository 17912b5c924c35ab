"""The VQGAN against the oracle: the reference's outputs on its own checkpoints."""

import json
import math
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from generation.errors import ModelFileError
from generation.files.weights import read_weights
from generation.vqgan.config import VqganConfig
from generation.vqgan.modeling import Vqgan, to_uint8
from generation.vqgan.params import load_vqgan, name_table, published_weights

ORACLE = Path(__file__).parents[1] / "data" / "oracle"


@pytest.mark.parametrize("folder", ["vqgan-f4", "vqgan-f2"])
def test_codes_and_pixels_are_the_references(folder):
    golden = np.load(ORACLE / folder / "golden.npz")
    graph, parameters = nnx.split(load_vqgan(ORACLE / folder))

    @jax.jit
    def encode(parameters, pixels):
        model = nnx.merge(graph, parameters)
        vectors = model.encode(pixels)
        codes = model.nearest_codes(vectors)
        return vectors, codes, model.look_up(codes), model.decode_codes(codes)

    @jax.jit
    def decode(parameters, codes):
        return nnx.merge(graph, parameters).decode_codes(codes)

    vectors, codes, quantised, reconstruction = encode(parameters, golden["pixel_values"])
    np.testing.assert_allclose(vectors, golden["pre_quant"], rtol=0, atol=2e-4)
    np.testing.assert_array_equal(codes, golden["indices"])
    np.testing.assert_array_equal(quantised, golden["quant_states"])
    np.testing.assert_allclose(reconstruction, golden["reconstruction"], rtol=0, atol=1e-4)

    decoded = decode(parameters, golden["code"])
    np.testing.assert_allclose(decoded, golden["decoded"], rtol=0, atol=1e-4)
    assert np.abs(np.asarray(to_uint8(decoded), int) - golden["decoded_clip_uint8"]).max() <= 1
    other = decode(parameters, golden["code_other_grid"])
    np.testing.assert_allclose(other, golden["decoded_other_grid"], rtol=0, atol=1e-4)


def test_names_and_shapes_of_the_real_vqgan_are_the_references():
    described = json.loads((ORACLE / "full-size-trees" / "vqgan_imagenet_f16_16384.json").read_text())
    config = VqganConfig.from_dict(described["config"])
    assert config == VqganConfig.imagenet_f16_16384()
    model = nnx.eval_shape(lambda: Vqgan(config, rngs=nnx.Rngs(0)))
    shapes = {path: leaf.get_value().shape for path, leaf in nnx.to_flat_state(nnx.state(model, nnx.Param))}
    table = {name: list(shapes[path]) for name, path in name_table(config).items()}
    assert table == {name: shape for name, (shape, _) in described["tree"].items()}
    assert sum(math.prod(shape) for shape in table.values()) == described["parameters"]


def test_a_checkpoint_saved_from_the_network_is_the_one_it_was_loaded_from():
    weights = read_weights(ORACLE / "vqgan-f4" / "flax_model.msgpack")
    saved = published_weights(load_vqgan(ORACLE / "vqgan-f4"))
    assert saved.keys() == weights.keys()
    assert all(np.array_equal(saved[name], weights[name]) for name in weights)


def test_without_convolutions_resampling_averages_and_repeats():
    config = replace(VqganConfig.from_file(ORACLE / "vqgan-f4" / "config.json"), resamp_with_conv=False)
    model = nnx.eval_shape(lambda: Vqgan(config, rngs=nnx.Rngs(0)))
    assert not any("sample" in name for name in name_table(config))
    x = jnp.arange(2 * 4 * 4 * 32, dtype=jnp.float32).reshape(2, 4, 4, 32)
    halved = model.encoder.levels[0].halve(x)
    np.testing.assert_allclose(halved[:, 0, 0], x[:, :2, :2].mean((1, 2)), rtol=1e-6)
    doubled = model.decoder.levels[1].double(halved)
    np.testing.assert_array_equal(doubled, np.repeat(np.repeat(halved, 2, axis=1), 2, axis=2))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("double_z", True),
        ("ch_mult", [1] * 10**6),
        ("num_res_blocks", 10**9),
        ("ch", 33),
        ("resolution", "256"),
        ("embed_dim", None),
    ],
)
def test_a_hostile_configuration_is_refused_by_field(field, value):
    values = json.loads((ORACLE / "vqgan-f4" / "config.json").read_text())
    with pytest.raises(ModelFileError, match=field):
        VqganConfig.from_dict(values | {field: value})


def test_a_code_outside_the_codebook_shows_as_nan():
    model = load_vqgan(ORACLE / "vqgan-f4")
    assert np.isnan(model.look_up(jnp.array([[0, 1, 2, 128]]))).any()
