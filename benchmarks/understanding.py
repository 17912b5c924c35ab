"""How well a writer understands drafts: labelled concepts present in the prompt, literal misreadings absent, time for
a draft; and articles: labelled topics among the six that are found.

    python benchmarks/understanding.py [--json] [--misses]

Six sets of labelled drafts lie in benchmarks/data/understanding, four of articles in benchmarks/data/articles.
`tuning` and `strangers` (of another hand, measured once before it was looked at) may be looked at while improving the
tables; `held_out` was written before the tables were tuned, `unseen`, `blind` and `newcomer` by others who had not read
them: the single results of these four are never looked at while tuning. `--misses` lists the misses of the first two.
Each line holds a draft, `must` (for each concept the words that count as it) and `must_not` (words whose presence shows
a literal misreading). A word counts in singular and plural.

Bars: concepts present 85% (held out 75%), misreadings absent 95% (held out 92%), one draft under 5 ms warm, 60% of the
labelled topics of ten articles.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path = [place for place in sys.path if Path(place or ".").resolve() != ROOT]  # moderation.py here hides the room

from bot.pipeline.understanding import embed_sentences  # noqa: E402
from generation.prompting import Brief, RulesWriter  # noqa: E402
from generation.prompting.article import read_article, write_article  # noqa: E402

DRAFTS = ROOT / "data" / "understanding"
ARTICLES = ROOT / "data" / "articles"
CONFIG = ROOT.parent / "config"
SETS = ("tuning", "strangers", "held_out", "unseen", "blind", "newcomer")
ARTICLE_SETS = ("tuning", "strangers", "blind", "newcomer")
OPEN = ("tuning", "strangers")
WORD_LIMIT = 24


@dataclass(frozen=True)
class Labelled:
    """A draft and what its prompt must and must not hold."""

    draft: str
    must: tuple[tuple[str, ...], ...]
    must_not: tuple[str, ...]


def main() -> int:
    """Print the figures; the exit status is 0 whatever they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--misses", action="store_true", help="list the misses of the open sets")
    options = parser.parse_args()
    writer = RulesWriter.load(CONFIG)
    figures: dict[str, object] = {}
    for name in SETS:
        drafts = read_drafts(DRAFTS / f"{name}.jsonl")
        briefs = [writer.write(labelled.draft) for labelled in drafts]
        figures[name] = score(drafts, briefs)
        if options.misses and name in OPEN:
            print_misses(drafts, briefs)
    for name in ARTICLE_SETS:
        figures[f"articles_{name}"] = score_articles(writer, ARTICLES / name, misses=options.misses and name in OPEN)
    figures["milliseconds_a_draft"] = measure(writer, read_drafts(DRAFTS / "tuning.jsonl"))
    print(json.dumps(figures) if options.json else json.dumps(figures, indent=2))
    return 0


def read_drafts(path: Path) -> list[Labelled]:
    """The labelled drafts of a JSON-lines file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Labelled(r["draft"], tuple(map(tuple, r["must"])), tuple(r["must_not"])) for r in rows]


def score(drafts: list[Labelled], briefs: list[Brief]) -> dict[str, float]:
    """Shares of required concepts present and of forbidden words absent, over all drafts."""
    present = [holds(brief.prompt, names) for d, brief in zip(drafts, briefs, strict=True) for names in d.must]
    absent = [not holds(brief.prompt, (word,)) for d, brief in zip(drafts, briefs, strict=True) for word in d.must_not]
    too_long = sum(len(brief.prompt.split()) > WORD_LIMIT for brief in briefs)
    return {
        "drafts": len(drafts),
        "concepts_present": round(sum(present) / len(present), 4),
        "misreadings_absent": round(sum(absent) / len(absent), 4),
        "prompts_over_the_limit": too_long,
    }


def holds(prompt: str, names: tuple[str, ...]) -> bool:
    """Whether one of the names stands in the prompt as a whole word, in singular or plural."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?:s|es)?(?!\w)", prompt, re.IGNORECASE) for name in names)


def score_articles(writer: RulesWriter, folder: Path, *, misses: bool) -> dict[str, float]:
    """The share of labelled topics that stand, by one of their names, among the topics found (or their pictures)."""
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text("utf-8").splitlines()]
    hits: list[bool] = []
    words = []
    for row in rows:
        page = (folder / row["file"]).read_text(encoding="utf-8")
        read = write_article(writer, read_article(page), embed=embed_sentences).brief.article
        assert read is not None
        found = "; ".join(f"{topic['name']}, {topic['picture']}" for topic in read["topics"])
        mine = [holds(found, tuple(names)) for names in row["topics"]]
        hits += mine
        words.append(read["word_count"])
        if misses and not all(mine):
            missing = ["|".join(names) for names, hit in zip(row["topics"], mine, strict=True) if not hit]
            print(f"{row['file']}\n  -> {found}\n  missing {missing}", file=sys.stderr)
    return {
        "articles": len(rows),
        "fewest_words": min(words),
        "labels": len(hits),
        "topics_found": round(sum(hits) / len(hits), 4),
    }


def print_misses(drafts: list[Labelled], briefs: list[Brief]) -> None:
    """What went wrong, one draft a paragraph."""
    for labelled, brief in zip(drafts, briefs, strict=True):
        missing = ["|".join(names) for names in labelled.must if not holds(brief.prompt, names)]
        literal = [word for word in labelled.must_not if holds(brief.prompt, (word,))]
        if missing or literal:
            print(f"{labelled.draft}\n  -> {brief.prompt}\n  missing {missing} literal {literal}", file=sys.stderr)


def measure(writer: RulesWriter, drafts: list[Labelled]) -> dict[str, float]:
    """Warm milliseconds for one draft: median and worst of the medians of five passes."""
    times = []
    for labelled in drafts:
        runs = []
        for _ in range(5):
            start = time.perf_counter()
            writer.write(labelled.draft)
            runs.append(1000 * (time.perf_counter() - start))
        times.append(statistics.median(runs))
    return {"median": round(statistics.median(times), 3), "worst": round(max(times), 3)}


if __name__ == "__main__":
    sys.exit(main())
