"""The example sentences of config/moderation/sentences.toml and their vectors.

`python -m moderation.text.examples` stores the vectors beside the sentences. A sentence without a stored vector is
encoded when the moderator loads, so that editing the file needs no further step.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from moderation.errors import ModerationError, PolicyError
from moderation.lists import read_list
from moderation.policy import DEFAULT_POLICY, TEXT_CATEGORIES
from moderation.text.encoder import DIMENSION, SentenceEncoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

HARMLESS = "harmless"
LARGEST_INT8 = 127
"""Vectors are stored with 8 bits a number, half the size of float16; only texts at a threshold notice."""

DEFAULT_SENTENCES = DEFAULT_POLICY.parent / "moderation" / "sentences.toml"


@dataclass(frozen=True)
class Examples:
    """Labelled sentences as vectors.

    Attributes:
        version: changes with the sentences.
        categories: those that have examples, besides `harmless`.
        labels: the category of each sentence, or `harmless`.
        vectors: (sentence, 384) float32 of length 1.
    """

    version: str
    categories: tuple[str, ...]
    labels: tuple[str, ...]
    vectors: NDArray[np.float32]


def load_examples(path: Path, encoder: SentenceEncoder) -> Examples:
    """The examples of `path`.

    Raises:
        PolicyError: the file is missing, has an unknown category or something that is no sentence.
    """
    tables, digest = read_list(path)
    for category, sentences in tables.items():
        if category not in (*TEXT_CATEGORIES, HARMLESS):
            known = ", ".join((HARMLESS, *TEXT_CATEGORIES))
            raise PolicyError(f"{path}: unknown category {category!r}. Known: {known}.")
        if not isinstance(sentences, list) or not all(
            isinstance(sentence, str) and sentence.strip() for sentence in sentences
        ):
            raise PolicyError(f"{path}: {category!r} must be a list of sentences.")
    pairs = [(sentence, category) for category in tables for sentence in tables[category]]
    if HARMLESS not in tables or len(tables) < 2:
        raise PolicyError(f"{path}: needs `harmless` and at least one other category.")
    vectors = _vectors([sentence for sentence, _ in pairs], stored_vectors(path), encoder)
    categories = tuple(category for category in tables if category != HARMLESS)
    return Examples(digest, categories, tuple(category for _, category in pairs), vectors)


def _vectors(
    sentences: Sequence[str], stored: Mapping[str, NDArray[np.float32]], encoder: SentenceEncoder
) -> NDArray[np.float32]:
    missing = [sentence for sentence in sentences if key(sentence) not in stored]
    fresh = dict(zip(missing, encoder.encode(missing), strict=True))
    return np.stack([fresh[sentence] if sentence in fresh else stored[key(sentence)] for sentence in sentences])


def vectors_file(path: Path) -> Path:
    """Where the vectors of the sentences in `path` are stored."""
    return path.with_suffix(".safetensors")


def stored_vectors(path: Path) -> dict[str, NDArray[np.float32]]:
    """Stored vectors by `key` of their sentence; none if there is no file.

    Raises:
        ModerationError: the file is damaged or of another shape.
    """
    file = vectors_file(path)
    if not file.exists():
        return {}
    try:
        tensors = load_file(file)
        keys = json.loads(tensors["keys"].tobytes())
        vectors = tensors["vectors"].astype(np.float32) * tensors["scales"][:, None]
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ModerationError(
            f"{file}: damaged ({error}). Delete it, or run `python -m moderation.text.examples`."
        ) from error
    if vectors.shape != (len(keys), DIMENSION) or not np.isfinite(vectors).all():
        raise ModerationError(f"{file}: not {len(keys)} vectors of {DIMENSION}. Delete it and store them again.")
    return dict(zip(keys, vectors, strict=True))


def store_vectors(path: Path) -> int:
    """Encode every sentence of `path` and store the vectors beside it; returns how many."""
    tables, _ = read_list(path)
    sentences = sorted({sentence for category in tables.values() for sentence in category})
    vectors = SentenceEncoder.load().encode(sentences)
    scales = np.abs(vectors).max(axis=1) / LARGEST_INT8
    small = np.round(vectors / scales[:, None]).astype(np.int8)
    keys = json.dumps([key(sentence) for sentence in sentences]).encode()
    tensors = {"vectors": small, "scales": scales, "keys": np.frombuffer(keys, np.uint8)}
    save_file(tensors, vectors_file(path))
    return len(sentences)


def key(sentence: str) -> str:
    """A short name for `sentence` as this version of the encoder reads it."""
    return hashlib.sha256(f"{SentenceEncoder.version}\n{sentence}".encode()).hexdigest()[:16]


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SENTENCES
    sys.stdout.write(f"stored {store_vectors(target)} vectors in {vectors_file(target)}\n")
