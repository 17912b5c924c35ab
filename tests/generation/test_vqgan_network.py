"""The VQGAN against the oracle: the reference's outputs on its own checkpoints."""

from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx

from generation.vqgan.modeling import to_uint8
from generation.vqgan.params import load_vqgan

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
