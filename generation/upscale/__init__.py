"""Small pictures made two or four times as large, with sharp edges. Knows nothing of who drew them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generation.upscale.upscaler import Upscaler

__all__ = ["Upscaler"]


def __getattr__(name: str) -> Any:
    if name != "Upscaler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from generation.upscale.upscaler import Upscaler

    return Upscaler
