"""A bundle is opened only if every file is what the manifest says, and what a network can be."""

from __future__ import annotations

import io
import json
import pickle
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from generation.dalle.params import load_dalle
from generation.errors import GenerationError, ModelFileError
from generation.files.allowed import sha256_of
from generation.files.weights import read_weights, write_msgpack, write_safetensors
from generation.generators import SamplingSettings
from generation.models.bundle import ModelBundle
from generation.models.export import export_model
from generation.models.manifest import MANIFEST_NAME, Manifest, Source

MakeBundle = Callable[[Path], Path]


@pytest.fixture
def tiny(tmp_path: Path, make_tiny_bundle: MakeBundle) -> Path:
    return make_tiny_bundle(tmp_path / "tiny")


def manifest_anew(folder: Path) -> None:
    """Rewrite the hashes without any check, as an attacker would."""
    manifest = Manifest.read(folder / MANIFEST_NAME)
    files = {path: sha256_of(folder / path) for path in manifest.files}
    (folder / MANIFEST_NAME).write_text(
        Manifest(manifest.name, files=files, sampling=manifest.sampling).to_toml(), encoding="utf-8"
    )


def refusal(folder: Path, file: str, field: str) -> None:
    """Opening and loading end in an error that names the file and the field, and take little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match=f"{re.escape(file)}.*{field}"):
            ModelBundle.open(folder).verify()
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


def test_a_whole_bundle_opens_and_says_what_it_is(tiny: Path) -> None:
    bundle = ModelBundle.open(tiny)
    assert (bundle.name, bundle.picture_size) == ("tiny", 32)
    assert bundle.manifest.sampling == SamplingSettings(guidance_scale=3.0, top_k=1)
    assert bundle.clip_folder is None
    assert set(bundle.manifest.files) >= {"config.json", "flax_model.msgpack", "vqgan/config.json"}
    bundle.verify()


def test_the_revision_changes_with_any_file_and_only_then(
    tiny: Path, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    before = ModelBundle.open(tiny).revision
    assert ModelBundle.open(make_tiny_bundle(tmp_path / "again")).revision == before
    (tiny / "config.json").write_text((tiny / "config.json").read_text() + "\n")
    manifest_anew(tiny)
    assert ModelBundle.open(tiny).revision != before


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = Manifest(
        "odd-1",
        description='Quotes " and \\ and\nlines, ünï¢ode 🎨, control \x01\x7f',
        parent="mini abc",
        made_by="nobody",
        sources=(Source("a", "MIT", "https://example.org", "n"), Source("b", "CC0")),
        sampling=SamplingSettings(2.5, 0.8, 0, 0.9, use_negative=False),
        files={"config.json": "0" * 64, "vqgan/config.json": "f" * 64},
    )
    (tmp_path / MANIFEST_NAME).write_text(manifest.to_toml(), encoding="utf-8")
    assert Manifest.read(tmp_path / MANIFEST_NAME) == manifest


def test_a_flipped_bit_is_found(tiny: Path) -> None:
    weights = bytearray((tiny / "flax_model.msgpack").read_bytes())
    weights[-5] ^= 1
    (tiny / "flax_model.msgpack").write_bytes(weights)
    refusal(tiny, "flax_model.msgpack", "SHA-256")


def test_a_missing_file_is_named(tiny: Path) -> None:
    (tiny / "tokenizer.json").unlink()
    refusal(tiny, "tokenizer.json", "No such file")


def test_truncated_weights_are_refused(tiny: Path) -> None:
    whole = (tiny / "flax_model.msgpack").read_bytes()
    (tiny / "flax_model.msgpack").write_bytes(whole[: len(whole) // 2])
    manifest_anew(tiny)
    refusal(tiny, "flax_model.msgpack", "kernel is no whole array")


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_a_renamed_pickle_is_refused_and_never_run(tmp_path: Path, protocol: int, make_tiny_bundle: MakeBundle) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return eval, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

    for file in ("flax_model.msgpack", "tokenizer.json", "config.json"):
        folder = make_tiny_bundle(tmp_path / f"{file}-{protocol}")
        (folder / file).write_bytes(pickle.dumps(Bomb(), protocol))
        manifest_anew(folder)
        refusal(folder, file, "")
    assert not (tmp_path / "ran").exists()


def test_a_renamed_torch_archive_is_refused(tiny: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("archive/data.pkl", b"\x80\x02.")
    (tiny / "flax_model.msgpack").write_bytes(archive.getvalue())
    manifest_anew(tiny)
    refusal(tiny, "flax_model.msgpack", "zip archive")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("encoder_layers", 10**9),
        ("decoder_layers", 10**9),
        ("d_model", 10**9),
        ("image_length", 60),
        ("encoder_vocab_size", 100),
        ("decoder_start_token_id", 10**6),
        ("use_alibi", True),
        ("d_model", "many"),
    ],
)
def test_a_configuration_that_no_model_has_is_refused_by_its_field(tiny: Path, field: str, value: object) -> None:
    config = json.loads((tiny / "config.json").read_text())
    (tiny / "config.json").write_text(json.dumps(config | {field: value}))
    manifest_anew(tiny)
    refusal(tiny, "config.json", field)


def test_a_vqgan_of_another_model_is_refused(tiny: Path) -> None:
    config = json.loads((tiny / "config.json").read_text())
    (tiny / "config.json").write_text(json.dumps(config | {"image_vocab_size": 64, "decoder_start_token_id": 64}))
    manifest_anew(tiny)
    refusal(tiny, "vqgan/config.json", "n_embed is 128.*belongs to another model")


def test_a_configuration_of_another_size_than_the_weights_is_refused(tiny: Path) -> None:
    config = json.loads((tiny / "config.json").read_text())
    (tiny / "config.json").write_text(json.dumps(config | {"decoder_layers": 3}))
    manifest_anew(tiny)
    refusal(tiny, "flax_model.msgpack", "FlaxBartDecoderLayers.*config.json asks for")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(tiny: Path, bad: float) -> None:
    weights = read_weights(tiny / "vqgan" / "flax_model.msgpack")
    weights["decoder/conv_in/bias"] = weights["decoder/conv_in/bias"].copy()
    weights["decoder/conv_in/bias"][3] = bad
    write_msgpack(tiny / "vqgan" / "flax_model.msgpack", weights)
    manifest_anew(tiny)
    refusal(tiny, "vqgan/flax_model.msgpack", "decoder/conv_in/bias.*NaN")


def test_weights_of_a_wrong_type_are_refused(tiny: Path) -> None:
    weights = read_weights(tiny / "flax_model.msgpack")
    weights["lm_head/kernel"] = weights["lm_head/kernel"].astype(np.int32)
    write_msgpack(tiny / "flax_model.msgpack", weights)
    manifest_anew(tiny)
    refusal(tiny, "flax_model.msgpack", "lm_head/kernel.*int32")


def test_a_tokenizer_bomb_is_refused_by_its_size(tiny: Path) -> None:
    with (tiny / "tokenizer.json").open("wb") as file:
        file.write(b'{"model": "')
        file.truncate(20 << 30)  # sparse: 20 GB that take no disk
    manifest = Manifest.read(tiny / MANIFEST_NAME)
    assert "tokenizer.json" in manifest.files
    refusal(tiny, "tokenizer.json", "bytes; no tokenizer.json has more than")


def test_a_packed_tokenizer_is_refused(tiny: Path) -> None:
    import gzip

    (tiny / "tokenizer.json").write_bytes(gzip.compress(b" " * 10**7))
    manifest_anew(tiny)
    refusal(tiny, "tokenizer.json", "gzip")


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("normalizer", {"normalizer": {"type": "Replace", "pattern": {"Regex": "(a*)*"}, "content": "b"}}),
        ("pre_tokenizer", {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a|a)*"}}}),
        ("model.type", {"model": {"type": "Unigram", "vocab": {}, "merges": []}}),
        ("encoder_vocab_size", {"model": {"type": "BPE", "vocab": {"a": 10**6}, "merges": []}}),
        ("piece of 2000 characters", {"model": {"type": "BPE", "vocab": {"a" * 2000: 1}, "merges": []}}),
        ("model.merges", {"model": {"type": "BPE", "vocab": {}, "merges": 7}}),
        ("added_tokens", {"added_tokens": [7]}),
        ("encoder_vocab_size", {"added_tokens": [{"content": "x", "id": 9999}]}),
    ],
)
def test_a_tokenizer_of_another_kind_is_refused_by_its_field(tiny: Path, field: str, change: dict[str, object]) -> None:
    values = json.loads((tiny / "tokenizer.json").read_text())
    (tiny / "tokenizer.json").write_text(json.dumps(values | change))
    manifest_anew(tiny)
    refusal(tiny, "tokenizer.json", field)


def test_deeply_nested_json_is_refused(tiny: Path) -> None:
    (tiny / "tokenizer.json").write_text('{"a":' * 200_000)
    manifest_anew(tiny)
    refusal(tiny, "tokenizer.json", "is no JSON")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "vqgan/../../x", "a/b/c", "", ".hidden", "a\\b"])
def test_a_path_out_of_the_bundle_is_refused(tiny: Path, path: str) -> None:
    text = (tiny / MANIFEST_NAME).read_text()
    (tiny / MANIFEST_NAME).write_text(text + f'{json.dumps(path)} = "{"0" * 64}"\n')
    refusal(tiny, MANIFEST_NAME, "files names")


def test_a_link_out_of_the_bundle_is_refused(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_bytes((tiny / "config.json").read_bytes())
    (tiny / "config.json").unlink()
    (tiny / "config.json").symlink_to(tmp_path / "outside.json")
    refusal(tiny, "config.json", "link")


def test_a_linked_folder_is_refused(tiny: Path, tmp_path: Path) -> None:
    (tiny / "vqgan").rename(tmp_path / "outside")
    (tiny / "vqgan").symlink_to(tmp_path / "outside")
    refusal(tiny, "vqgan/config.json", "link")


def test_weights_beside_the_listed_ones_are_refused(tiny: Path) -> None:
    write_safetensors(tiny / "model.safetensors", {"a": np.ones(3, np.float32)})
    refusal(tiny, "model.safetensors", "not listed")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('name = "../x"', "cannot name a model"),
        ("name = 3", "name is no text"),
        ('name = "x"\n[sampling]\ntop_p = 2.0', "sampling.top_p"),
        ('name = "x"\n[sampling]\ntop_k = 2.5', "sampling.top_k"),
        ('name = "x"\n[sampling]\nguidance_scale = nan', "sampling.guidance_scale"),
        ('name = "x"\n[sampling]\nhidden = 1', "sampling.hidden"),
        ('name = "x"\nsources = 3', "sources"),
        ('name = "x"\n[files]\n"config.json" = "short"', "files.config.json"),
        ("name = ", "is no TOML"),
        ("x = " + "[" * 5000, "is no TOML"),
    ],
)
def test_a_wrong_manifest_is_refused_by_its_field(tiny: Path, line: str, field: str) -> None:
    (tiny / MANIFEST_NAME).write_text(line)
    refusal(tiny, MANIFEST_NAME, field)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="easel models add"):
        ModelBundle.open(tmp_path)


@pytest.mark.parametrize("there_and_back", [["safetensors"], ["safetensors", "msgpack"]])
def test_an_exported_bundle_holds_the_same_numbers(tiny: Path, tmp_path: Path, there_and_back: list[str]) -> None:
    folder = tiny
    for weights_format in there_and_back:
        folder = export_model(folder, weights_format, tmp_path / weights_format)
    exported = ModelBundle.open(folder)
    assert exported.manifest.sampling == SamplingSettings(guidance_scale=3.0, top_k=1)
    name = {"msgpack": "flax_model.msgpack", "safetensors": "model.safetensors"}[there_and_back[-1]]
    for part in ("", "vqgan"):
        before, after = read_weights(tiny / part / "flax_model.msgpack"), read_weights(folder / part / name)
        assert before.keys() == after.keys()
        for key in before:
            assert before[key].dtype == after[key].dtype
            np.testing.assert_array_equal(before[key], after[key])


def test_a_bundle_in_8_bits_is_smaller_and_still_loads(tiny: Path, tmp_path: Path) -> None:
    plain = export_model(tiny, "safetensors", tmp_path / "plain")
    small = export_model(plain, "safetensors", tmp_path / "small", bits=8)
    ModelBundle.open(small)
    load_dalle(small)
    assert (small / "model.safetensors").stat().st_size < 0.5 * (plain / "model.safetensors").stat().st_size
    for path in ("vqgan/model.safetensors", "config.json"):
        assert (small / path).read_bytes() == (plain / path).read_bytes()
    before, after = (read_weights(folder / "model.safetensors") for folder in (plain, small))
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_allclose(after[name], array, atol=np.abs(array).max() / 127 / 2 * 1.0001)


@pytest.mark.parametrize(
    ("part", "weights_format", "bits", "message"),
    [
        ("", "safetensors", 4, "in 4 bits"),
        ("", "msgpack", 8, "choose safetensors"),
        ("vqgan", "safetensors", 8, "vqgan: is of the kind VQGAN"),
    ],
)
def test_what_cannot_be_stored_in_8_bits_is_refused(
    tiny: Path, tmp_path: Path, part: str, weights_format: str, bits: int, message: str
) -> None:
    with pytest.raises(GenerationError, match=message):
        export_model(tiny / part, weights_format, tmp_path / "out", bits=bits)
    assert not (tmp_path / "out").exists()


def test_an_export_overwrites_nothing_and_leaves_nothing_half_done(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(GenerationError, match="exists already"):
        export_model(tiny, "safetensors", tmp_path / "there")
    (tiny / "vqgan" / "flax_model.msgpack").write_bytes(b"\x81\xa1a")
    with pytest.raises(ModelFileError, match=r"flax_model\.msgpack"):
        export_model(tiny, "safetensors", tmp_path / "broken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there", "tiny"]


def test_the_embedded_model_is_small_and_names_its_sources() -> None:
    import generation.models

    folder = Path(generation.models.__file__).parent / "doodle"
    manifest = Manifest.read(folder / MANIFEST_NAME)
    assert (manifest.name, manifest.licence) == ("doodle", "Apache-2.0")
    assert all(source.licence and source.url for source in manifest.sources)
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) <= 40_000_000
