"""One visit to a publication, in one process, into the outbox."""

from datetime import UTC, datetime, timedelta

from bot.pipeline.publish import publish
from bot.pipeline.visit import visit


def test_a_publication_is_sent_and_its_address_kept(studio, approve):
    [row] = approve("hello")
    row = publish(studio, row.id)
    assert (row.state, row.tries) == ("published", 1)
    assert row.url.startswith("file://")


def test_a_visit_that_was_overtaken_changes_nothing(studio, approve):
    [row] = approve("hello", due_at=datetime.now(UTC) + timedelta(hours=1))
    studio.records.reschedule(row.id, datetime.now(UTC) + timedelta(hours=2), "ana", "later")
    assert visit(studio, row.id, 1).state == "planned"
    assert not (studio.settings.outbox / "x" / row.id).exists()
