"""`easel demo`: the whole way with nothing set up, as `make demo` shows it."""

from __future__ import annotations

DEMO_DRAFT = "ngl this drop is straight 🔥🔥 new kicks land tomorrow, iykyk 👀🚀 @sneakerhead #airmax"


def demo() -> None:
    """Take one slangy draft the whole way: brief, pictures, verdicts, review, published to the local outbox."""
    from bot.cli.post import post

    post(DEMO_DRAFT, approve="best", yes=True, seed=0)
