"""What is counted: publish outcomes, drawing time, queue lag."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram

from bot.records import PublicationState, Records
from bot.records.states import ASKING, COMING

PUBLISH_OUTCOMES = Counter("easel_publish_outcomes_total", "How visits to publications ended", ["network", "outcome"])
PUBLISH_LAG = Histogram(
    "easel_publish_lag_seconds",
    "From a publication's time to the start of its visit",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)
DRAWING_SECONDS = Histogram(
    "easel_drawing_seconds", "From the start of a preparation to its candidates", buckets=(1, 2, 5, 10, 20, 60, 300)
)
QUEUE_LAG = Gauge("easel_queue_lag_seconds", "How long the most overdue publication has been due")
COMING_UP = Gauge("easel_publications_coming", "Publications planned or on their way")
WAITING_FOR_PEOPLE = Gauge("easel_publications_asking", "Publications that wait for a person's decision")


@contextmanager
def measured_visit(records: Records, publication_id: str) -> Iterator[None]:
    """Count how late a visit starts and how it ends."""
    row = records.publication(publication_id)
    PUBLISH_LAG.observe(max(0.0, (datetime.now(UTC) - row.visit_at).total_seconds()))
    yield
    PUBLISH_OUTCOMES.labels(row.network, records.publication(publication_id).state).inc()


def measure_queue(records: Records) -> None:
    """Set the gauges from the records."""
    COMING_UP.set(records.count_publications(COMING))
    WAITING_FOR_PEOPLE.set(records.count_publications(ASKING))
    first = records.planned((PublicationState.PLANNED,), limit=1)
    lag = (datetime.now(UTC) - first[0].due_at).total_seconds() if first else 0.0
    QUEUE_LAG.set(max(0.0, lag))
