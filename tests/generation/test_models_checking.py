"""`check_model` finds what is wrong with a model, and says what it could not look at."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from generation.checking import Comparison, Report, check_model
from generation.checking.report import EXACT, Outcome, Tolerance, compare
from generation.errors import ModelFileError
from generation.files.weights import read_weights, write_msgpack

ORACLE = Path(__file__).parent.parent / "data" / "oracle"
MakeBundle = Callable[[Path], Path]


def outcomes(report: Report) -> dict[str, str]:
    return {check.name: str(check.outcome) for check in report.checks}


def compared(report: Report) -> dict[str, Comparison]:
    return {one.key: one for one in report.compared}


def subset(tmp_path: Path, folder: str, *keys: str, **changed: np.ndarray) -> Path:
    """A golden file with only these keys, some of them changed."""
    golden = np.load(ORACLE / folder / "golden.npz")
    path = tmp_path / "golden.npz"
    np.savez(path, **{key: changed.get(key, golden[key]) for key in keys})
    return path


def test_a_whole_bundle_passes_and_the_end_to_end_case_is_drawn_again(
    tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    report = check_model(make_tiny_bundle(tmp_path / "tiny"), ORACLE / "end-to-end" / "golden.npz")
    assert report.passed, report
    assert outcomes(report) == {
        "files": "passed",
        "sha-256": "passed",
        "DalleBart": "passed",
        "VQGAN": "passed",
        "CLIP": "skipped",
        "tokenizer": "passed",
        "picture": "passed",
    }
    assert {one.key: str(one.outcome) for one in report.compared} == dict.fromkeys(
        np.load(ORACLE / "end-to-end" / "golden.npz").files, "passed"
    )


def test_a_bare_dallebart_is_compared_key_by_key(tmp_path: Path) -> None:
    keys = (
        "input_ids",
        "attention_mask",
        "labels",
        "logits",
        "loss",
        "encoder_hidden_states",
        "cross_attention_layer0",
    )
    report = check_model(ORACLE / "dalle-unscan", subset(tmp_path, "dalle-unscan", *keys))
    assert report.passed, report
    assert outcomes(report)["VQGAN"] == "skipped"
    assert set(compared(report)) == set(keys) - {"labels"}
    assert 0 < (compared(report)["logits"].largest_error or 0) < 1e-4


def test_gradients_training_and_sampling_are_compared_too(tmp_path: Path) -> None:
    keys = ("labels", "grad_norms", "grad_norm_names", "grad:lm_head/kernel", "adamw_losses")
    keys += ("sample_warped_sequences", "sample_warped_seed")
    report = check_model(ORACLE / "dalle-mini-scan", subset(tmp_path, "dalle-mini-scan", *keys))
    assert {one.key: str(one.outcome) for one in report.compared} == {
        "grad_norms": "passed",
        "grad:lm_head/kernel": "passed",
        "adamw_losses": "passed",
        "sample_warped_sequences": "passed",
    }


@pytest.mark.parametrize("folder", ["vqgan-f4", "clip-tiny"])
def test_a_bare_vqgan_and_a_bare_clip_are_compared_whole(folder: str) -> None:
    report = check_model(ORACLE / folder, ORACLE / folder / "golden.npz")
    assert report.passed, report
    assert len(report.compared) >= 5
    assert all(one.outcome == Outcome.PASSED for one in report.compared)


def test_one_number_out_of_tolerance_fails_its_key_alone(tmp_path: Path) -> None:
    logits = np.load(ORACLE / "clip-tiny" / "golden.npz")["text_embeds"].copy()
    logits[1, 2] += 2e-5
    keys = ("input_ids", "attention_mask", "pixel_values", "text_embeds", "image_embeds")
    report = check_model(ORACLE / "clip-tiny", subset(tmp_path, "clip-tiny", *keys, text_embeds=logits))
    assert not report.passed
    failed = [one for one in report.compared if one.outcome == Outcome.FAILED]
    assert [one.key for one in failed] == ["text_embeds"]
    assert failed[0].largest_error == pytest.approx(2e-5, rel=0.05)
    assert failed[0].tolerance == "1e-05"


def test_arrays_of_another_model_fail_and_do_not_stop_the_check(tmp_path: Path) -> None:
    report = check_model(
        ORACLE / "vqgan-f2", subset(tmp_path, "vqgan-f4", "code", "decoded", "indices", "quant_states")
    )
    assert not report.passed
    assert any(one.outcome == Outcome.FAILED and one.detail for one in report.compared)


def test_unknown_arrays_and_missing_inputs_are_skipped_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "golden.npz"
    golden = np.load(ORACLE / "vqgan-f2" / "golden.npz")
    np.savez(path, something=np.ones(3), pre_quant=golden["pre_quant"], indices=golden["indices"])
    report = check_model(ORACLE / "vqgan-f2", path)
    assert report.passed
    assert compared(report)["pre_quant"].detail == "needs pixel_values in the golden file"
    assert compared(report)["something"].outcome == Outcome.SKIPPED
    assert compared(report)["indices"].outcome == Outcome.PASSED


def test_a_golden_file_of_which_nothing_applies_fails(tmp_path: Path) -> None:
    np.savez(tmp_path / "golden.npz", something=np.ones(3))
    report = check_model(ORACLE / "vqgan-f2", tmp_path / "golden.npz")
    assert outcomes(report)["golden"] == "failed"
    assert not report.passed


def test_a_network_that_does_not_load_fails_with_its_file_and_field(tmp_path: Path) -> None:
    shutil.copytree(ORACLE / "vqgan-f2", tmp_path / "vqgan")
    (tmp_path / "vqgan").chmod(0o755)
    weights = read_weights(ORACLE / "vqgan-f2" / "flax_model.msgpack")
    weights.pop("quant_conv/bias")
    write_msgpack(tmp_path / "vqgan" / "flax_model.msgpack", weights)
    report = check_model(tmp_path / "vqgan", ORACLE / "vqgan-f2" / "golden.npz")
    assert not report.passed
    failed = next(check for check in report.checks if check.name == "VQGAN")
    assert "flax_model.msgpack: quant_conv/bias is missing" in failed.detail
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.parametrize("cases", ["normalize.json", "hashtags.json", "tokenize.json"])
def test_the_texts_of_the_oracle_pass(cases: str) -> None:
    report = check_model(ORACLE / "text", texts=[ORACLE / "text" / cases])
    assert report.passed, [one for one in report.texts if one.outcome != Outcome.PASSED]
    assert len(report.texts) >= 10


def test_a_text_that_is_tokenised_otherwise_is_shown(tmp_path: Path) -> None:
    values = json.loads((ORACLE / "text" / "tokenize.json").read_text())
    values["cases"][3]["input_ids"][1] += 1
    (tmp_path / "cases.json").write_text(json.dumps(values))
    report = check_model(ORACLE / "text", texts=[tmp_path / "cases.json"])
    assert [one.key for one in report.texts if one.outcome == Outcome.FAILED] == ["cases.json[3]"]
    assert not report.passed


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"cases": [{"input": 3}]}', '[{"input": "a"}]', "[" * 100_000, "\xff"]
)
def test_a_file_without_cases_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "cases.json").write_text(content, encoding="latin-1")
    with pytest.raises(ModelFileError, match=r"cases\.json"):
        check_model(ORACLE / "text", texts=[tmp_path / "cases.json"])


def test_a_folder_of_nothing_fails(tmp_path: Path) -> None:
    report = check_model(tmp_path)
    assert report.kind == "unknown"
    assert not report.passed
    with pytest.raises(ModelFileError, match="is no folder"):
        check_model(tmp_path / "nowhere")


def test_a_golden_file_that_would_run_code_or_fill_the_memory_is_refused(tmp_path: Path) -> None:
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, logits=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    bomb = tmp_path / "bomb.npz"
    np.savez(bomb, logits=np.ones(3))
    directory = bytearray(bomb.read_bytes())
    place = directory.index(b"PK\x01\x02") + 24  # where the archive says what the file unpacks to
    directory[place : place + 4] = (3 << 30).to_bytes(4, "little")
    bomb.write_bytes(directory)
    (tmp_path / "text.npz").write_text("no archive")
    for path in (pickled, bomb, tmp_path / "text.npz", tmp_path / "missing.npz"):
        with pytest.raises(ModelFileError, match=path.name.replace(".", r"\.")):
            check_model(ORACLE / "clip-tiny", path)


@pytest.mark.parametrize(
    ("ours", "golden", "tolerance", "passes", "error"),
    [
        ([1.0, 2.0], [1.0, 2.1], Tolerance(0.2), True, 0.1),
        ([1.0, 2.0], [1.0, 2.1], Tolerance(0.05), False, 0.1),
        ([1.0, 2.0], [1.0, 2.1], Tolerance(0.05, relative=True), True, 0.1 / 2.1),
        ([1, 2], [1, 3], EXACT, False, 1.0),
        ([math.nan], [1.0], Tolerance(9.0), False, math.nan),
        ([1.0], [math.nan], Tolerance(9.0), False, math.nan),
        ([math.inf], [math.inf], Tolerance(9.0), False, math.nan),
        ([1e-9, 1.0], [0.0, 1.0], Tolerance(1e-3, relative=True), True, 0.0),
        ([1e-3, 1.0], [0.0, 1.0], Tolerance(1e-3, relative=True), False, math.inf),
        ([], [], EXACT, True, 0.0),
    ],
)
def test_arrays_are_compared_as_the_tolerance_says(
    ours: list[float], golden: list[float], tolerance: Tolerance, passes: bool, error: float
) -> None:
    with np.errstate(invalid="ignore"):
        found = compare("key", np.array(ours), np.array(golden), tolerance)
    assert (found.outcome == Outcome.PASSED) is passes
    assert found.largest_error == pytest.approx(error, nan_ok=True)
    json.dumps(found.to_dict(), allow_nan=False)


def test_another_shape_fails_and_says_which() -> None:
    found = compare("key", np.ones((2, 3)), np.ones((3, 2)), EXACT)
    assert (found.outcome, found.detail) == (Outcome.FAILED, "ours is (2, 3), the golden one (3, 2)")
