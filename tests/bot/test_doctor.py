"""`easel doctor` tells what is wrong and what to do, and shows nothing secret."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from bot.doctor import examine
from bot.records import PublicationState
from moderation.policy import DEFAULT_POLICY


@pytest.fixture
def found(studio):
    def found(what):
        return [(finding.health, finding.told) for finding in examine(studio) if finding.what == what]

    return found


def test_a_fresh_home_is_in_order(studio):
    assert {finding.health for finding in examine(studio)} == {"good"}


def test_whose_products_draw_is_told_with_the_reason(found, monkeypatch):
    from generation.kernels import compiler

    monkeypatch.setattr(compiler, "_loaded", None)
    monkeypatch.setattr(compiler, "_missed", {})
    monkeypatch.setenv("CC", "no-such-compiler")
    [(health, told)] = found("products")
    assert health == "good"
    assert "XLA's serve: there is no C compiler `no-such-compiler`" in told


def test_a_mistake_in_the_rules_of_moderation_is_told_with_its_line(found, home):
    shipped = DEFAULT_POLICY.read_text(encoding="utf-8")
    home.mkdir()
    (home / "moderation.toml").write_text(shipped.replace("\nexpressions = []", "\nexpressions = ['((']"))
    line = shipped.splitlines().index("expressions = []") + 1
    [(health, told)] = found("moderation")
    assert health == "broken"
    assert told.startswith(f"{home / 'moderation.toml'}, line {line}: [options.brand] expressions: ")


def test_publications_that_nobody_publishes_are_told(found, approve):
    approve("hello", due_at=datetime.now(UTC) + timedelta(hours=1))
    [(health, told)] = found("workers")
    assert health == "broken"
    assert "start `easel serve`" in told


def test_a_worker_that_is_gone_is_told(found, studio):
    studio.records.see_worker("publish@here", ["publish"], "here", 1)
    assert found("workers")[0][0] == "good"
    with studio.records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE workers SET seen_at = '2026-01-01 00:00:00'")
    assert "was last seen 2026-01-01" in found("workers")[0][1]


def test_late_and_waiting_publications_are_told(found, studio, approve):
    approve("late", due_at=datetime.now(UTC) - timedelta(hours=1))
    [row] = approve("in doubt")
    studio.records.begin_publishing(row.id, 1)
    studio.records.finish_visit(row.id, 1, PublicationState.NEEDS_CONFIRMATION, "asked")
    assert [health for health, _ in found("queue")] == ["warning", "warning"]


def test_accounts_are_asked_at_their_network(found, connect, networks, studio):
    connect("x", "1001")
    connect("linkedin", "organization")
    assert [health for health, _ in found("x main")] == ["good"]
    networks.change(oldest_linkedin_version="203001")
    try:
        assert any("version" in told for health, told in found("linkedin main") if health == "broken")
    finally:
        networks.change(oldest_linkedin_version="202511")


def test_a_token_that_ends_soon_is_told(found, connect, studio):
    account = connect("linkedin", "organization")
    sealed = studio.records.credentials(account.id)
    studio.records.rotate_credentials(account.id, sealed, sealed, datetime.now(UTC) + timedelta(days=3))
    assert any("token ends on" in told for health, told in found("linkedin main") if health == "warning")


def test_a_clock_that_is_off_is_told(found, connect, monkeypatch):
    connect("x", "1001")
    assert [health for health, _ in found("x main")] == ["good"]
    monkeypatch.setattr("bot.clocks.MOST_SKEW", timedelta(seconds=-1))
    assert ["clock" in told for health, told in found("x main") if health == "broken"] == [True]


def test_a_lost_key_is_told(found, connect, studio):
    connect("x", "1001")
    (studio.settings.home / "secret.key").unlink()
    assert any("cannot be decrypted" in told for health, told in found("x main") if health == "broken")


def test_the_command_ends_with_status_one_where_something_is_broken(easel, home):
    assert easel("doctor").returncode == 0
    with sqlite3.connect(home / "easel.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    broken = easel("doctor", "--json")
    assert broken.returncode == 1
    assert b"easel.db" in broken.stdout
    assert b"Traceback" not in broken.stderr


def test_a_language_model_that_cannot_be_asked_or_used_up_its_day_is_told(found, studio):
    assert found("writer") == [("good", "briefs are written by rules")]
    wishes = {"writer": "llm", "llm_model": "", "llm_url": "http://localhost:1/v1", "llm_tokens_a_day": 100}
    studio.settings = studio.settings.model_copy(update=wishes)
    assert found("writer")[0][0] == "broken"
    studio.settings = studio.settings.model_copy(update={"llm_model": "small"})
    studio.records.note("small", 40, 20, 0.5)
    [(health, told)] = found("writer")
    assert health == "good"
    assert "60 tokens today (UTC), at a cost of 0.50" in told
    studio.records.note("small", 40, 20, 0.5)
    assert found("writer")[0][0] == "warning"
