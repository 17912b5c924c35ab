"""The plan of a training, as a person writes it in TOML: what to start from, what to learn from, which parts, how."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from generation.training.errors import PlanError

_LARGEST_PLAN = 64 << 10

TopLayers = Annotated[int, Field(ge=0)] | Literal["all"]
"""How many layers to train, counted from the output; 0 leaves the part as it is, "all" trains its embeddings too."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Parts(_Table):
    """Which parts of the model are trained, and how many of their top layers."""

    vqgan: TopLayers = 0
    encoder: TopLayers = 0
    decoder: TopLayers = 0
    clip: TopLayers = 0


class Course(_Table):
    """How one part is trained.

    `steps` in all, or 0 to train for `minutes`. A batch is cut into `accumulate` pieces, whose gradients are averaged.
    `lora_rank` above 0 trains two thin matrices beside each of the chosen layers' matrices, and nothing else.
    """

    steps: int = Field(default=0, ge=0)
    minutes: float = Field(default=10.0, gt=0)
    batch: int = Field(default=16, ge=1)
    accumulate: int = Field(default=1, ge=1)
    peak_rate: float = Field(default=5e-4, gt=0)
    warm_up: int = Field(default=20, ge=1)
    decay: Literal["linear", "cosine", "constant"] = "cosine"
    weight_decay: float = Field(default=0.02, ge=0)
    clip_gradients: float = Field(default=1.0, gt=0)
    average: float = Field(default=0.98, ge=0, lt=1)
    precision: Literal["float32", "bfloat16"] = "float32"
    lora_rank: int = Field(default=0, ge=0)
    lora_scale: float = Field(default=1.0, gt=0)
    validate_every: int = Field(default=50, ge=1)
    patience: int = Field(default=5, ge=0)

    @model_validator(mode="after")
    def _pieces_are_whole(self) -> Course:
        if self.batch % self.accumulate:
            raise ValueError(f"batch {self.batch} is no multiple of accumulate {self.accumulate}")
        return self


class Seq2seqCourse(Course):
    """How encoder and decoder are trained; a `blank_share` of captions is replaced by the empty one, for guidance."""

    blank_share: float = Field(default=0.1, ge=0, lt=1)


class VqganCourse(Course):
    """How the VQGAN is trained: the weight of each loss; 0 switches it off.

    `perceptual` compares what the bundle's CLIP sees. `adversarial` is the share of the reconstruction's gradient that
    the critic's may have. A code that was used in less than one batch of `revive_after` is put where pictures need it.
    """

    peak_rate: float = Field(default=2e-4, gt=0)
    reconstruction: float = Field(default=1.0, ge=0)
    perceptual: float = Field(default=0.0, ge=0)
    codebook: float = Field(default=1.0, ge=0)
    commitment: float = Field(default=0.25, ge=0)
    adversarial: float = Field(default=0.0, ge=0)
    critic_alone: int = Field(default=50, ge=0)
    critic_rate: float = Field(default=2e-4, gt=0)
    revive_after: int = Field(default=100, ge=0)

    @model_validator(mode="after")
    def _something_pulls(self) -> VqganCourse:
        if not self.reconstruction and not self.perceptual:
            raise ValueError("reconstruction and perceptual are both 0: nothing would keep the pictures")
        if self.lora_rank:
            raise ValueError("lora_rank is for the transformers (seq2seq, clip); the VQGAN is convolutions")
        return self


class ClipCourse(Course):
    """How CLIP is trained: each caption against the pictures of its piece of the batch, so pieces should be large."""

    batch: int = Field(default=64, ge=2)


class Plan(_Table):
    """A whole training. Relative paths begin in the folder of the plan's file."""

    name: str
    parent: str = "doodle"
    data: str
    pictures: str = ""
    licence: str = "unknown"
    description: str = ""
    seed: int = Field(default=0, ge=0)
    validation: float = Field(default=0.1, gt=0, le=0.4)
    test: float = Field(default=0.1, gt=0, le=0.4)
    prompts: tuple[str, ...] = Field(default=(), max_length=24)
    parts: Parts
    seq2seq: Seq2seqCourse = Seq2seqCourse()
    vqgan: VqganCourse = VqganCourse()
    clip: ClipCourse = ClipCourse()

    @model_validator(mode="after")
    def _something_is_trained(self) -> Plan:
        if all(layers == 0 for layers in self.parts.model_dump().values()):
            raise ValueError("parts names nothing to train; give it decoder = 2, for example")
        return self

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Read a plan. Raises PlanError that names the file, the field and what is allowed."""
        try:
            if path.stat().st_size > _LARGEST_PLAN:
                raise PlanError(f"{path}: is larger than {_LARGEST_PLAN} bytes, so it is no plan of a training.")
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise PlanError(f"{path}: cannot be read ({error.strerror or error}).") from error
        except (ValueError, RecursionError) as error:
            raise PlanError(f"{path}: is no TOML ({str(error)[:120]}).") from error
        if isinstance(table.get("prompts"), list):
            table["prompts"] = tuple(table["prompts"])
        try:
            plan = cls.model_validate(table)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"] if part in table or not isinstance(part, int))
            raise PlanError(f"{path}: {f'{where}: ' if where else ''}{_said(first)}.") from error
        return plan.model_copy(
            update={name: str(path.parent / place) for name in ("data", "pictures") if (place := getattr(plan, name))}
        )

    def digest(self) -> str:
        """A hash of what decides how training goes; a checkpoint of another plan is not gone on from.

        Where the data lie decides nothing: what they hold has a digest of its own.
        """
        told_only = {"name", "description", "licence", "prompts", "data", "pictures"}
        return hashlib.sha256(self.model_dump_json(exclude=told_only).encode()).hexdigest()


def _said(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is no setting of a training; docs/training.md lists them"
    message: str = error["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
