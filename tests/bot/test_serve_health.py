"""What a worker says of itself over HTTP."""

from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bot.metrics import measured_visit
from bot.pipeline.publish import publish
from bot.processes.health import serve_health


@pytest.fixture
def ask(studio):
    server = serve_health(studio.records, "publish-0", 0)

    def ask(path):
        try:
            with urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    yield ask
    server.shutdown()
    server.server_close()


def test_a_worker_says_that_it_lives_and_is_ready(ask):
    assert ask("/healthz") == (200, "publish-0 is alive\n")
    assert ask("/readyz") == (200, "publish-0 is ready\n")
    assert ask("/nowhere")[0] == 404


def test_a_worker_without_its_database_is_not_ready(ask, studio):
    with studio.records.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE publications RENAME TO elsewhere")
    assert ask("/healthz")[0] == 200
    assert ask("/readyz")[0] == 503


def test_metrics_tell_outcomes_lag_and_what_waits(ask, studio, approve):
    [row] = approve("hello")
    with measured_visit(studio.records, row.id):
        publish(studio, row.id)
    approve("late", due_at=datetime.now(UTC) - timedelta(minutes=5))
    status, text = ask("/metrics")
    assert status == 200
    assert 'easel_publish_outcomes_total{network="x",outcome="published"}' in text
    assert "easel_publications_coming 1.0" in text
    lag = next(line for line in text.splitlines() if line.startswith("easel_queue_lag_seconds "))
    assert float(lag.split()[1]) >= 300
