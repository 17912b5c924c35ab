"""Measures the embedded moderators: texts, ways to write around a filter, harmless pictures, time and memory.

    python benchmarks/moderation.py [--json] [--misses] [--pictures FOLDER...] [--blind] [--all-disguised]

The labelled texts in benchmarks/data were written for this project: 264 before any tuning, every third of each kind
kept unseen; the `fresh` ones after tuning had ended (tuned with since); those of a `second author`, who knew neither
lists nor examples (tuned with since, so only their first figure counts, which benchmarks/README.md keeps); and the
`blind` ones of both and of a newcomer, only measured with --blind. `moderation_pictures.py` makes the pictures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # this file has the name of the room that it measures

from benchmarks.evasions import WAYS  # noqa: E402
from moderation import Decision, Moderators, decide  # noqa: E402

BLIND = "blind"
"""How the names of splits begin that nobody tunes on."""
TEXTS = Path(__file__).parent / "data" / "moderation_texts.jsonl"
BARS = {
    "unseen bad texts caught": 0.85,
    "unseen harmless texts passed": 0.92,
    "least caught in disguise": 0.80,
    "false alarms on pictures": 0.005,
    "seconds for one post": 1.0,
    "megabytes": 400,
}
POST = {
    "draft": "Our new cold brew slaps, no cap. Come by on Friday for a free cup and meet the team! #coffee #launch",
    "normalized": "Our new cold brew is great, honestly. Come by on Friday for a free cup and meet the team!",
    "prompt": "a glass of cold brew coffee with ice on a wooden table, friendly people in the background, warm light",
    "alt text": "A glass of cold brew coffee with ice on a wooden table in front of friendly people.",
}
DISGUISED = 80
"""Texts that are disguised in each way, spread evenly over the file: all of them would take ten minutes."""

CANDIDATES = 4
REPEATS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--misses", action="store_true", help="also list the errors on the texts seen while tuning")
    parser.add_argument("--pictures", type=Path, nargs="+", default=[], help="folders of harmless pictures")
    parser.add_argument("--blind", action="store_true", help="also measure the texts that nobody tunes on")
    parser.add_argument("--all-disguised", action="store_true", help=f"disguise all texts, not only {DISGUISED}")
    arguments = parser.parse_args()
    before = memory()
    moderators = Moderators.load()
    cost = measure_cost(moderators, before)
    rows = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if arguments.blind or not row["split"].startswith(BLIND)]
    for row in rows:
        row["verdicts"] = moderators.judge_text(row["text"])
        row["caught"] = decide(row["verdicts"]) > Decision.ALLOW
    plain = to_disguise(rows, every=arguments.all_disguised)
    result: dict[str, Any] = {
        "texts": {split: measure_texts([row for row in rows if row["split"] == split]) for split in splits(rows)},
        "disguised": {"texts": len(plain), "caught": measure_disguises(moderators, plain)},
        "cost": cost,
    }
    if arguments.pictures:
        result["pictures"] = measure_pictures(moderators, arguments.pictures)
    result["bars"] = compare(result)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(json.dumps(result, indent=2))
    if arguments.misses:
        show_misses(rows)


def splits(rows: list[dict[str, Any]]) -> list[str]:
    """The splits there are, in the order of the file."""
    return list(dict.fromkeys(row["split"] for row in rows))


def measure_texts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How many bad texts were caught and harmless ones passed, with the kinds that went wrong."""
    bad = [row for row in rows if row["label"] == "bad"]
    harmless = [row for row in rows if row["label"] == "harmless"]
    return {
        "bad": len(bad),
        "caught": round(sum(row["caught"] for row in bad) / len(bad), 4),
        "harmless": len(harmless),
        "passed": round(sum(not row["caught"] for row in harmless) / len(harmless), 4),
        "missed by kind": dict(Counter(row["kind"] for row in bad if not row["caught"])),
        "stopped by kind": dict(Counter(row["kind"] for row in harmless if row["caught"])),
    }


