"""What is counted: publish outcomes, drawing time, queue lag."""

from __future__ import annotations

from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram

from bot.records import PublicationState, Records
from bot.records.publications import ASKING, COMING

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


def measure_queue(records: Records) -> None:
    """Set the gauges from the records."""
    COMING_UP.set(records.count_publications(COMING))
    WAITING_FOR_PEOPLE.set(records.count_publications(ASKING))
    first = records.planned((PublicationState.PLANNED,), limit=1)
    lag = (datetime.now(UTC) - first[0].due_at).total_seconds() if first else 0.0
    QUEUE_LAG.set(max(0.0, lag))
