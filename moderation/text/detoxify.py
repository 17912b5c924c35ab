"""Detoxify's published models: https://github.com/unitaryai/detoxify (Apache-2.0), from a local checkpoint.

A checkpoint is a pickle, which can run code when it is loaded. It is loaded only if its SHA-256 stands in the policy,
and nothing is ever fetched. Needs `easel-bot[detoxify]`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moderation.errors import PolicyError
from moderation.model_file import checked_bytes
from moderation.policy import Policy
from moderation.text.sentences import pieces
from moderation.verdicts import Finding

CATEGORIES = {
    "toxicity": "harassment",
    "toxic": "harassment",
    "insult": "harassment",
    "severe_toxicity": "hate",
    "severe_toxic": "hate",
    "identity_attack": "hate",
    "identity_hate": "hate",
    "obscene": "profanity",
    "threat": "threat",
    "sexual_explicit": "sexual",
}
"""The models' classes, under the names of all three, and the category of the policy that each belongs to."""

MOST_PIECES = 64
BATCH = 16
SHA256_LETTERS = 64


class Detoxify:
    """Scores a text by its worst piece in each class that the model knows."""

    def __init__(self, model: Any, tokenizer: Any, classes: Sequence[str], version: str) -> None:
        self.version = version
        self._model = model
        self._tokenizer = tokenizer
        self._classes = tuple(classes)
        self.categories = tuple(dict.fromkeys(CATEGORIES[name] for name in classes if name in CATEGORIES))

    @classmethod
    def load(cls, policy: Policy) -> Detoxify:
        """The checkpoint under `options.detoxify`: `checkpoint`, its `sha256`, and the `folder` of its configuration.

        Raises:
            PolicyError: one of the three is missing or wrong.
            ModerationError: the checkpoint is not the one that the settings name.
        """
        options = policy.options.get("detoxify", {})
        for key in ("checkpoint", "sha256", "folder"):
            if not isinstance(options.get(key), str) or not options[key]:
                raise PolicyError(f"{policy.path}: [options.detoxify] needs {key!r} (see docs/moderation.md).")
        if len(options["sha256"]) != SHA256_LETTERS:
            raise PolicyError(
                f"{policy.path}: `options.detoxify.sha256` must have {SHA256_LETTERS} hexadecimal digits."
            )
        folder = (policy.path.parent / options["folder"]).resolve()
        if not (folder / "config.json").is_file():
            raise PolicyError(
                f"{folder}: no config.json, which `options.detoxify.folder` must hold with the vocabulary."
            )
        data = checked_bytes(policy.path.parent / options["checkpoint"], options["sha256"].lower())
        return cls(*_open(data, folder), version=f"detoxify, checkpoint {options['sha256'][:12]}")

    def examine(self, text: str, /) -> list[Finding]:
        """One finding for each class: the piece of `text` with the highest score."""
        parts = pieces(text)
        if not parts:
            return []
        scores = [
            row
            for start in range(0, min(len(parts), MOST_PIECES), BATCH)
            for row in self._scores(parts[start : start + BATCH])
        ]
        findings = []
        for column, name in enumerate(self._classes):
            if name in CATEGORIES:
                worst = max(range(len(scores)), key=lambda row: scores[row][column])
                reason = f"{CATEGORIES[name]}: {parts[worst][:80]!r} is {name.replace('_', ' ')} to Detoxify"
                findings.append(Finding(CATEGORIES[name], scores[worst][column], reason, _span(text, parts[worst])))
        return findings

    def _scores(self, batch: list[str]) -> list[list[float]]:
        import torch

        with torch.inference_mode():
            tokens = self._tokenizer(batch, return_tensors="pt", truncation=True, padding=True)
            rows: list[list[float]] = torch.sigmoid(self._model(**tokens)[0]).tolist()
        return rows


def _open(data: bytes, folder: Path) -> tuple[Any, Any, list[str]]:
    """Model, tokenizer and classes of a checked checkpoint; `folder` stands in for the hub's name inside it."""
    import torch
    from detoxify.detoxify import get_model_and_tokenizer

    # The bytes were compared with the settings' SHA-256; the published checkpoints hold more than weights.
    loaded: Mapping[str, Any] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=False)
    arguments = {**loaded["config"]["arch"]["args"], "model_type": str(folder)}
    model, tokenizer = get_model_and_tokenizer(**arguments, state_dict=loaded["state_dict"])
    return model.eval(), tokenizer, list(loaded["config"]["dataset"]["args"]["classes"])


def _span(text: str, piece: str) -> tuple[int, int] | None:
    start = text.find(piece)
    return (start, start + len(piece)) if start >= 0 else None
