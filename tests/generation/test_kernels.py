"""The kernels in C give what XLA gives, row by row the same in any company, and are done without where need be."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from generation.dalle.modeling import normalise
from generation.kernels import (
    NoKernels,
    attend_in_cache,
    attend_to_text,
    compiler,
    empty_caches,
    find_kernels,
    load_kernels,
    normalise_rows,
    pack,
)

HEADS = 3


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    loaded = load_kernels(tmp_path_factory.mktemp("kernels"))
    if loaded is None:
        pytest.skip("there is no C compiler here")
    return loaded


@pytest.fixture
def numbers():
    return np.random.default_rng(0)


def normal(numbers, *shape):
    return numbers.standard_normal(shape, np.float32)


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 12, 13, 18, 20, 130])
@pytest.mark.parametrize("depth", [64, 67, 530])
@pytest.mark.parametrize("width", [5, 64, 193])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_product_is_that_of_the_stored_weights(kernels, numbers, rows, depth, width, dtype):
    x, kernel, bias = normal(numbers, rows, depth), normal(numbers, depth, width), normal(numbers, width)
    product = pack(kernels, kernel, jnp.asarray(bias), jnp.dtype(dtype))
    stored = kernel.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float32).astype(np.float64)
    assert product.kernel.dtype == dtype
    np.testing.assert_allclose(jax.jit(type(product).__call__)(product, x), x @ stored + bias, atol=3e-4)


def test_weights_that_eight_bits_hold_are_kept_in_them_without_loss(kernels, numbers):
    codes = numbers.integers(-127, 128, (67, 40)).astype(np.float32)
    codes[0] = 127
    scale = np.abs(normal(numbers, 40)) + 0.01
    x = normal(numbers, 9, 67)
    product = pack(kernels, codes * scale, None, jnp.float32)
    assert product.kernel.dtype == jnp.int8
    np.testing.assert_allclose(product(x), x @ (codes * scale).astype(np.float64), rtol=1e-4, atol=1e-3)


def test_other_weights_are_rounded_to_eight_bits_only_when_asked(kernels, numbers):
    kernel, x = normal(numbers, 67, 40), normal(numbers, 9, 67)
    assert pack(kernels, kernel, None, jnp.float32).kernel.dtype == jnp.float32
    rounded = pack(kernels, kernel, None, jnp.int8)
    assert rounded.kernel.dtype == jnp.int8
    error = np.abs(rounded(x) - x @ kernel)
    assert 0 < error.max() < 67 * np.abs(x).max() * np.abs(kernel).max() / 127


def test_an_output_whose_weights_are_all_zero_is_zero(kernels, numbers):
    kernel = normal(numbers, 16, 8)
    kernel[:, 3] = 0
    y = np.asarray(pack(kernels, kernel, None, jnp.int8)(normal(numbers, 2, 16)))
    assert np.isfinite(y).all()
    assert (y[:, 3] == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_a_row_is_the_same_to_the_bit_in_any_company(kernels, numbers, dtype):
    x, product = normal(numbers, 20, 1030), pack(kernels, normal(numbers, 1030, 200), None, jnp.dtype(dtype))
    alone = np.asarray(product(x[:1]))[0]
    for rows in range(2, 21):
        np.testing.assert_array_equal(np.asarray(product(x[:rows]))[0], alone)


@pytest.mark.parametrize("size", [16, 64])
@pytest.mark.parametrize("position", [0, 1, 30])
def test_attention_in_the_cache_is_softmax_over_what_is_filled(kernels, numbers, size, position):
    sides, pictures, length = 2, 3, 31
    cache = normal(numbers, sides, pictures, HEADS, length, 2, size)
    cache[..., position:, :, :] = np.nan  # nothing of these may count
    inputs = normal(numbers, sides * pictures, 3 * HEADS * size)
    mixed, new_cache = jax.jit(attend_in_cache)(inputs, cache, jnp.int32(position))
    query, key, value = inputs.reshape(sides, pictures, 3, HEADS, size).transpose(2, 0, 1, 3, 4)
    cache[..., position, 0, :], cache[..., position, 1, :] = key, value
    np.testing.assert_array_equal(new_cache, cache)
    keys, values = cache[..., : position + 1, 0, :], cache[..., : position + 1, 1, :]
    scores = jnp.einsum("snhk,snhlk->snhl", query, keys)
    expected = jnp.einsum("snhl,snhlk->snhk", jax.nn.softmax(scores), values)
    np.testing.assert_allclose(mixed, expected.reshape(mixed.shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 2, HEADS, 5, 2, 16), (2, 9, HEADS, 256, 2, 64)])
def test_caches_begin_empty_and_each_is_its_own(kernels, shape):
    caches = empty_caches(3, shape)
    assert [cache.shape for cache in caches] == [shape] * 3
    assert not any(np.asarray(cache).any() for cache in caches)
    assert len({cache.unsafe_buffer_pointer() for cache in caches}) == 3


def test_scores_far_apart_neither_overflow_nor_vanish(kernels):
    cache = np.array([[[[[[-300.0]] * 2, [[0.0]] * 2, [[300.0]] * 2]]]], np.float32)
    mixed, _ = attend_in_cache(jnp.asarray([[1.0, 300.0, 7.0]]), cache, jnp.int32(2))
    assert mixed.tolist() == [[7.0]]


@pytest.mark.parametrize("groups", [1, 2])
def test_attention_to_the_text_sees_what_the_mask_leaves(kernels, numbers, groups):
    sides, rows, length, size = 2, 4, 10, 16
    keys, values = (normal(numbers, sides, groups, HEADS, length, size) for _ in range(2))
    seen = numbers.random((sides, groups, 1, 1, length)) < 0.5
    seen[..., 0] = True
    queries = normal(numbers, sides * groups * rows, HEADS * size)
    mixed = jax.jit(attend_to_text)(queries, keys, values, jnp.asarray(seen))
    shaped = queries.reshape(sides, groups, rows, HEADS, size)
    scores = jnp.where(seen, jnp.einsum("sgphk,sghtk->sghpt", shaped, keys), -jnp.inf)
    expected = jnp.einsum("sghpt,sghtk->sgphk", jax.nn.softmax(scores), values)
    np.testing.assert_allclose(mixed, expected.reshape(mixed.shape), rtol=1e-4, atol=1e-5)


def test_many_threads_may_multiply_at_once(kernels, numbers):
    x, kernel = normal(numbers, 8, 256), normal(numbers, 256, 1000)
    product = pack(kernels, kernel, None, jnp.float32)
    multiply = jax.jit(type(product).__call__)
    once = np.asarray(multiply(product, x))
    with ThreadPoolExecutor(8) as pool:
        for again in pool.map(lambda _: np.asarray(multiply(product, x)), range(400)):
            np.testing.assert_array_equal(again, once)


@pytest.fixture
def as_if_new(monkeypatch):
    """A process that has loaded no kernels yet."""
    monkeypatch.setattr(compiler, "_loaded", None)
    monkeypatch.setattr(compiler, "_missed", {})


@pytest.mark.parametrize("command", ["false", "no-such-compiler", "", 'cc "-O2'])
def test_without_a_compiler_that_works_there_are_no_kernels(as_if_new, monkeypatch, tmp_path, command):
    monkeypatch.setenv("CC", command)
    assert load_kernels(tmp_path) is None


def test_a_folder_that_cannot_be_written_gives_no_kernels(as_if_new, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert load_kernels(tmp_path / "file" / "kernels") is None


def test_kernels_are_loaded_where_new_files_are_the_groups_to_write(kernels, as_if_new, monkeypatch, tmp_path):
    monkeypatch.setattr(compiler, "_register", lambda path: replace(kernels))
    before = os.umask(0o002)
    try:
        assert load_kernels(tmp_path / "cache" / "kernels") is not None
    finally:
        os.umask(before)


def test_a_library_that_others_can_write_is_not_loaded(kernels, as_if_new, monkeypatch, tmp_path):
    registered = []
    monkeypatch.setattr(compiler, "_register", lambda path: registered.append(path) or replace(kernels))
    assert load_kernels(tmp_path) is not None
    (built,) = registered
    built.chmod(0o666)
    monkeypatch.setattr(compiler, "_loaded", None)
    assert "others can write" in find_kernels(tmp_path).why
    assert registered == [built]


@pytest.fixture
def refusing(tmp_path, monkeypatch):
    """A C compiler that tells its macros and compiles nothing, and counts how often it was asked to."""
    asked = tmp_path / "asked"
    script = tmp_path / "refusing-cc"
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *-dM*) echo "#define __VERSION__ 1"; exit 0;; esac\n'
        f'echo asked >> {asked}\necho "fatal error: stdint.h: No such file" >&2\nexit 1\n'
    )
    script.chmod(0o700)
    monkeypatch.setenv("CC", str(script))
    return lambda: asked.read_text().count("asked") if asked.exists() else 0


def test_a_compiler_that_refuses_is_asked_once_a_day_and_its_words_are_told(as_if_new, refusing, monkeypatch, tmp_path):
    folder = tmp_path / "kernels"
    for _ in range(3):
        found = find_kernels(folder)
        assert isinstance(found, NoKernels)
        assert found.failed
        assert "stdint.h" in found.why
    monkeypatch.setattr(compiler, "_missed", {})  # another process
    assert "stdint.h" in find_kernels(folder).why
    assert refusing() == 1
    [note] = folder.glob("*.failed")
    os.utime(note, (0, 0))
    monkeypatch.setattr(compiler, "_missed", {})
    assert find_kernels(folder).failed
    assert refusing() == 2


def test_without_a_compiler_it_is_said_which_one_was_looked_for(as_if_new, monkeypatch, tmp_path):
    monkeypatch.setenv("CC", "no-such-compiler")
    found = find_kernels(tmp_path)
    assert not found.failed
    assert "no-such-compiler" in found.why


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("size", [5, 64, 2730])
@pytest.mark.parametrize("rows", [1, 2, 18])
def test_a_norm_is_that_of_each_row_with_what_it_has_of_scale_and_bias(kernels, numbers, centred, size, rows):
    x = 3 * normal(numbers, 2, rows, size) + 1
    for scale, bias in [(None, None), (normal(numbers, size), None), (None, normal(numbers, size))]:
        parts = [None if part is None else jnp.asarray(part) for part in (scale, bias)]
        y = np.asarray(jax.jit(partial(normalise_rows, centred=centred, epsilon=1e-5))(x, *parts))
        np.testing.assert_allclose(y, normalise(x, *parts, centred=centred), rtol=1e-4, atol=1e-5)
        alone = normalise_rows(x[:1, :1], *parts, centred=centred, epsilon=1e-5)
        np.testing.assert_array_equal(y[:1, :1], alone)
