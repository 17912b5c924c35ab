"""Our tokeniser against transformers', which the published models were made with, on the oracle's texts."""

import json
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from generation.dalle.tokens import TextTokeniser

FOLDER = Path(__file__).parent.parent / "data" / "oracle" / "text"


def test_ids_are_those_that_transformers_gives():
    cases = json.loads((FOLDER / "normalize.json").read_text(encoding="utf-8"))["cases"]
    texts = [case["normalized"] for case in cases]
    theirs = PreTrainedTokenizerFast(tokenizer_file=str(FOLDER / "tokenizer.json"), pad_token="<pad>")
    expected = theirs(texts, padding="max_length", truncation=True, max_length=24)
    vocabulary = json.loads((FOLDER / "vocab.json").read_text(encoding="utf-8"))
    ours = TextTokeniser.from_folder(FOLDER, length=24, vocabulary_size=len(vocabulary))(texts)
    assert ours.ids.tolist() == expected["input_ids"]
    assert ours.mask.tolist() == expected["attention_mask"]
