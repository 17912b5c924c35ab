"""A bundle in the making: the parent's files, of which some networks are written anew, and what is said about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from flax import nnx

from generation.files.weights import MSGPACK_NAME, SAFETENSORS_NAME, read_header, weights_file, write_safetensors
from generation.models.bundle import ModelBundle, bundle_files
from generation.models.manifest import Manifest, Source
from generation.training.data.gathering import Gathered
from generation.training.data.splitting import Split
from generation.training.tuning.plan import Plan

MOST_POINTS = 100
"""Of a curve in model.toml; the work folder keeps every step."""

SHEET_NAME = "before-after.png"


@dataclass(frozen=True)
class Outcome:
    """What one part's training came to, on examples that it never saw; lower is better."""

    unit: str
    before: float
    after: float
    best_step: int
    curve: list[dict[str, Any]]


def begin_bundle(parent: ModelBundle, folder: Path) -> None:
    """Copy the parent's files, but for what only told about the parent."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in bundle_files(parent.folder):
        if path != SHEET_NAME:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(parent.folder / path, folder / path)


def write_network(folder: Path, model: nnx.Module, published: Callable[..., Mapping[str, Any]]) -> None:
    """Write a network over its folder's weights, as safetensors in the type they had; 8 bits become float16.

    Where they had several, float16 if it was among them, else float32.
    """
    half = np.dtype(np.float16)
    stored = {half if leaf.scale else leaf.dtype for leaf in read_header(weights_file(folder)).values()}
    dtype = stored.pop() if len(stored) == 1 else half if half in stored else np.dtype(np.float32)
    write_safetensors(folder / SAFETENSORS_NAME, published(model, dtype=dtype))
    (folder / MSGPACK_NAME).unlink(missing_ok=True)


def describe(
    plan: Plan, parent: ModelBundle, data: Gathered, split: Split, outcomes: Mapping[str, Outcome]
) -> Manifest:
    """The manifest of the result; its files are hashed when it is sealed."""
    told = "; ".join(f"{name} {one.before:.4g} -> {one.after:.4g} {one.unit}" for name, one in outcomes.items())
    return replace(
        parent.manifest,
        name=plan.name,
        description=plan.description or f"{parent.name}, fine-tuned on {len(split.train)} pictures ({told}, held out).",
        licence=parent.manifest.licence if plan.licence == parent.manifest.licence else _joined(plan, parent),
        parent=f"{parent.name} {parent.revision}",
        made_by="easel train run",
        sources=(*parent.manifest.sources, Source(Path(plan.data).name, plan.licence, note="fine-tuned on")),
        training={
            "data_sha256": data.digest,
            "pictures": len(data),
            "trained_on": len(split.train),
            "validated_on": len(split.validation),
            "tested_on": len(split.test),
            "left_out": data.counts,
            "plan": _settings(plan),
            "test": {
                name: {"unit": one.unit, "before": one.before, "after": one.after, "best_step": one.best_step}
                for name, one in outcomes.items()
            },
            "curves": {name: _thinned(one.curve) for name, one in outcomes.items()},
        },
    )


def outcome_line(part: str, outcome: Outcome) -> str:
    """One part's figures for a person."""
    change = (outcome.after / outcome.before - 1) * 100 if outcome.before else 0.0
    return f"{part}: {outcome.before:.4g} -> {outcome.after:.4g} {outcome.unit} on the test split ({change:+.0f}%)"


def _joined(plan: Plan, parent: ModelBundle) -> str:
    return f"{parent.manifest.licence} (weights); {plan.licence} (pictures learned from)"


def _settings(plan: Plan) -> dict[str, Any]:
    """The settings of what was trained. Where the data lay on a person's machine is nobody's business."""
    settings = plan.model_dump(mode="json", exclude={"name", "description", "pictures", "licence"})
    settings["data"] = Path(plan.data).name
    used = {"vqgan": plan.parts.vqgan, "clip": plan.parts.clip, "seq2seq": plan.parts.encoder or plan.parts.decoder}
    return {key: value for key, value in settings.items() if used.get(key, True)}


def _thinned(curve: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Evenly spread losses, and every validation, as columns."""
    every = max(1, len(curve) // MOST_POINTS)
    losses, validated = curve[::every], [row for row in curve if "validation" in row]
    validated = validated[:: max(1, len(validated) // MOST_POINTS)]
    return {
        "step": [row["step"] for row in losses],
        "loss": [round(row["loss"], 6) for row in losses],
        "validated_at": [row["step"] for row in validated],
        "validation": [round(row["validation"], 6) for row in validated],
    }


def outcome_table(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """For scripts."""
    names = ("unit", "before", "after", "best_step")
    return {part: {name: getattr(one, name) for name in names} for part, one in outcomes.items()}
