"""Settings: the shipped file under the home's file under the environment, and each value knows its source."""

import pytest

from bot.errors import Misuse
from bot.settings import Settings, load_settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EASEL_HOME", str(tmp_path))
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def test_the_homes_file_wins_over_the_shipped_one_and_the_environment_over_both(home, monkeypatch):
    (home / "easel.toml").write_text('count = 6\ntimezone = "Europe/Madrid"\n')
    monkeypatch.setenv("EASEL_TIMEZONE", "Asia/Tokyo")
    settings = load_settings()
    assert (settings.count, settings.zone.key, settings.model) == (6, "Asia/Tokyo", "doodle")
    assert settings.origin("count") == str(home / "easel.toml")
    assert settings.origin("timezone") == "environment EASEL_TIMEZONE"
    assert settings.origin("model").endswith("config/easel.toml")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("count = 11", "count.*easel.toml.*less than or equal to 10"),
        ('timezone = "Mars/Olympus"', "unknown time zone"),
        ('networks = ["myspace"]', "networks"),
        ("colour = 1", "unknown setting 'colour'"),
        ("count = ", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name_and_file(home, line, told):
    (home / "easel.toml").write_text(line)
    with pytest.raises(Misuse, match=told):
        load_settings()


def test_a_database_password_is_not_shown(home, monkeypatch):
    monkeypatch.setenv("EASEL_DATABASE_URL", "postgresql+psycopg://easel:hunter2@db/easel")
    assert "hunter2" not in repr(load_settings())


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.endswith(("_secret", "_token"))])
def test_secrets_are_not_shown(home, monkeypatch, name):
    monkeypatch.setenv(f"EASEL_{name.upper()}", "hunter2")
    assert "hunter2" not in repr(load_settings())


def test_a_number_from_the_environment_is_a_number(home, monkeypatch):
    monkeypatch.setenv("EASEL_UPSCALE", "2")
    assert load_settings().upscale == 2