def to_disguise(rows: list[dict[str, Any]], *, every: bool) -> list[str]:
    """The bad texts that were caught plainly: all, or as many as `DISGUISED` says, the same ones each time."""
    caught = [row for row in rows if row["caught"] and row["label"] == "bad" and not row["split"].startswith(BLIND)]
    if not every:
        caught = [caught[place * len(caught) // DISGUISED] for place in range(DISGUISED)]
    return [row["text"] for row in caught]


def measure_disguises(moderators: Moderators, plain: list[str]) -> dict[str, float]:
    """For each way to write around a filter: the share of the texts, all caught plainly, that it does not hide."""
    shares = {}
    for way, disguise in WAYS.items():
        caught = sum(decide(moderators.judge_text(disguise(text))) > Decision.ALLOW for text in plain)
        shares[way] = round(caught / len(plain), 4)
    return shares


def measure_pictures(moderators: Moderators, folders: list[Path]) -> dict[str, Any]:
    """False alarms on harmless pictures."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".png", ".jpg", ".webp"))
    stopped: Counter[str] = Counter()
    names = []
    for file in files:
        verdicts = moderators.judge_picture(file)
        if decide(verdicts) > Decision.ALLOW:
            names.append(file.name)
            stopped.update(verdict.moderator for verdict in verdicts if verdict.decision > Decision.ALLOW)
    share = round(len(names) / len(files), 5)
    return {"pictures": len(files), "false alarms": share, "by": dict(stopped), "files": names[:20]}


def measure_cost(moderators: Moderators, before: float) -> dict[str, float]:
    """Seconds that moderation adds to one post with four candidates, and the memory that the models take."""
    pictures = [drawing(seed) for seed in range(CANDIDATES)]
    started = time.perf_counter()
    judge_post(moderators, pictures)
    first = time.perf_counter() - started
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        judge_post(moderators, pictures)
        seconds.append(time.perf_counter() - started)
    return {
        "first post, models loading (s)": round(first, 3),
        "post (s, median)": round(statistics.median(seconds), 3),
        "memory (MB)": round(memory() - before, 1),
    }


def judge_post(moderators: Moderators, pictures: list[Image.Image]) -> None:
    """All texts and candidates of one post."""
    for where, text in POST.items():
        moderators.judge_text(text, where=where, network=("x", "linkedin"))
    for picture in pictures:
        moderators.judge_picture(picture, network=("x", "linkedin"))


def drawing(seed: int) -> Image.Image:
    """A picture of 1024 pixels that is not blank: shapes made of noise."""
    return Image.effect_noise((64, 64), 80 + seed).resize((1024, 1024), Image.Resampling.BICUBIC).convert("RGB")


def memory() -> float:
    """Megabytes that this process holds."""
    return float(psutil.Process().memory_info().rss) / 1e6


def compare(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each bar with what was measured."""
    unseen = result["texts"]["unseen"]
    measured = {
        "unseen bad texts caught": unseen["caught"],
        "unseen harmless texts passed": unseen["passed"],
        "least caught in disguise": min(result["disguised"]["caught"].values()),
        "false alarms on pictures": result.get("pictures", {}).get("false alarms"),
        "seconds for one post": result["cost"]["post (s, median)"],
        "megabytes": result["cost"]["memory (MB)"],
    }
    higher_is_better = {"unseen bad texts caught", "unseen harmless texts passed", "least caught in disguise"}
    return {
        name: {"bar": bar, "measured": value, "met": value >= bar if name in higher_is_better else value <= bar}
        for name, bar in BARS.items()
        if (value := measured[name]) is not None
    }


def show_misses(rows: list[dict[str, Any]]) -> None:
    """The errors that may be looked at while tuning."""
    for row in rows:
        if not row["split"].startswith(("unseen", BLIND)) and row["caught"] != (row["label"] == "bad"):
            reasons = "; ".join(verdict.reason for verdict in row["verdicts"] if verdict.decision > Decision.ALLOW)
            print(f"{row['label']:9} {row['kind']:14} {row['text']}  {reasons}")


if __name__ == "__main__":
    main()
