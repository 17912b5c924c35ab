"""The durable side of the pipeline: DBOS's queues and workflows, thin over `visit` and `prepare`.

DBOS remembers which parts of a workflow are done, holds delayed ones until their time, and runs what a crash cut off
again, by the process of the same name. What must not happen twice is kept in our own records (see visit.py); DBOS only
makes sure that it happens at all. No workflow waits for a person or for long: a visit that has to come again asks for
another one (`publish:{publication}:{attempt}`, with the attempt one higher) and ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    SetEnqueueOptions,
    SetWorkflowID,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.errors import EaselError
from bot.metrics import DRAWING_SECONDS, measured_visit
from bot.pipeline.asking import write_brief
from bot.pipeline.drawing import draw_post
from bot.pipeline.studio import Studio
from bot.pipeline.visit import visit
from bot.records.publications import account_of
from bot.records.tables import PublicationRow
from bot.settings import Settings

APPLICATION = "easel"

APPLICATION_VERSION = "1"
"""Workflows go on in processes of the same version only: raise it when a change would confuse those under way."""

PUBLISH, DRAW, LLM = "publish", "draw", "llm"
QUEUES = (PUBLISH, DRAW, LLM)

POLL_SECONDS = 0.2
MOST_PREFIXES = 100
"""Of one question about workflows; a database takes only so many parameters."""
PUBLISHING_AT_ONCE = 8
"""Visits in one process; they mostly wait for networks."""
DRAWING_AT_ONCE = 16
"""Posts that wait for the painter in one process; they share decodes."""
RATE_PERIOD_SECONDS = 900
"""The quarter of an hour in which X, the strictest, counts posts."""


def configuration(settings: Settings, name: str) -> DBOSConfig:
    """DBOS's settings for the process of this name."""
    return DBOSConfig(
        name=APPLICATION,
        system_database_url=settings.work_database,
        application_version=APPLICATION_VERSION,
        executor_id=name,
        serializer=DBOSPortableJSONSerializer(),
        log_level="WARNING",
        notification_listener_polling_interval_sec=1.0,
    )


def prepare_database(url: str) -> None:
    """Make a SQLite database of the queues once, in WAL mode, so that readers and the writer do not wait."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(parsed.database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


class Workshop:
    """This process's part in the durable work: the queues it listens to, and what it puts into them."""

    def __init__(self, studio: Studio, name: str, queues: Sequence[str]) -> None:
        self.studio = studio
        self.name = name
        self.queues = tuple(queues)
        prepare_database(studio.settings.work_database)
        DBOS(config=configuration(studio.settings, name))

        @DBOS.workflow(name=PUBLISH)
        def publish(publication_id: str, attempt: int) -> str:
            with measured_visit(studio.records, publication_id):
                return visit(studio, publication_id, attempt, run_step).state

        @DBOS.workflow(name=DRAW)
        def draw(post_id: str, seeds: list[int], person: str, _: None = None) -> str:  # what waits may have a fourth
            with DRAWING_SECONDS.time():
                return draw_post(studio.of_post(post_id), post_id, seeds, person)

        @DBOS.workflow(name=LLM)
        def write(workspace: str, text: str, by_rules: dict[str, Any] | None) -> dict[str, Any]:
            writer = studio.in_workspace(workspace).open_writer()
            answer: dict[str, Any] = run_step("write", write_brief, writer, text, by_rules)
            return answer

        def ask_in_queue(workspace: str, text: str, by_rules: dict[str, Any] | None) -> dict[str, Any]:
            return DBOS.enqueue_workflow(LLM, write, workspace, text, by_rules).get_result()

        self._publish = publish
        self._draw = draw
        studio.ask = ask_in_queue

    def open(self) -> None:
        """Begin to work: what the last process of this name left is taken up first."""
        # Who draws reads drafts too, so that no machine waits for a worker of language models that nobody started.
        DBOS.listen_queues([*self.queues, *([LLM] if DRAW in self.queues and LLM not in self.queues else [])])
        DBOS.launch()
        DBOS.register_queue(
            PUBLISH,
            worker_concurrency=PUBLISHING_AT_ONCE,
            partition_limiter={
                "limit": self.studio.settings.posts_per_quarter_hour,
                "period": RATE_PERIOD_SECONDS,
            },
            polling_interval_sec=POLL_SECONDS,
        )
        DBOS.register_queue(DRAW, worker_concurrency=DRAWING_AT_ONCE, polling_interval_sec=POLL_SECONDS)
        DBOS.register_queue(LLM, concurrency=self.studio.settings.llm_at_once, polling_interval_sec=POLL_SECONDS)

    def close(self, patience_seconds: int) -> None:
        """Take nothing new, let what runs end within the time, and hand the rest back to the queues."""
        DBOS.destroy(workflow_completion_timeout_sec=patience_seconds, destroy_registry=True)

    def enqueue_visits(self, rows: Collection[PublicationRow]) -> None:
        """Put visits into the queue, each to be made at its time; one that is there already stays as it is."""
        for row in rows:
            delay = (row.visit_at - datetime.now(UTC)).total_seconds()
            options: dict[str, Any] = {
                "queue_partition_key": "/".join(account_of(row))
            }  # what the rate limit counts by
            if delay > 0:
                options["delay_seconds"] = delay
            with SetWorkflowID(visit_id(row.id, row.attempt)), SetEnqueueOptions(**options):
                DBOS.enqueue_workflow(PUBLISH, self._publish, row.id, row.attempt)

    def visit_status(self, row: PublicationRow) -> tuple[str, str | None] | None:
        """The state of a visit in the queue and the name of the process that makes it; None if it is not there."""
        status = DBOS.get_workflow_status(visit_id(row.id, row.attempt))
        return (status.status, status.executor_id) if status else None


