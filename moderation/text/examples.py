"""The example sentences of config/moderation/sentences.toml, and what was learnt from them.

`python -m moderation.text.examples` stores the sentences' profiles beside the file, with the weights of their
regression. A sentence without a stored profile is encoded when the moderator loads, and the weights are computed anew,
so that editing the file needs no further step.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from moderation.errors import ModerationError, PolicyError
from moderation.lists import read_list
from moderation.policy import DEFAULT_POLICY, TEXT_CATEGORIES
from moderation.text.encoder import PROFILE_DIMENSION, SentenceEncoder
from moderation.text.regression import HARMLESS, KERNEL_WIDTH, PHRASE_SHARE, RIDGE, Regression, learn

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_INT8 = 127
"""Profiles are stored with 8 bits a number, half the size of float16; only texts at a threshold notice."""

DEFAULT_SENTENCES = DEFAULT_POLICY.parent / "moderation" / "sentences.toml"


@dataclass(frozen=True)
class Examples:
    """Labelled sentences.

    Attributes:
        version: changes with the sentences.
        categories: those that have examples, besides `harmless`.
        sentences: in the order of the file.
        labels: the category of each sentence, or `harmless`.
    """

    version: str
    categories: tuple[str, ...]
    sentences: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Examples:
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
        if HARMLESS not in tables or len(tables) < 2:
            raise PolicyError(f"{path}: needs `harmless` and at least one other category.")
        pairs = [(sentence, category) for category in tables for sentence in tables[category]]
        return cls(
            version=digest,
            categories=tuple(category for category in tables if category != HARMLESS),
            sentences=tuple(sentence for sentence, _ in pairs),
            labels=tuple(category for _, category in pairs),
        )

    @property
    def fingerprint(self) -> str:
        """What the weights of a regression depend on."""
        return f"{self.version}; {SentenceEncoder.version}; {KERNEL_WIDTH}; {PHRASE_SHARE}; {RIDGE}"

    def profiles(self, encoder: SentenceEncoder, stored: Stored) -> NDArray[np.float32]:
        """The examples' profiles (example, 768): stored ones where there are, the others encoded now."""
        missing = [sentence for sentence in self.sentences if key(sentence) not in stored.profiles]
        fresh = dict(zip(missing, encoder.profiles(missing), strict=True))
        return np.stack([fresh[text] if text in fresh else stored.profiles[key(text)] for text in self.sentences])

    def regression(self, encoder: SentenceEncoder, stored: Stored) -> Regression:
        """What the examples teach; their stored weights if these are still theirs, else computed anew."""
        profiles = self.profiles(encoder, stored)
        if stored.fingerprint == self.fingerprint and len(stored.weights) == len(profiles):
            return Regression.of(profiles, self.sentences, stored.weights)
        return learn(profiles, self.sentences, self.labels, self.categories)


@dataclass(frozen=True)
class Stored:
    """What lies beside the examples.

    Attributes:
        profiles: (768,) each, by `key` of their sentence.
        weights: of the regression, in the order of the examples.
        fingerprint: of the examples that the weights belong to.
    """

    profiles: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    weights: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    fingerprint: str = ""

    @classmethod
    def read(cls, path: Path) -> Stored:
        """What is stored for the examples of `path`; nothing if there is no file.

        Raises:
            ModerationError: the file is damaged or of another shape.
        """
        file = stored_file(path)
        if not file.exists():
            return cls()
        try:
            tensors = load_file(file)
            keys, fingerprint = json.loads(tensors["names"].tobytes())
            profiles = tensors["profiles"].astype(np.float32) * tensors["scales"] + tensors["middles"]
            weights = tensors["weights"]
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise ModerationError(
                f"{file}: damaged ({error}). Delete it, or run `python -m moderation.text.examples`."
            ) from error
        if profiles.shape != (len(keys), PROFILE_DIMENSION) or not np.isfinite(profiles).all():
            raise ModerationError(f"{file}: not {len(keys)} rows of {PROFILE_DIMENSION}. Delete it and store anew.")
        return cls(dict(zip(keys, profiles, strict=True)), weights, str(fingerprint))


def stored_file(path: Path) -> Path:
    """Where the profiles of the sentences in `path` are stored."""
    return path.with_suffix(".safetensors")


def store(path: Path) -> int:
    """Encode every sentence of `path`, learn from them, and store both beside it; returns how many."""
    examples = Examples.read(path)
    sentences = sorted(set(examples.sentences))
    profiles = SentenceEncoder.load().profiles(sentences)
    middles = profiles.mean(axis=0)  # in the middle layer a few numbers are large for every sentence
    scales = np.abs(profiles - middles).max(axis=0) / LARGEST_INT8
    small = np.round((profiles - middles) / scales).astype(np.int8)
    place = {sentence: index for index, sentence in enumerate(sentences)}
    as_read = (small.astype(np.float32) * scales + middles)[[place[sentence] for sentence in examples.sentences]]
    names = json.dumps([[key(sentence) for sentence in sentences], examples.fingerprint]).encode()
    tensors = {
        "names": np.frombuffer(names, np.uint8),
        "profiles": small,
        "scales": scales,
        "middles": middles,
        "weights": learn(as_read, examples.sentences, examples.labels, examples.categories).weights,
    }
    save_file(tensors, stored_file(path))
    return len(sentences)


def key(sentence: str) -> str:
    """A short name for `sentence` as this version of the encoder reads it."""
    return hashlib.sha256(f"{SentenceEncoder.version}\n{sentence}".encode()).hexdigest()[:16]


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SENTENCES
    sys.stdout.write(f"stored {store(target)} sentences in {stored_file(target)}\n")
