"""Is a model what it should be? Checks of a bundle, or of one bare network's folder, and comparisons with goldens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generation.checking.report import Check, Comparison, Report

if TYPE_CHECKING:
    from generation.checking.check import check_model

__all__ = ["Check", "Comparison", "Report", "check_model"]


def __getattr__(name: str) -> Any:
    if name != "check_model":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from generation.checking.check import check_model

    return check_model