def visit_id(publication_id: str, attempt: int) -> str:
    """The id of a visit's workflow: no two visits ever share one."""
    return f"{PUBLISH}:{publication_id}:{attempt}"


def run_step(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a part of a workflow so that its result is remembered."""
    return DBOS.run_step({"name": name}, function, *arguments)


def ask_to_draw(settings: Settings, post_id: str, seeds: Sequence[int], person: str) -> None:
    """From any process: have a post drawn by a worker of `easel serve`. Asked twice with the same seeds, once done.

    Raises:
        EaselError: if the queues cannot be reached, or no worker has ever made them.
    """
    try:
        with queues(settings) as client:
            client.enqueue(
                {
                    "workflow_name": DRAW,
                    "queue_name": DRAW,
                    "workflow_id": f"{DRAW}:{post_id}:{'-'.join(map(str, seeds))}",
                    "app_version": APPLICATION_VERSION,
                },
                post_id,
                list(seeds),
                person,
            )
    except DBAPIError as error:
        raise EaselError(
            f"Nothing can be drawn yet ({error.orig}): start `easel serve`, and leave it running."
        ) from None


def forget_work(settings: Settings, post_ids: Sequence[str], publication_ids: Sequence[str]) -> None:
    """From any process: forget what the queues remember of posts and publications; nothing of it may be under way."""
    prefixes = [f"{DRAW}:{post_id}:" for post_id in post_ids]
    prefixes += [f"{PUBLISH}:{publication_id}:" for publication_id in publication_ids]
    try:
        with queues(settings) as client:
            for start in range(0, len(prefixes), MOST_PREFIXES):
                some = prefixes[start : start + MOST_PREFIXES]
                found = client.list_workflows(workflow_id_prefix=some, load_input=False, load_output=False)
                client.delete_workflows([workflow.workflow_id for workflow in found])
    except DBAPIError:
        return  # no worker has made the queues yet: they remember nothing


@contextmanager
def queues(settings: Settings) -> Iterator[DBOSClient]:
    """The queues, for a process that is no worker."""
    prepare_database(settings.work_database)
    client = DBOSClient(
        system_database_url=settings.work_database,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        retry_connection_errors=False,
        lazy=True,
    )
    try:
        yield client
    finally:
        client.destroy()
