"""Records: one compare-and-set a move, an approval of exactly what was seen, migrations that match the tables."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, update

from bot.errors import EaselError, Misuse, Refused
from bot.records import PostState, PublicationState, Records, open_database
from bot.records.database import migrate, run_migrations
from bot.records.tables import PublicationRow, Table
from bot.records.values import Drawn, Planned

PLANS = [
    Planned("x", "outbox", "hello", (("a" * 64, "a rocket"),)),
    Planned("linkedin", "outbox", "hello", (("a" * 64, "a rocket"),)),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'home' / 'easel.db'}"
    engine = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    yield engine
    engine.dispose()


@pytest.fixture
def records(engine):
    return Records(engine, "local")


def post_in_review(records):
    post = records.create_post("ana", "hello", ["x", "linkedin"], None, "Europe/Madrid")
    records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
    records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
    return post.id


def test_migrations_make_exactly_the_tables_that_the_code_uses(engine):
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(engine):
    run_migrations(engine, "downgrade", "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    for revision in ("0001", "0002", "0001", "head"):
        run_migrations(engine, "downgrade" if inspect(engine).has_table("slots") else "upgrade", revision)
    migrate(engine)
    assert set(Table.metadata.tables) < set(inspect(engine).get_table_names())


def test_opening_a_database_again_keeps_what_it_holds(records, engine):
    post_id = post_in_review(records)
    again = open_database(engine.url.render_as_string(hide_password=False))
    assert Records(again, "local").post(post_id).draft == "hello"
    again.dispose()


def test_a_move_that_meets_another_state_is_refused_and_names_it(records):
    post_id = post_in_review(records)
    records.move_post(post_id, PostState.REJECTED, "ben", "no", expected=PostState.REVIEW)
    with pytest.raises(Refused, match=r"is rejected, not review: it was not moved to approved"):
        records.approve(post_id, PLANS, "ana", "yes")
    assert records.publications(post_id) == []


def test_a_move_that_does_not_exist_is_refused(records):
    post_id = post_in_review(records)
    with pytest.raises(Refused, match="never moves from review to drafted"):
        records.move_post(post_id, PostState.DRAFTED, "ana", "back", expected=PostState.REVIEW)


def test_of_fifty_simultaneous_approvals_one_wins_and_the_others_are_told(records):
    post_id = post_in_review(records)

    def approve(number):
        try:
            return records.approve(post_id, PLANS, f"person {number}", "yes")
        except Refused as refusal:
            return str(refusal)

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(approve, range(50)))
    refusals = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(refusals) == 49
    assert all("is approved, not review" in refusal for refusal in refusals)
    assert len(records.publications(post_id)) == 2
    assert [row.to_state for row in records.audit(post_id)].count("approved") == 1


def test_publishing_refuses_what_was_changed_after_the_approval(records, engine):
    publications = records.approve(post_in_review(records), PLANS, "ana", "yes")
    with engine.begin() as connection:
        connection.execute(update(PublicationRow).values(text="buy now").where(PublicationRow.network == "x"))
    for row in publications:
        with pytest.raises(Refused, match="differs from what was approved"):
            records.begin_publishing(row.id, 1)


def test_two_workers_cannot_both_begin_the_same_publication(records):
    [first, _] = records.approve(post_in_review(records), PLANS, "ana", "yes")
    assert records.begin_publishing(first.id, 1).attempt == 1
    with pytest.raises(Refused, match="is publishing, not planned"):
        records.begin_publishing(first.id, 1)


def test_the_audit_says_who_moved_what_and_why(records):
    [first, _] = records.approve(post_in_review(records), PLANS, "ana", "candidates 1")
    records.begin_publishing(first.id, 1)
    records.finish_visit(first.id, 1, PublicationState.PUBLISHED, "published", url="https://example.org/1")
    told = [(row.from_state, row.to_state) for row in records.audit(first.id)]
    assert told == [(None, "planned"), ("planned", "publishing"), ("publishing", "published")]
    assert records.audit(first.post_id)[-1].person == "ana"


def test_candidates_are_numbered_on_when_drawn_again(records):
    post_id = post_in_review(records)
    brief = records.add_brief(post_id, {"prompt": "a rocket"}, [])
    drawn = Drawn(2**32 - 1, -1.5, "doodle", "r1", {}, "b" * 64, [])
    records.add_candidates(post_id, brief.id, [drawn, drawn])
    records.add_candidates(post_id, brief.id, [drawn])
    rows = records.candidates(post_id)
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[0].seed == 2**32 - 1


def test_another_workspace_does_not_see_the_post(records, engine):
    post_id = post_in_review(records)
    with pytest.raises(Misuse, match="no post"):
        Records(engine, "other").post(post_id)


def test_a_damaged_database_is_named_with_what_to_do(tmp_path):
    file = tmp_path / "easel.db"
    file.write_bytes(b"this is no database" * 500)
    with pytest.raises(EaselError, match=r"easel\.db cannot be opened.*restore a backup"):
        open_database(f"sqlite:///{file}")


@pytest.mark.parametrize("url", ["not a url", "nosuchthing://x/y"])
def test_a_database_url_that_is_none_is_misuse(url):
    with pytest.raises(Misuse, match="database_url is not usable"):
        open_database(url)


def test_readers_do_not_wait_for_a_writer_on_sqlite(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.records.database.BUSY_TIMEOUT_SECONDS", 0.1)
    engine = open_database(f"sqlite:///{tmp_path / 'easel.db'}")
    records = Records(engine, "local")
    post_id = post_in_review(records)
    with records.transaction() as session:
        session.execute(update(PublicationRow).values(text="half way"))
        assert records.post(post_id).state == "review"
        with pytest.raises(EaselError, match="locked"):
            records.move_post(post_id, PostState.REJECTED, "ben", "no", expected=PostState.REVIEW)
    engine.dispose()
