"""One home per test; one compilation cache for all, as on a real machine."""

import os
import subprocess
import sys

import pytest

from bot.settings import load_settings


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def home(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("EASEL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    load_settings.cache_clear()
    yield tmp_path / "home"
    load_settings.cache_clear()


@pytest.fixture
def easel(home):
    """Run `easel` as a person does: a process of its own, in an empty home, without a terminal."""

    def run(*arguments, stdin=b"", environment=None, preexec=None):
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, **(environment or {})},
            preexec_fn=preexec,
            timeout=240,
            check=False,
        )

    return run
