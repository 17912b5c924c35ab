"""The way of a text to token ids, against the oracle."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from generation.dalle.normaliser import HashtagSplitter, TextNormaliser
from generation.dalle.tokens import TextTokeniser
from generation.errors import ModelFileError

ORACLE = Path(__file__).parents[1] / "data" / "oracle"
TEXT = ORACLE / "text"
WORDS = TEXT / "words-frequency.txt"


def cases(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="module")
def normalise():
    return TextNormaliser(WORDS)


@pytest.mark.parametrize("case", cases(TEXT / "normalize.json"), ids=lambda case: repr(case["input"]))
def test_a_text_is_normalised_as_the_reference_does(normalise, case):
    assert normalise(case["input"]) == case["normalized"]


@pytest.mark.parametrize("case", cases(TEXT / "hashtags.json"), ids=lambda case: repr(case["input"]))
def test_a_hashtag_is_split_as_the_reference_does(case):
    assert HashtagSplitter.from_file(WORDS)(case["input"]) == case["split"]


def test_hashtags_are_split_without_the_references_list():
    assert TextNormaliser()("#sunsetbeach") == " sunset beach"


def test_a_person_left_out_is_always_the_same_person(normalise):
    assert {normalise("<PERSON> at the sea") for _ in range(5)} == {" a person at the sea"}


def test_a_damaged_word_list_is_refused_by_name(tmp_path):
    (tmp_path / "words.txt.gz").write_bytes(b"\x1f\x8b\x08 no gzip")
    with pytest.raises(ModelFileError, match=r"words\.txt\.gz"):
        TextNormaliser(tmp_path / "words.txt.gz")("#tag")


def tokeniser(folder: Path, length: int = 24) -> TextTokeniser:
    return TextTokeniser.from_folder(folder, length=length, vocabulary_size=1000)


@pytest.mark.parametrize("files", [["tokenizer.json"], ["vocab.json", "merges.txt"]], ids=str)
def test_texts_become_the_references_ids_from_either_kind_of_files(tmp_path, files):
    for name in files:
        shutil.copy(TEXT / name, tmp_path / name)
    expected = cases(TEXT / "tokenize.json")
    tokenised = tokeniser(tmp_path)([case["input"] for case in expected])
    np.testing.assert_array_equal(tokenised.ids, [case["input_ids"] for case in expected])
    np.testing.assert_array_equal(tokenised.mask, [case["attention_mask"] for case in expected])


@pytest.mark.parametrize("folder", ["dalle-mini-scan", "dalle-mega-scan-fp16", "dalle-unscan"])
def test_prompts_and_the_empty_prompt_become_the_references_ids(folder):
    golden = np.load(ORACLE / folder / "golden.npz")
    prompts = json.loads((ORACLE / folder / "prompts.json").read_text(encoding="utf-8"))
    prompts = prompts["prompts"] if isinstance(prompts, dict) else prompts
    tokenise = tokeniser(ORACLE / folder, golden["input_ids"].shape[1])
    with_space = tokenise([f" {prompt}" for prompt in prompts])
    np.testing.assert_array_equal(with_space.ids, golden["input_ids"])
    np.testing.assert_array_equal(with_space.mask, golden["attention_mask"])
    empty = tokenise([""] * len(prompts))
    np.testing.assert_array_equal(empty.ids, golden["input_ids_uncond"])
    np.testing.assert_array_equal(empty.mask, golden["attention_mask_uncond"])


def test_the_end_of_a_text_that_is_too_long_can_be_told():
    tokenise = tokeniser(ORACLE / "dalle-mini-scan", 12)
    assert tokenise.left_out(" a cat") == ""
    long = " a red rocket over a green hill beside the old harbour at night"
    left_out = tokenise.left_out(long)
    assert left_out
    assert long.endswith(left_out)
    whole = tokenise([long])
    np.testing.assert_array_equal(tokenise([long.removesuffix(left_out).rstrip()]).ids, whole.ids)
