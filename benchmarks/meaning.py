"""Cross-validates what the moderator "meaning" learns from its examples: how would it judge sentences it has not seen?

    python benchmarks/meaning.py [--json] [--misses]

The examples are dealt into ten parts, those that say nearly the same into the same one, and each part is judged by what
the other nine teach. The harmless examples are tricky on purpose: ordinary posts are stopped far less often.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from moderation.text.encoder import DIMENSION, SentenceEncoder  # noqa: E402
from moderation.text.examples import DEFAULT_SENTENCES, Examples, Stored  # noqa: E402
from moderation.text.meaning import LEVEL  # noqa: E402
from moderation.text.regression import HARMLESS, learn  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = 10
SAME = 0.65
"""The likeness of two sentences' subjects from which on they are kept together."""

FALSE_ALARMS = (0.05, 0.08, 0.1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--misses", action="store_true", help="also list what was judged wrongly, the worst first")
    arguments = parser.parse_args()
    examples = Examples.read(DEFAULT_SENTENCES)
    profiles = examples.profiles(SentenceEncoder.load(), Stored.read(DEFAULT_SENTENCES))
    values = judge_unseen(profiles, examples)
    print(json.dumps(summary(values, np.array(examples.labels)), indent=None if arguments.json else 2))
    if arguments.misses:
        show_misses(values, examples)


def judge_unseen(profiles: NDArray[np.float32], examples: Examples) -> NDArray[np.float64]:
    """For each example the regression's value (bad or harmless) when nothing of its part was learnt from."""
    part = parts(profiles[:, DIMENSION:])
    labels, sentences = np.array(examples.labels), np.array(examples.sentences)
    values = np.zeros(len(labels))
    for number in range(PARTS):
        out = part == number
        learnt = learn(profiles[~out], list(sentences[~out]), list(labels[~out]), examples.categories)
        values[out] = learnt.values(profiles[out], list(sentences[out]))[:, 0]
    return values


def parts(subjects: NDArray[np.float32]) -> NDArray[np.int64]:
    """The part of each example: whatever is linked by likeness lies in the same one."""
    likeness = subjects @ subjects.T
    group = np.arange(len(subjects))
    for left, right in zip(*np.nonzero(np.triu(likeness, 1) > SAME), strict=True):
        group[group == group[right]] = group[left]
    names = np.random.default_rng(0).permutation(np.unique(group))
    return np.array([{name: i % PARTS for i, name in enumerate(names)}[name] for name in group])


def summary(values: NDArray[np.float64], labels: NDArray[Any]) -> dict[str, Any]:
    """What is caught and passed at the shipped level, and what would be caught at given shares of false alarms."""
    bad = labels != HARMLESS
    harmless = np.sort(values[~bad])[::-1]
    return {
        "bad": int(bad.sum()),
        "harmless": int((~bad).sum()),
        "caught": round(float((values[bad] >= LEVEL).mean()), 4),
        "passed": round(float((values[~bad] < LEVEL).mean()), 4),
        "caught by category": {
            category: round(float((values[labels == category] >= LEVEL).mean()), 3)
            for category in dict.fromkeys(labels[bad])
        },
        "caught at false alarms of": {
            share: round(float((values[bad] > harmless[int(share * len(harmless))]).mean()), 3)
            for share in FALSE_ALARMS
        },
    }


def show_misses(values: NDArray[np.float64], examples: Examples) -> None:
    """The wrong ones with their values."""
    rows = sorted(zip(values, examples.labels, examples.sentences, strict=True))
    for value, label, sentence in rows:
        if label != HARMLESS and value < LEVEL:
            print(f"{value:6.2f} {label:10} {sentence}")
    for value, label, sentence in reversed(rows):
        if label == HARMLESS and value >= LEVEL:
            print(f"{value:6.2f} {label:10} {sentence}")


if __name__ == "__main__":
    main()
