"""Sets of scenes in memory and on disk: layouts, tokenised captions, and the codes of their pictures."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from generation.dalle.tokens import TextTokeniser
from generation.training.errors import TrainingError
from generation.training.scenes import HELD_OUT_SEED, TRAINING_SEED, Composer, Scene

CHUNK = 2000


@dataclass(frozen=True)
class SceneSet:
    """N scenes: layouts (N, LAYOUT_SIZE) float32, ids (N, T) int16, lengths (N,) int16, captions (none if not kept),
    codes (N, L) int16 once encoded.
    """

    layouts: np.ndarray
    ids: np.ndarray
    lengths: np.ndarray
    captions: tuple[str, ...] = ()
    codes: np.ndarray | None = None

    def save(self, path: Path) -> None:
        """Write under a temporary name first."""
        partial_path = path.with_suffix(".partial")
        arrays = {
            "layouts": self.layouts,
            "ids": self.ids,
            "lengths": self.lengths,
            "captions": np.array(self.captions, np.str_),
        }
        if self.codes is not None:
            arrays["codes"] = self.codes
        with partial_path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        partial_path.replace(path)

    @classmethod
    def load(cls, path: Path) -> SceneSet:
        """Read a set. Raises TrainingError where there is none."""
        try:
            with np.load(path) as stored:
                codes = stored["codes"] if "codes" in stored.files else None
                return cls(
                    stored["layouts"], stored["ids"], stored["lengths"], tuple(map(str, stored["captions"])), codes
                )
        except (OSError, KeyError, ValueError) as error:
            raise TrainingError(f"{path} holds no scenes ({error}); run the stage `data` first") from error


def training_scenes(composer: Composer, tokeniser: TextTokeniser, count: int, processes: int) -> SceneSet:
    """Scenes 0 to ``count`` of the training seed, composed by several processes; captions are kept as ids only."""
    global _composer, _tokeniser
    _composer, _tokeniser = composer, tokeniser
    starts = range(0, count, CHUNK)
    work = partial(_chunk, count)
    if processes > 1:
        # Forked, so that the atlas is shared and not copied; nothing here touches JAX.
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            parts = pool.map(work, starts)
    else:
        parts = [work(start) for start in starts]
    layouts, ids, lengths = (np.concatenate(column) for column in zip(*parts, strict=True))
    return SceneSet(layouts, ids, lengths)


def held_out_scenes(composer: Composer, tokeniser: TextTokeniser, count: int) -> SceneSet:
    """Scenes of a seed that is never trained on, of the same mixture as training."""
    return as_set([composer.scene(HELD_OUT_SEED, index) for index in range(count)], tokeniser)


def held_out_pairs(composer: Composer, tokeniser: TextTokeniser, count: int) -> SceneSet:
    """Scenes of two concepts that training never shows together."""
    return as_set([composer.held_out_pair_scene(index) for index in range(count)], tokeniser)


def as_set(scenes: Sequence[Scene], tokeniser: TextTokeniser) -> SceneSet:
    """Scenes with their captions."""
    captions = tuple(scene.caption for scene in scenes)
    ids, lengths = tokenise(tokeniser, captions)
    return SceneSet(np.stack([scene.layout for scene in scenes]), ids, lengths, captions)


def tokenise(tokeniser: TextTokeniser, captions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Captions as the normaliser leaves them (one leading space) -> ids (N, T) and lengths (N,), int16."""
    tokens = tokeniser([f" {caption}" for caption in captions])
    return tokens.ids.astype(np.int16), tokens.mask.sum(1).astype(np.int16)


def blank_caption(tokeniser: TextTokeniser) -> tuple[np.ndarray, int]:
    """Ids and length of the empty caption, without a leading space: the unconditional prompt of drawing."""
    tokens = tokeniser([""])
    return tokens.ids[0], int(tokens.mask.sum())


def _chunk(count: int, start: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scenes = [_composer.scene(TRAINING_SEED, index) for index in range(start, min(start + CHUNK, count))]
    ids, lengths = tokenise(_tokeniser, [scene.caption for scene in scenes])
    return np.stack([scene.layout for scene in scenes]), ids, lengths


_composer: Composer
_tokeniser: TextTokeniser
