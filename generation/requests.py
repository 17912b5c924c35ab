"""What is asked of a generator and what it answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from generation.errors import DrawingError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PICTURES = 10  # of one call: what a person can still compare
LARGEST_SEED = 2**63 - 1  # what a signed 64-bit column of a database holds
_LONGEST_PROMPT = 10_000  # characters; the models read at most 64 tokens of them
_LARGEST_GUIDANCE = 100.0
_TEMPERATURES = (0.01, 10.0)


@dataclass(frozen=True)
class SamplingSettings:
    """How codes are drawn. Raises DrawingError for a value outside its range.

    `guidance_scale` 0 to 100: how far to go from the picture without the prompt (0) past the one with it (1).
    `temperature` 0.01 to 10; `top_k` codes are kept, 0 keeps all; `top_p` keeps the likeliest codes that together have
    this probability. `use_negative` lets a negative prompt take the place of the empty text that guidance leads away
    from; a model that learnt only from captions of what is there draws worse with it. The defaults are the reference's.
    """

    guidance_scale: float = 10.0
    temperature: float = 1.0
    top_k: int = 50
    top_p: float = 1.0
    use_negative: bool = True

    def __post_init__(self) -> None:
        ranges = {
            "guidance_scale": (0.0, _LARGEST_GUIDANCE),
            "temperature": _TEMPERATURES,
            "top_k": (0, 1 << 20),
            "top_p": (1e-3, 1.0),
        }
        for name, (lowest, highest) in ranges.items():
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not is_number or not lowest <= value <= highest or (name == "top_k" and value != int(value)):
                raise DrawingError(f"{name} is {value!r}; give a number from {lowest:g} to {highest:g}.")
        if not isinstance(self.use_negative, bool):
            raise DrawingError(f"use_negative is {self.use_negative!r}; give true or false.")


@dataclass(frozen=True)
class DrawRequest:
    """One picture to draw. `negative_prompt` is what the guidance leads away from; `settings` None takes the model's.

    Raises DrawingError for a seed outside 0 to 2**63 - 1 or a prompt over 10,000 characters.
    """

    prompt: str
    seed: int
    negative_prompt: str = ""
    settings: SamplingSettings | None = None

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed <= LARGEST_SEED:
            raise DrawingError(f"The seed is {self.seed!r}; give a whole number from 0 to {LARGEST_SEED}.")
        for name in ("prompt", "negative_prompt"):
            if len(getattr(self, name)) > _LONGEST_PROMPT:
                raise DrawingError(f"The {name} is longer than {_LONGEST_PROMPT:,} characters; shorten it.")


@dataclass(frozen=True)
class Candidate:
    """A finished picture and all that is needed to draw it again.

    `score` ranks candidates of one prompt, higher is better: the mean log-probability of its codes, or CLIP's score
    where the model brings a CLIP. `revision` names the exact weights. `codes` are the image's codes, row by row. A
    server's model tells neither settings nor codes.
    """

    image: Image
    seed: int
    score: float
    model: str
    revision: str
    settings: SamplingSettings | None
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Preview:
    """All pictures of a call after `step` of `steps` codes; what is not drawn yet is left blank."""

    step: int
    steps: int
    images: tuple[Image, ...]


class Generator(Protocol):
    """Whatever draws."""

    @property
    def sampling(self) -> SamplingSettings | None:
        """How codes are drawn where a request does not say; None where that is not ours to choose."""
        ...

    def unread(self, prompt: str) -> str:
        """The end of a prompt that is too long to be read; empty where all of it is."""
        ...

    def unshown(self, images: Sequence[Image], caption: str) -> list[tuple[str, ...]]:
        """For each picture what `caption` names and it may not show; nothing where that cannot be told."""
        ...

    def stream(self, requests: Sequence[DrawRequest], *, previews: int = 0) -> Iterator[Preview | list[Candidate]]:
        """Yield up to so many previews, and last the finished candidates in the order of the requests."""
        ...

    def draw(self, requests: Sequence[DrawRequest]) -> list[Candidate]:
        """The finished candidates, in the order of the requests."""
        ...
