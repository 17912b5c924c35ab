"""Do posts start at their time when there are thousands of them, and does the plan still answer at once?

    python benchmarks/schedule.py [--posts 10000] [--scale 10]

`--posts` publications are spread over one hour divided by `--scale` into the outbox, and one publishing worker
carries them out. Prints one JSON line: `late_ms` from a publication's time to its start (50th, 99th percentile and the
largest, milliseconds), `within_2_s` the share that started within two seconds, `queue_ms` how long the question behind
`easel queue` takes (median of 20, milliseconds) while all of them are planned, and `command_ms` the whole command with
its start. Expect on two idle cores at --scale 1: within_2_s over 0.99 and queue_ms under 100.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select

HOUR_SECONDS = 3_600
LEAD_SECONDS = 20  # for the worker to start and to take over what is planned


def main() -> None:
    """Plan, publish, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--scale", type=float, default=10.0, help="how much faster than one hour")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="easel-schedule-") as folder:
        os.environ |= {"EASEL_HOME": folder, "EASEL_POSTS_PER_QUARTER_HOUR": str(10**6)}
        print(json.dumps(run(Path(folder), options)))


def run(home: Path, options: argparse.Namespace) -> dict[str, object]:
    """The whole of it in `home`."""
    from bot.pipeline.studio import Studio
    from bot.records.states import COMING
    from bot.records.tables import PublicationRow
    from bot.settings import load_settings

    studio = Studio(load_settings())
    records = studio.records
    begin = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS + options.posts / 250)
    plan(studio, options.posts, begin, HOUR_SECONDS / options.scale)
    queries = [timed(lambda: records.planned(COMING, 50)) for _ in range(20)]
    command = timed(lambda: subprocess.run([sys.executable, "-m", "bot.cli", "queue"], capture_output=True, check=True))
    worker = subprocess.Popen([sys.executable, "-m", "bot.cli", "worker", "--queues", "publish"])
    try:
        while records.count_publications(COMING):
            time.sleep(1)
    finally:
        worker.terminate()
        worker.wait(15)
    with records.transaction() as session:
        rows = session.execute(select(PublicationRow.due_at, PublicationRow.attempted_at, PublicationRow.state)).all()
    late = sorted((attempted - due).total_seconds() * 1000 for due, attempted, _ in rows if attempted)
    return {
        "posts": len(rows),
        "published": sum(state == "published" for *_, state in rows),
        "scale": options.scale,
        "late_ms": [round(late[int(share * (len(late) - 1))]) for share in (0.5, 0.99, 1.0)],
        "within_2_s": round(sum(one <= 2000 for one in late) / len(rows), 4),
        "queue_ms": round(statistics.median(queries), 1),
        "command_ms": round(command),
    }


def plan(studio: object, posts: int, begin: datetime, seconds: float) -> None:
    """Approved posts, evenly over the time, in one transaction; each with its own post, text and approval."""
    from bot.pipeline.studio import Studio
    from bot.records.tables import Post, PublicationRow
    from bot.records.values import Planned, approval_hash, new_id

    assert isinstance(studio, Studio)
    made, planned = [], []
    now = datetime.now(UTC)
    for number in range(posts):
        text, due_at = f"Post {number} of many", begin + timedelta(seconds=seconds * number / posts)
        approved = approval_hash([Planned("x", "outbox", text, ())])
        common = {"workspace": studio.settings.workspace, "created_at": now, "due_at": due_at}
        post = {
            "id": new_id("post"),
            "requested_by": "benchmark",
            "state": "approved",
            "draft": text,
            "timezone": "UTC",
        }
        made.append({**common, **post, "networks": ["x"], "approval_hash": approved, "next_slot": False})
        row = {"id": new_id("pub"), "post_id": post["id"], "network": "x", "account": "outbox", "state": "planned"}
        times = {"visit_at": due_at, "attempt": 1, "enqueued": 0, "tries": 0}
        planned.append({**common, **row, **times, "text": text, "pictures": [], "approval_hash": approved})
    with studio.records.transaction() as session:
        session.execute(insert(Post), made)
        session.execute(insert(PublicationRow), planned)


def timed(action: object) -> float:
    """Milliseconds that a call takes."""
    start = time.perf_counter()
    action()  # type: ignore[operator]
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
