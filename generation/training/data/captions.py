"""Captions as the model reads prompts: normalised if it was trained so, then tokenised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from generation.dalle.config import DalleConfig
from generation.dalle.normaliser import TextNormaliser
from generation.dalle.tokens import TextTokeniser

IntArray = np.ndarray[Any, np.dtype[np.int32]]


class Captions:
    """The reader of the model in `folder`."""

    def __init__(self, folder: Path, config: DalleConfig) -> None:
        self._normalise = TextNormaliser() if config.normalize_text else None
        self._tokenise = TextTokeniser.from_folder(
            folder, length=config.max_text_length, vocabulary_size=config.encoder_vocab_size
        )

    def __call__(self, captions: Sequence[str]) -> tuple[IntArray, IntArray]:
        """Ids (N, T) and lengths (N,)."""
        texts = [self._normalise(caption) for caption in captions] if self._normalise else captions
        found = self._tokenise(texts)
        return found.ids, found.mask.sum(1).astype(np.int32)

    def blank(self) -> tuple[IntArray, int]:
        """Ids (T,) and length of the empty caption: the unconditional prompt of drawing."""
        found = self._tokenise([""])
        return found.ids[0], int(found.mask.sum())

    def pieces(self, word: str) -> list[str]:
        """The pieces that a word is read as, without the space before it."""
        text = self._normalise(word) if self._normalise else f" {word}"
        return [piece for piece in self._tokenise.pieces(text) if piece]
