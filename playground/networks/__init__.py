"""A local X and a local LinkedIn, spoken to over HTTP only.

Written from the networks' published behaviour (docs/networks.md), for the playground and as the peer of the
publishers' tests: signatures and tokens are checked, media take time, texts are shortened, cut and refused as the
real ones do it, faults happen on demand, and a journal tells afterwards what was truly posted.

    python -m playground.networks --port 8400 --journal journal.jsonl

serves X under `/x`, LinkedIn under `/linkedin`, their feeds as pages, `/_journal`, `/_faults` and `/_settings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.networks.app import networks_app

__all__ = ["networks_app"]


def __getattr__(name: str) -> Any:
    if name != "networks_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from playground.networks.app import networks_app

    return networks_app
