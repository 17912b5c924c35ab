"""Run by `make test-detoxify`, which has torch; skipped elsewhere."""

import hashlib
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("detoxify")

from moderation import Decision, Moderators, Policy, Verdict  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # torch and transformers warn of each other

CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "hurt", "you"]


def checkpoint(folder: Path, loud: str = "threat") -> dict[str, Any]:
    """A tiny BERT whose last layer always answers `loud`, in the form of Detoxify's checkpoints."""
    from transformers import BertConfig, BertForSequenceClassification

    labels = {str(number): name for number, name in enumerate(CLASSES)}
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        num_labels=6,
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([4.0 if name == loud else -4.0 for name in CLASSES]))
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**config.to_dict(), "id2label": labels}))
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    )
    names = {
        "model_type": "bert-base-uncased",
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
    }
    return {
        "config": {"arch": {"args": {**names, "num_classes": 6}}, "dataset": {"args": {"classes": CLASSES}}},
        "state_dict": model.state_dict(),
    }


def judged(text: str, **options: str) -> Verdict:
    policy = replace(Policy.load(), text=("detoxify",), options={"detoxify": options})
    (verdict,) = Moderators(policy).judge_text(text)
    return verdict


@pytest.fixture
def model(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "tiny.ckpt"
    torch.save(checkpoint(tmp_path / "bert"), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"checkpoint": str(file), "sha256": digest, "folder": str(tmp_path / "bert")}


def test_a_checkpoint_whose_digest_is_in_the_settings_judges_texts(model: dict[str, str]) -> None:
    verdict = judged("Hello world. I hurt you.", **model)
    assert verdict.decision is Decision.BLOCK
    assert verdict.category == "threat"
    assert verdict.scores["threat"] == pytest.approx(0.982, abs=0.001)
    assert verdict.scores["hate"] == pytest.approx(0.018, abs=0.001)


def test_a_text_of_any_length_is_judged(model: dict[str, str]) -> None:
    assert judged("hello " * 5_000, **model).category == "threat"
    assert judged("", **model).decision is Decision.ALLOW


class Trap:
    """A pickle that leaves a file behind when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_a_checkpoint_with_another_digest_is_never_unpickled(model: dict[str, str], tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    Path(model["checkpoint"]).write_bytes(pickle.dumps(Trap(sprung)))
    verdict = judged("hello", **model)
    assert verdict.decision is Decision.REVIEW
    assert "not the one expected" in verdict.reason
    assert not sprung.exists()


@pytest.mark.parametrize("key", ["checkpoint", "sha256", "folder"])
def test_settings_that_lack_something_are_said(model: dict[str, str], key: str) -> None:
    verdict = judged("hello", **{**model, key: ""})
    assert verdict.decision is Decision.REVIEW
    assert f"needs '{key}'" in verdict.reason


def test_a_folder_without_a_configuration_is_refused_rather_than_fetched(model: dict[str, str], tmp_path: Path) -> None:
    verdict = judged("hello", **{**model, "folder": str(tmp_path)})
    assert verdict.decision is Decision.REVIEW
    assert "no config.json" in verdict.reason
