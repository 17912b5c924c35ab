"""Model bundles: folders with weights, tokenizer, licences and hashes; where they come from and which one draws.

The front is lazy: asking which models there are must not import NumPy or JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generation.models.bundle import ModelBundle
    from generation.models.manifest import Manifest, Sampling, Source

__all__ = ["Manifest", "ModelBundle", "Sampling", "Source"]

_HOMES = {
    "Manifest": "manifest",
    "ModelBundle": "bundle",
    "Sampling": "manifest",
    "Source": "manifest",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
