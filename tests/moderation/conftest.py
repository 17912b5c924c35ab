import pytest

from moderation import Moderators


@pytest.fixture(scope="session")
def moderators() -> Moderators:
    """The shipped policy's moderators, their models loaded once for all tests."""
    return Moderators.load()
