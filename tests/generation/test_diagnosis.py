"""A diagnosis measures what it says, sorts captions by kind, and recommends by rules that can be read."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.models import ModelRegistry
from generation.training.data.table import Table
from generation.training.diagnosis.clusters import Clusters
from generation.training.diagnosis.examine import Kind, Reconstruction, Words, diagnose, own_nats, recommend
from generation.training.diagnosis.report import page
from generation.training.likeness import decibels, structural_similarity

LEXICON = Path(__file__).parents[2] / "config/lexicon"


@pytest.fixture(scope="module")
def clusters():
    return Clusters(LEXICON)


@pytest.mark.parametrize(
    ("caption", "kind"),
    [
        ("a red car on a white background", "plain"),
        ("ein Hund und eine Katze auf dem Tisch", "other languages"),
        ("我们的新产品发布了", "other languages"),
        ("صاروخ في السماء", "other languages"),
        ("this drop is straight 🔥", "slang and emoji"),
        ("a kubernetes cluster with a database", "domain terms"),
        ("diwali lanterns at night", "cultural references"),
        ("freedom and hope", "abstract themes"),
    ],
)
def test_captions_are_sorted_by_the_kind_of_their_words(clusters, caption, kind):
    assert clusters.of(caption) == kind


def test_likeness_is_best_for_equal_pictures_and_falls_with_noise():
    random = np.random.default_rng(0)
    real = np.kron(random.random((2, 4, 4, 3)), np.ones((1, 8, 8, 1)))
    noise = random.normal(size=real.shape)
    np.testing.assert_allclose(structural_similarity(real, real), 1.0)
    little, much = (np.clip(real + share * noise, 0, 1) for share in (0.02, 0.2))
    assert (structural_similarity(real, little) > structural_similarity(real, much)).all()
    assert (decibels(real, little) > decibels(real, much) + 10).all()
    np.testing.assert_allclose(decibels(real / 2, real / 2 + 0.1), 20.0, rtol=1e-5)
    np.testing.assert_allclose(decibels(np.ones_like(real), np.full_like(real, 1.5)), 100.0)  # as a picture shows it


def seen(decibel, similarity):
    return Reconstruction(decibel, similarity, 0.5, [])


def test_the_parts_to_train_follow_from_the_figures():
    good_words, bad_words = Words(100, 0.02, 0.0, []), Words(100, 0.3, 0.1, [])
    plain = {"plain": Kind(20, 1.6, 0.0, [])}
    slang = plain | {"slang and emoji": Kind(5, 2.4, 0.1, [])}
    rare = plain | {"slang and emoji": Kind(1, 9.0, 0.1, [])}
    assert recommend(seen(28, 0.9), 1.6, 1.63, plain, good_words)[:2] == (False, False)
    assert recommend(seen(20, 0.9), 1.6, None, plain, good_words)[:2] == (True, False)
    assert recommend(seen(28, 0.6), 1.6, None, plain, good_words)[:2] == (True, False)
    assert recommend(seen(28, 0.9), 1.6, None, plain, bad_words)[:2] == (False, True)
    assert recommend(seen(28, 0.9), 1.6, None, slang, good_words)[:2] == (False, True)
    assert recommend(seen(28, 0.9), 1.6, None, rare, good_words)[:2] == (False, False)
    assert "+0.37 against the 1.63" in recommend(seen(28, 0.9), 2.0, 1.63, plain, good_words)[2][-1]


def test_what_a_manifest_says_of_its_training_is_taken_only_where_it_is_a_figure():
    assert own_nats({"test": {"seq2seq": {"after": 1.63}}}) == 1.63
    for said in ({}, {"test": "good"}, {"test": {"seq2seq": {"after": "low"}}}, {"test": {"seq2seq": {"after": []}}}):
        assert own_nats(said) is None


def test_a_report_is_made_of_the_test_split_and_escapes_what_people_wrote(tmp_path, make_tiny_bundle):
    make_tiny_bundle(tmp_path / "models/tiny")
    lines = []
    for index in range(9):
        Image.new("RGB", (40, 40), (25 * index, 80, 160)).save(tmp_path / f"{index}.png")
        lines.append(json.dumps({"caption": f"<b>colour</b> {index}", "picture": f"{index}.png"}))
    lines.append(json.dumps({"caption": "gone", "picture": "gone.png"}))
    (tmp_path / "t.jsonl").write_text("\n".join(lines), "utf-8")
    bundle = ModelRegistry(tmp_path / "models").find("tiny")
    found = diagnose(bundle, Table.at(tmp_path / "t.jsonl"), LEXICON, tmp_path / "work", lambda text: None)
    assert found.examined == 3
    assert found.own_nats is None
    assert found.to_dict()["left_out"] == {"missing": 1}
    assert 0 < found.reconstruction.codebook_use <= 1
    written = page(found)
    assert "<b>colour" not in written
    assert "&lt;b&gt;colour" in written
    assert written.count("data:image/png;base64,") == 6
    assert "gone.png" in written
