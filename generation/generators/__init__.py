"""Everything that turns a prompt into pictures, behind one front.

The front is lazy: the types of a request are light, but `DalleMini` brings JAX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generation.requests import (
    LARGEST_SEED,
    MOST_PICTURES,
    Candidate,
    DrawRequest,
    Generator,
    Preview,
    SamplingSettings,
)

if TYPE_CHECKING:
    from generation.generators.dalle_mini import DalleMini
    from generation.generators.openai_images import OpenAIImages

__all__ = [
    "LARGEST_SEED",
    "MOST_PICTURES",
    "Candidate",
    "DalleMini",
    "DrawRequest",
    "Generator",
    "OpenAIImages",
    "Preview",
    "SamplingSettings",
]


def __getattr__(name: str) -> Any:
    if name == "DalleMini":
        from generation.generators.dalle_mini import DalleMini

        return DalleMini
    if name == "OpenAIImages":
        from generation.generators.openai_images import OpenAIImages

        return OpenAIImages
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
