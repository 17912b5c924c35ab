"""What the credentials of a picture say: how it was made, and that a person approved it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

TRAINED_ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for what a model made from its training: https://cv.iptc.org/newscodes/digitalsourcetype."""

GENERATION = "easel-bot.generation"
"""The label of our own assertion."""

PERSON, UNATTENDED = "a person", "an unattended command"


@dataclass(frozen=True)
class Drawing:
    """How one picture was made: `revision` is the model's own digest or version."""

    model: str
    revision: str
    seed: int
    prompt: str


@dataclass(frozen=True)
class Facts:
    """How what is published came about.

    Attributes:
        drawings: of the picture, or of each page of a carousel.
        tell_prompt: whether the words of the prompts are told; their SHA-256 always is.
        approved_by: `PERSON`, or `UNATTENDED` where a script took the best picture and nobody looked.
        approver: who that was, already made unreadable; "" leaves it out.
    """

    drawings: tuple[Drawing, ...]
    tell_prompt: bool = False
    approved_by: str = PERSON
    approver: str = ""


def manifest(facts: Facts, version: str) -> dict[str, Any]:
    """The definition of the C2PA manifest (specification 2.2, sections 18.15 and 18.16) with these facts."""
    first = facts.drawings[0]
    created = {
        "action": "c2pa.created",
        "digitalSourceType": TRAINED_ALGORITHMIC_MEDIA,
        "softwareAgent": {"name": first.model, "version": first.revision},
    }
    generation: dict[str, Any] = {
        "pictures": [_told(drawing, facts.tell_prompt) for drawing in facts.drawings],
        "approved_by": facts.approved_by,
    }
    if facts.approver:
        generation["approver"] = facts.approver
    return {
        "claim_generator_info": [{"name": "Easel", "version": version}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": GENERATION, "data": generation},
        ],
    }


def _told(drawing: Drawing, tell_prompt: bool) -> dict[str, Any]:
    told = {
        "model": drawing.model,
        "revision": drawing.revision,
        "seed": drawing.seed,
        "prompt_sha256": hashlib.sha256(drawing.prompt.encode()).hexdigest(),
    }
    return {**told, "prompt": drawing.prompt} if tell_prompt else told
