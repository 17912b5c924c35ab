from dataclasses import replace

import pytest

from moderation import Moderators, Policy

PATIENCE_SECONDS = 300.0
"""The tests share their machine with others; what is too slow is for the benchmark to say."""


@pytest.fixture(scope="session")
def moderators() -> Moderators:
    """The shipped policy's moderators, their models loaded once for all tests."""
    return Moderators(replace(Policy.load(), time_limit_seconds=PATIENCE_SECONDS, load_limit_seconds=PATIENCE_SECONDS))
