"""The outbox writes a post once, whole or not at all."""

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest
from PIL import Image

from publishers import (
    Absent,
    Found,
    Media,
    OutboxPublisher,
    Outcome,
    Publication,
    Publisher,
    PublishError,
    Reason,
    body_hash,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def png(colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(buffer, "PNG")
    return buffer.getvalue()


def publication(publisher: OutboxPublisher, text: str = "no cap, the fox ate", **changes) -> Publication:
    picture = png()
    media = publisher.upload(publisher.prepare(picture), "A fox <eating> & smiling")
    made = Publication("post-1.x", text, NOW, (media,), body_hash(text, [(picture, media.alt)]))
    return replace(made, **changes)


def visible(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))


def test_a_post_is_kept_with_its_text_picture_and_alt_text(tmp_path):
    publisher = OutboxPublisher(tmp_path, network="x")
    published = publisher.create(publication(publisher))

    assert (published.network, published.status, published.remote_id) == ("x", "outbox", "post-1.x")
    folder = tmp_path / "x" / "post-1.x"
    post = json.loads((folder / "post.json").read_bytes())
    assert post["text"] == "no cap, the fox ate"
    assert post["pictures"] == [
        {
            "file": "picture-1.png",
            "alt": "A fox <eating> & smiling",
            "sha256": hashlib.sha256((folder / "picture-1.png").read_bytes()).hexdigest(),
        }
    ]
    assert (folder / "picture-1.png").read_bytes() == png()
    page = Path(url2pathname(urlparse(published.url).path)).read_text()
    assert 'alt="A fox &lt;eating&gt; &amp; smiling"' in page


def test_the_outbox_is_a_publisher(tmp_path):
    assert isinstance(OutboxPublisher(tmp_path), Publisher)


def test_a_second_call_with_the_same_id_returns_the_first_result_and_writes_nothing(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    first = publisher.create(publication(publisher))
    written = (tmp_path / "outbox" / "post-1.x" / "post.json").stat().st_mtime_ns
    assert publisher.create(publication(publisher)) == first
    assert OutboxPublisher(tmp_path).create(publication(publisher)) == first
    assert (tmp_path / "outbox" / "post-1.x" / "post.json").stat().st_mtime_ns == written
    assert visible(tmp_path / "outbox") == ["post-1.x"]


def test_the_same_id_with_another_text_is_refused_and_changes_nothing(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    publisher.create(publication(publisher))
    with pytest.raises(PublishError, match="already in the outbox with another text") as caught:
        publisher.create(publication(publisher, text="something else"))
    assert caught.value.outcome is Outcome.REFUSED
    assert "no cap" in (tmp_path / "outbox" / "post-1.x" / "post.json").read_text()


def test_many_threads_with_one_id_write_one_post_and_all_get_its_address(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    wanted = publication(publisher)
    start, results = threading.Barrier(8), []

    def post() -> None:
        start.wait()
        results.append(publisher.create(wanted))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1
    assert visible(tmp_path / "outbox") == ["post-1.x"]
    assert not list((tmp_path / "outbox").glob(".post-1.x-*"))


def test_find_says_found_after_create_and_absent_before_it_and_after_delete(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    wanted = publication(publisher)
    assert publisher.find(wanted) == Absent()
    published = publisher.create(wanted)
    assert publisher.find(wanted) == Found(published)
    publisher.delete(wanted)
    publisher.delete(wanted)
    assert publisher.find(wanted) == Absent()


def test_a_post_that_was_taken_down_does_not_come_back(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    wanted = publication(publisher)
    publisher.create(wanted)
    publisher.delete(wanted)
    with pytest.raises(PublishError, match="taken down"):
        publisher.create(wanted)


DIES = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from publishers import OutboxPublisher, Publication

publisher = OutboxPublisher(Path(sys.argv[1]))
media = publisher.upload(Path(sys.argv[2]).read_bytes(), "alt")
deaths = 0
for step in range(1, 500):
    child = os.fork()
    if child == 0:
        seen = 0
        def die(event, arguments):
            global seen
            if event.startswith(("open", "os.", "shutil.", "tempfile.")):
                seen += 1
                if seen == step:
                    os._exit(9)
        sys.addaudithook(die)
        publisher.create(Publication(f"post-{step}", "text", datetime.now(UTC), (media,)))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status == 0:
        break
    deaths += 1
print(deaths)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="dies by forking")
def test_dying_at_any_step_leaves_each_post_whole_or_absent_and_it_can_be_sent_again(tmp_path):
    picture = tmp_path / "fox.png"
    picture.write_bytes(png())
    command = [sys.executable, "-c", DIES, str(tmp_path / "out"), str(picture)]
    deaths = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert deaths > 10
    folder = tmp_path / "out" / "outbox"
    posts = visible(folder)
    for name in posts:
        assert (folder / name / "picture-1.png").read_bytes() == png()
        assert json.loads((folder / name / "post.json").read_bytes())["publication"] == name
        assert (folder / name / "post.html").read_text().endswith("</html>\n")
    publisher = OutboxPublisher(tmp_path / "out")
    media = publisher.upload(png(), "alt")
    for step in range(1, deaths + 1):
        publisher.create(Publication(f"post-{step}", "text", NOW, (media,)))
    assert len(visible(folder)) == deaths + 1


def test_what_a_crash_left_behind_is_swept_once_it_is_surely_stale(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    publisher.check()
    stale, fresh = tmp_path / "outbox" / ".old-1", tmp_path / "outbox" / ".new-1"
    stale.mkdir()
    fresh.mkdir()
    two_hours_ago = time.time() - 7_200
    os.utime(stale, (two_hours_ago, two_hours_ago))
    publisher.create(publication(publisher))
    assert not stale.exists()
    assert fresh.exists()


FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from publishers import OutboxPublisher, Publication, PublishError

resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    OutboxPublisher(Path(sys.argv[1])).create(Publication("p", "long " * 100, datetime.now(UTC)))
except PublishError as error:
    print(error.reason, error.outcome, error)
"""


def test_a_full_disk_gives_one_clear_line_and_leaves_nothing(tmp_path):
    pytest.importorskip("resource", reason="the disk is filled by a limit that only Unix has")
    run = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("storage refused Could not write publication p in ")
    assert "Free some space" in run.stdout
    assert list((tmp_path / "outbox").iterdir()) == []


def test_a_folder_that_is_a_file_gives_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError, match=r"Could not open the outbox in .*choose another") as caught:
        OutboxPublisher(tmp_path / "file").check()
    assert caught.value.reason is Reason.STORAGE


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden", "a\x00b", "x" * 129, "naïve"])
def test_a_publication_id_that_is_no_safe_file_name_is_refused(name):
    with pytest.raises(PublishError, match="cannot be used"):
        Publication(name, "text", NOW)


def test_an_attempt_time_without_a_zone_is_refused():
    with pytest.raises(PublishError, match="time zone"):
        Publication("p", "text", datetime(2026, 1, 1))


@pytest.mark.parametrize("name", ["../../secret.png", "0" * 64 + ".png", ""])
def test_a_picture_that_was_never_uploaded_is_refused_before_anything_is_written(tmp_path, name):
    publisher = OutboxPublisher(tmp_path)
    with pytest.raises(PublishError, match="upload it again"):
        publisher.create(Publication("p", "text", NOW, (Media(name),)))
    assert visible(tmp_path / "outbox") == []


def test_a_picture_changed_after_its_upload_is_refused(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    wanted = publication(publisher)
    (tmp_path / "outbox" / ".uploads" / wanted.media[0].id).write_bytes(png("red"))
    with pytest.raises(PublishError, match="was changed after its upload"):
        publisher.create(wanted)
    assert visible(tmp_path / "outbox") == []


def test_bytes_that_are_no_picture_are_not_taken(tmp_path):
    with pytest.raises(PublishError, match="prepare"):
        OutboxPublisher(tmp_path).upload(b"<svg/>", "alt")


def test_a_changed_post_file_is_reported_and_not_overwritten(tmp_path):
    publisher = OutboxPublisher(tmp_path)
    wanted = publication(publisher)
    publisher.create(wanted)
    (tmp_path / "outbox" / "post-1.x" / "post.json").write_text("{")
    with pytest.raises(PublishError, match="no longer JSON"):
        publisher.create(wanted)


def test_the_outbox_keeps_the_limits_of_the_network_it_stands_in_for(tmp_path):
    publisher = OutboxPublisher(tmp_path, network="x")
    with pytest.raises(PublishError, match="counts 300 characters and may have 280: shorten it by 20"):
        publisher.create(Publication("long", "a" * 300, NOW))
    media = publisher.upload(png(), "")
    with pytest.raises(PublishError, match="has 5 pictures and may have 4: remove 1"):
        publisher.create(Publication("five", "text", NOW, (media,) * 5))
    assert not (tmp_path / "x" / "long").exists()


@pytest.mark.parametrize("alt", ["nul \x00", "half \ud83e"])
def test_a_character_that_cannot_be_written_is_refused_in_an_alt_text_too(tmp_path, alt):
    publisher = OutboxPublisher(tmp_path)
    with pytest.raises(PublishError, match=r"alt text of picture 1 for outbox holds"):
        publisher.create(Publication("p", "text", NOW, (publisher.upload(png(), alt),)))
    assert visible(tmp_path / "outbox") == []


def test_an_unknown_network_is_named_with_those_there_are(tmp_path):
    with pytest.raises(PublishError, match="no network called 'myspace': choose from linkedin, outbox, x"):
        OutboxPublisher(tmp_path, network="myspace")
