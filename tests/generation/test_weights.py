"""Weight files: written and read back, and hostile ones refused before memory is taken."""

import json
import resource
import struct
from pathlib import Path

import ml_dtypes
import msgpack
import numpy as np
import pytest

from generation.dalle.config import DalleConfig
from generation.dalle.params import load_dalle
from generation.errors import ModelFileError
from generation.files import msgpack_weights
from generation.files.eight_bits import in_eight_bits
from generation.files.weights import (
    read_header,
    read_weights,
    stream_weights,
    weights_file,
    write_msgpack,
    write_safetensors,
)

ORACLE = Path(__file__).parents[1] / "data" / "oracle"
MINI = ORACLE / "dalle-mini-scan"

SOME = {
    "a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a/bias": np.zeros(0, np.float16),
    "b/c/scale": np.ones(3, ml_dtypes.bfloat16),
    "number": np.array(2.5, np.float32),
    "steps": np.array([-1, 300], np.int64),
    "small": np.array([[-128, 127]], np.int8),
}


def packed(shape, dtype: str, content: bytes) -> msgpack.ExtType:
    return msgpack.ExtType(1, msgpack.packb([shape, dtype, content]))


def same(left, right) -> bool:
    return left.keys() == right.keys() and all(
        left[name].dtype == right[name].dtype
        and left[name].shape == right[name].shape
        and left[name].tobytes() == right[name].tobytes()
        for name in left
    )


@pytest.mark.parametrize(("write", "name"), [(write_msgpack, "w.msgpack"), (write_safetensors, "w.safetensors")])
def test_what_is_written_is_read_back(tmp_path, write, name):
    write(tmp_path / name, SOME)
    assert same(read_weights(tmp_path / name), SOME)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_other_readers_understand_what_is_written(tmp_path):
    from flax import serialization
    from safetensors.numpy import load_file

    floats = {"a/kernel": SOME["a/kernel"], "number": SOME["number"]}
    write_safetensors(tmp_path / "w.safetensors", floats, {"format": "flax"})
    assert same(load_file(tmp_path / "w.safetensors"), floats)
    write_msgpack(tmp_path / "w.msgpack", floats)
    tree = serialization.msgpack_restore((tmp_path / "w.msgpack").read_bytes())
    np.testing.assert_array_equal(tree["a"]["kernel"], floats["a/kernel"])
    assert tree["number"] == 2.5


def test_large_arrays_are_split_as_flax_does_and_joined_again(tmp_path, monkeypatch):
    from flax import serialization

    monkeypatch.setattr(msgpack_weights, "_CHUNK_BYTES", 16)
    large = {"a/kernel": np.arange(35, dtype=np.float32).reshape(5, 7)}
    write_msgpack(tmp_path / "w.msgpack", large)
    assert same(read_weights(tmp_path / "w.msgpack"), large)
    assert len(read_header(tmp_path / "w.msgpack")["a/kernel"].pieces) == 9
    tree = serialization.msgpack_restore((tmp_path / "w.msgpack").read_bytes())
    np.testing.assert_array_equal(tree["a"]["kernel"], large["a/kernel"])


@pytest.mark.parametrize(("write", "name"), [(write_msgpack, "w.msgpack"), (write_safetensors, "w.safetensors")])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, write, name):
    write(tmp_path / name, SOME)
    with pytest.raises(ModelFileError, match="complex64"):
        write(tmp_path / name, {"a": np.zeros(1, np.complex64)})
    assert same(read_weights(tmp_path / name), SOME)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_safetensors_come_before_msgpack_and_none_is_an_error(tmp_path):
    with pytest.raises(ModelFileError, match="no weights"):
        weights_file(tmp_path)
    write_msgpack(tmp_path / "flax_model.msgpack", SOME)
    assert weights_file(tmp_path).name == "flax_model.msgpack"
    write_safetensors(tmp_path / "model.safetensors", SOME)
    assert weights_file(tmp_path).name == "model.safetensors"


def test_a_file_cut_anywhere_is_refused(tmp_path):
    for name, write in (("w.msgpack", write_msgpack), ("w.safetensors", write_safetensors)):
        write(tmp_path / name, {"a/kernel": SOME["a/kernel"], "b": SOME["number"]})
        whole = (tmp_path / name).read_bytes()
        for length in range(len(whole)):
            (tmp_path / name).write_bytes(whole[:length])
            with pytest.raises(ModelFileError, match=name):
                read_weights(tmp_path / name)


