"""Who draws is chosen per post: a model by name, or a server, whose pictures go the same way as all others."""

import json

import pytest

from bot.pipeline.generators import open_generator, refuse_unusable_generator
from bot.settings import load_settings
from playground.openai.process import running_openai


@pytest.fixture(scope="module")
def server():
    with running_openai() as server:
        yield server


@pytest.fixture
def home(home, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return home


def post(easel_here, *options):
    ran = easel_here("post", "pizza party 🍕", "--to", "x", "--yes", "--json", "--count", "2", "--seed", "5", *options)
    return ran, json.loads(ran.stdout.splitlines()[-1]) if ran.returncode == 0 else None


def test_a_post_is_drawn_by_the_server_that_it_asks_for(easel_here, server, monkeypatch):
    monkeypatch.setenv("EASEL_IMAGES_URL", server.base_url)
    server.reset()
    ran, told = post(easel_here, "--generator", "openai:flux-schnell")
    assert told, ran.stderr
    assert [call["path"] for call in server.calls()] == ["/v1/images/generations"]
    assert server.calls()[0]["body"]["prompt"].startswith(told["brief"]["prompt"])
    for candidate in told["candidates"]:
        assert (candidate["model"], candidate["revision"]) == ("flux-schnell", "127.0.0.1")
        assert candidate["settings"] == {"upscale": 4}
    assert told["state"] == "review"


def test_a_post_is_drawn_by_the_model_that_it_asks_for_and_says_how(easel_here, tmp_path, make_tiny_bundle):
    added = easel_here("models", "add", str(make_tiny_bundle(tmp_path / "source")))
    assert added.returncode == 0, added.stderr
    ran, told = post(easel_here, "--generator", "tiny")
    assert told, ran.stderr
    revision = json.loads(easel_here("models", "info", "tiny", "--json").stdout)["revision"]
    sampling = {"guidance_scale": 3.0, "temperature": 1.0, "top_k": 1, "top_p": 1.0, "use_negative": True}
    drawn = {**sampling, "weights": "float32", "upscale": 4}
    assert [(one["model"], one["revision"], one["seed"], one["settings"]) for one in told["candidates"]] == [
        ("tiny", revision, seed, drawn) for seed in (5, 6)
    ]


def test_a_generator_that_cannot_draw_is_refused_before_the_post_is_kept(easel_here):
    for name, status, word in (("nope", 1, "doodle"), ("openai", 2, "OPENAI_API_KEY")):
        ran, _ = post(easel_here, "--generator", name)
        assert (ran.returncode, word in ran.stderr, ran.stderr.count("\n")) == (status, True, 1), ran.stderr


def test_the_key_of_the_environment_is_enough_for_openai_itself(home, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = load_settings()
    refuse_unusable_generator(settings, "openai")
    generator = open_generator(settings, "openai")
    assert generator.host == "api.openai.com"
    assert "sk-secret" not in repr(generator)
