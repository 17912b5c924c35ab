"""A worker process: draws, or publishes, until it is told to stop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.errors import EaselError
from bot.pipeline.durable import DRAW, PUBLISH, Workshop
from bot.pipeline.reminders import remind
from bot.pipeline.sharing import SharingStudio
from bot.pipeline.studio import Studio
from bot.pipeline.sweep import look_after_orphans, sweep
from bot.processes.health import serve_health
from bot.processes.names import BEAT_SECONDS, beat, only_one, process_name
from bot.processes.stopping import stop_on_signals
from bot.settings import Settings
from bot.upkeep.retention import retain

SWEEP_SECONDS = 0.5
REMIND_SECONDS = 60.0
RETENTION_SECONDS = 3600.0
PATIENCE_SECONDS = 6
"""How long running work may go on after the signal to stop; with the rest of the way out it stays under ten seconds."""


def run_worker(
    settings: Settings, queues: Sequence[str], name: str = "", health_port: int = 0, parent: int | None = None
) -> None:
    """Work until SIGTERM or SIGINT, or until the `parent` process is gone; then finish or hand back in ten seconds.

    Raises:
        EaselError: if a worker of this name runs already.
    """
    name = process_name(queues, name)
    stop = stop_on_signals()
    with only_one(settings, name):
        studio = SharingStudio(settings) if DRAW in queues else Studio(settings)
        records = studio.records
        if DRAW in queues:
            studio.open_painter()
        workshop = Workshop(studio, name, queues)
        workshop.open()
        health = serve_health(records, name, health_port) if health_port else None
        try:
            keep_going(studio, workshop, stop, parent)
        finally:
            workshop.close(PATIENCE_SECONDS)
            records.forget_worker(name)
            if health:
                health.shutdown()


def keep_going(studio: Studio, workshop: Workshop, stop: threading.Event, parent: int | None = None) -> None:
    """Show that this worker is alive and, if it publishes, sweep and remind, until it is to stop."""
    records = studio.records
    last_beat = last_reminder = last_retention = float("-inf")
    while not stop.is_set() and parent in (None, os.getppid()):
        try:
            if time.monotonic() - last_beat >= BEAT_SECONDS:
                beat(records, workshop.name, workshop.queues)
                last_beat = time.monotonic()
                if PUBLISH in workshop.queues:
                    look_after_orphans(records, workshop)
            if PUBLISH in workshop.queues:
                sweep(records, workshop)
                if time.monotonic() - last_reminder >= REMIND_SECONDS:
                    remind(records, studio.settings, datetime.now(UTC))
                    last_reminder = time.monotonic()
                if studio.settings.retention_days and time.monotonic() - last_retention >= RETENTION_SECONDS:
                    retain(studio, datetime.now(UTC))
                    last_retention = time.monotonic()
        except (EaselError, OSError) as error:  # the database is busy or away, the disk full: the next one tries again
            print(f"easel: {workshop.name}: {error}", flush=True)  # noqa: T201
        stop.wait(SWEEP_SECONDS)