HOSTILE = {
    "a pickle renamed": (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix", "map|array|Flax"),
    "an empty file": (b"", "too early"),
    "words": (b"version https://git-lfs.github.com/spec/v1", "array|Flax"),
    "more bytes than declared": (msgpack.packb({"a": packed([1], "float32", b"12345678")}), "declares"),
    "fewer bytes than declared": (msgpack.packb({"a": packed([2**40], "float32", b"1234")}), "declares"),
    "a wrong type": (msgpack.packb({"a": packed([1], "object", b"12345678")}), "object"),
    "complex numbers": (msgpack.packb({"a": packed([1], "complex64", b"12345678")}), "complex64"),
    "a negative size": (msgpack.packb({"a": packed([-1], "float32", b"")}), "no size|shape"),
    "NaN": (msgpack.packb({"a": {"k": packed([1], "float32", struct.pack("<f", float("nan")))}}), "a/k holds NaN"),
    "infinity": (msgpack.packb({"a": packed([2], "float16", b"\x00\x7c\x00\x00")}), "infinity"),
    "a code extension": (msgpack.packb({"a": msgpack.ExtType(5, b"12")}), "extension 5"),
    "a number for an array": (msgpack.packb({"a": 3}), "no array"),
    "a name twice": (b"\x82" + 2 * (b"\xa1a" + msgpack.packb(packed([1], "int8", b"1"))), "twice"),
    "bottomless nesting": (b"\x81\xa1a" * 5000 + b"\x80", "nested"),
    "a map of four billion": (b"\xdf\xff\xff\xff\xff", "too early"),
    "an array of four gigabytes": (b"\x81\xa1a\xc9\xff\xff\xff\xff\x01\x93", "no whole array"),
    "something behind the end": (msgpack.packb({"a": packed([1], "int8", b"1")}) + b"more", "after its last"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_msgpack_is_refused_by_name_without_taking_memory(tmp_path, case):
    content, message = HOSTILE[case]
    (tmp_path / "flax_model.msgpack").write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match=rf"flax_model\.msgpack: .*({message})"):
        read_weights(tmp_path / "flax_model.msgpack")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # kilobytes


def entry(**fields):
    return {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | fields


@pytest.mark.parametrize(
    "header",
    [
        {"a": entry(dtype="F99")},
        {"a": entry(shape=[2**40])},
        {"a": entry(shape=["1"])},
        {"a": entry(data_offsets=[0, 2**40], shape=[2**38])},
        {"a": entry(data_offsets=[-4, 0])},
        {"a": entry(data_offsets=[4, 0])},
        {"a": 5},
        {"a": entry(dtype=None)},
        [1],
    ],
    ids=str,
)
def test_a_hostile_safetensors_header_is_refused_by_name(tmp_path, header):
    text = json.dumps(header).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
    with pytest.raises(ModelFileError, match=r"model\.safetensors"):
        read_weights(tmp_path / "model.safetensors")


def test_a_header_of_many_gigabytes_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", 2**62) + b"{}")
    with pytest.raises(ModelFileError, match="no whole safetensors"):
        read_header(tmp_path / "model.safetensors")


MATRICES = {
    "layers/kernel": np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float16),
    "tokens/embedding": (np.random.default_rng(1).normal(size=(9, 4)) * np.logspace(-6, 3, 9)[:, None]).astype("f4"),
    "dead/kernel": np.zeros((3, 2), np.float32),
    "norm/bias": np.full((2, 7), 0.1, np.float16),
    "norm/scale": np.ones(7, np.float16),
}


def test_a_matrix_in_8_bits_reads_as_floating_numbers_within_half_a_step(tmp_path):
    write_safetensors(tmp_path / "w.safetensors", in_eight_bits(MATRICES))
    header, read = read_header(tmp_path / "w.safetensors"), read_weights(tmp_path / "w.safetensors")
    assert header.keys() == read.keys() == MATRICES.keys()
    for name, axis in (("layers/kernel", 1), ("tokens/embedding", 1), ("dead/kernel", 0)):
        matrix = MATRICES[name].astype(np.float32)
        assert (header[name].shape, header[name].dtype) == (matrix.shape, np.float32)
        assert (read[name].dtype, read[name].nbytes) == (np.float32, header[name].size_in_bytes)
        half_a_step = np.abs(matrix).max(axis=axis, keepdims=True) / 127 / 2
        assert (np.abs(read[name] - matrix) <= half_a_step * 1.0001).all()
    for name in ("norm/bias", "norm/scale"):
        assert same({name: read[name]}, {name: MATRICES[name]})


def test_what_was_in_8_bits_is_stored_as_the_same_numbers_again(tmp_path):
    write_safetensors(tmp_path / "w.safetensors", in_eight_bits(MATRICES))
    once = read_weights(tmp_path / "w.safetensors")
    write_safetensors(tmp_path / "w.safetensors", in_eight_bits(once))
    again = read_weights(tmp_path / "w.safetensors")
    for name in once:
        np.testing.assert_allclose(again[name], once[name], rtol=1e-6)


def scaled(*scales: float, shape=(1, 2), dtype: type = np.float32) -> dict[str, np.ndarray]:
    return {
        "a/kernel": np.full((3, 2), 127, np.int8),
        "a/kernel/int8_scale": np.array(scales, dtype).reshape(shape),
    }


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (scaled(1, float("nan")), "a/kernel/int8_scale holds NaN"),
        (scaled(1, float("inf")), "a/kernel/int8_scale holds NaN or infinity"),
        (scaled(1, -1), "a/kernel/int8_scale holds -1"),
        (scaled(1, 0), "a/kernel/int8_scale holds 0"),
        (scaled(1, 3e38), "a/kernel holds NaN or infinity"),
        (scaled(1, 1, shape=(2,)), r"a/kernel/int8_scale is \(2,\)"),
        (scaled(1, 1, shape=(2, 1)), r"a/kernel/int8_scale is \(2, 1\)"),
        (scaled(shape=(0, 2)), r"a/kernel/int8_scale is \(0, 2\)"),
        (scaled(1, 1, dtype=np.float16), "a/kernel/int8_scale is float16"),
        (scaled(1, 1, dtype=np.int8), "a/kernel/int8_scale is int8"),
        (scaled(1, 1) | {"a/kernel": np.ones((3, 2), np.float16)}, "a/kernel/int8_scale is there, but no int8 matrix"),
        ({"a/kernel/int8_scale": np.ones((1, 2), np.float32)}, "a/kernel/int8_scale is there, but no int8 matrix"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_scales_are_refused_by_name(tmp_path, weights, message):
    write_safetensors(tmp_path / "w.safetensors", weights)
    with pytest.raises(ModelFileError, match=rf"w\.safetensors: {message}"):
        read_weights(tmp_path / "w.safetensors")


def test_a_network_refuses_codes_whose_scales_are_missing(tmp_path):
    stored = in_eight_bits(read_weights(MINI / "flax_model.msgpack"))
    del stored["lm_head/kernel/int8_scale"]
    write_safetensors(tmp_path / "model.safetensors", stored)
    (tmp_path / "config.json").write_bytes((MINI / "config.json").read_bytes())
    with pytest.raises(
        ModelFileError, match=r"model\.safetensors: lm_head/kernel is int8;.* lm_head/kernel/int8_scale"
    ):
        load_dalle(tmp_path)


def test_reading_takes_one_array_at_a_time():
    header = read_header(MINI / "flax_model.msgpack")
    stream = stream_weights(MINI / "flax_model.msgpack", header)
    name, array = next(stream)
    assert name == next(iter(header))
    assert array.nbytes == header[name].size_in_bytes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"d_model": 64}, r"\(32, 129\), though config\.json asks for \(64, 129\)"),
        ({"use_head_scale": True}, "head_scale is missing"),
        ({"use_glu": False}, "is missing|no place"),
        ({"decoder_layers": 1}, "asks for"),
        ({"encoder_layers": 10**9}, "encoder_layers is 1000000000"),
        ({"encoder_vocab_size": 10**12}, "encoder_vocab_size"),
        ({"use_swin_position_embeddings": True}, "use_swin_position_embeddings"),
        ({"use_cosine_attention": True}, "use_cosine_attention"),
        ({"use_alibi": True}, "use_alibi"),
        ({"use_deepnet_scaling": True}, "use_deepnet_scaling"),
        ({"sinkhorn_iters": 3}, "sinkhorn_iters"),
        ({"tie_word_embeddings": True}, "tie_word_embeddings"),
        ({"ln_positions": "postln"}, "ln_positions"),
        ({"ln_positions": "swinv2"}, "ln_positions"),
        ({"ln_positions": "deepnet"}, "ln_positions"),
        ({"ln_positions": "subln"}, "ln_positions"),
        ({"activation_function": "smelu"}, "activation_function"),
        ({"use_something_new": True}, "use_something_new"),
        ({"decoder_attention_heads": 5}, "decoder_attention_heads"),
        ({"d_model": "32"}, "d_model"),
        ({"use_bias": 1}, "use_bias"),
        ({"decoder_start_token_id": 200}, "decoder_start_token_id"),
    ],
    ids=str,
)
def test_a_configuration_at_odds_with_its_weights_or_with_reason_is_refused_by_field(tmp_path, change, message):
    values = json.loads((MINI / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(values))
    (tmp_path / "flax_model.msgpack").symlink_to(MINI / "flax_model.msgpack")
    with pytest.raises(ModelFileError, match=message):
        load_dalle(tmp_path)


def test_a_configuration_is_saved_as_the_reference_reads_it():
    values = json.loads((MINI / "config.json").read_text())
    config = DalleConfig.from_dict(values)
    saved = config.to_dict()
    assert DalleConfig.from_dict(saved) == config
    assert {name: saved[name] for name in saved if name in values} == {
        name: value for name, value in values.items() if name in saved
    } | {"gradient_checkpointing": False}


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"[" * 100_000, b"\xff"], ids=lambda content: repr(content[:8]))
def test_a_configuration_that_is_no_json_object_is_refused(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"config\.json"):
        DalleConfig.from_file(tmp_path / "config.json")
