"""Model bundles: folders with weights, tokenizer, licences and hashes; where they come from and which one draws.

The front is lazy: asking which models there are must not import NumPy or JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generation.models.bundle import ModelBundle
    from generation.models.manifest import Manifest, Source
    from generation.models.registry import Listing, ModelRegistry
    from generation.models.slot import ModelSlot

__all__ = ["Listing", "Manifest", "ModelBundle", "ModelRegistry", "ModelSlot", "Source"]

_HOMES = {
    "Listing": "registry",
    "Manifest": "manifest",
    "ModelBundle": "bundle",
    "ModelRegistry": "registry",
    "ModelSlot": "slot",
    "Source": "manifest",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
