"""The normaliser, the hashtag splitter and the tokenizer against files of cases, as those in tests/data/oracle/text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from generation.checking.golden_file import Missing
from generation.checking.networks import Networks
from generation.checking.report import Comparison, Outcome
from generation.dalle.normaliser import HashtagSplitter, TextNormaliser, bundled_word_list
from generation.errors import ModelFileError

# The list that a published model brings, and the oracle's; ours stands in where there is none.
WORD_LISTS = ("words-frequency.txt", "enwiki-words-frequency.txt")

_LARGEST_CASES = 16 << 20


def compare_texts(networks: Networks, path: Path) -> Iterator[Comparison]:
    """Compare each case of a file. Raises ModelFileError for a file that holds no cases.

    A case has an "input" and one of "normalized", "split" (of hashtags), or "input_ids" with "max_length".
    """
    cases = _read_cases(path)
    words = next((folder / name for folder in (path.parent, networks.folder) for name in WORD_LISTS
                  if (folder / name).exists()), None)  # fmt: skip
    normalise = TextNormaliser(words)
    split = HashtagSplitter.from_file(words or bundled_word_list())
    for index, case in enumerate(cases):
        key = f"{path.name}[{index}]"
        try:
            ours, expected = _both(case, networks, normalise, split)
        except Missing as reason:
            yield Comparison(key, Outcome.SKIPPED, detail=f"needs {reason}")
            continue
        if ours == expected:
            yield Comparison(key, Outcome.PASSED, 0.0, "exact")
        else:
            detail = f"{case['input']!r:.200}: ours is {ours!r:.300}, the golden one {expected!r:.300}"
            yield Comparison(key, Outcome.FAILED, None, "exact", detail)


def _both(
    case: dict[str, Any], networks: Networks, normalise: Callable[[str], str], split: Callable[[str], str]
) -> tuple[Any, Any]:
    text = case["input"]
    if "normalized" in case:
        return normalise(text), case["normalized"]
    if "split" in case:
        return split(text), case["split"]
    tokenised = networks.tokeniser(int(case.get("max_length", len(case["input_ids"]))))([text])
    ours = {"input_ids": tokenised.ids[0].tolist(), "attention_mask": tokenised.mask[0].tolist()}
    return ours, {key: case.get(key, ours[key]) for key in ours}


def _read_cases(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > _LARGEST_CASES:
            raise ModelFileError(f"{path}: is larger than {_LARGEST_CASES} bytes, so it is no file of cases.")
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelFileError(f"{path}: is no JSON ({str(error)[:80]}).") from error
    cases = values.get("cases") if isinstance(values, dict) else values
    if not isinstance(cases, list) or not cases or not all(_is_case(case) for case in cases):
        raise ModelFileError(
            f'{path}: holds no cases; each needs "input" and one of "normalized", "split" or "input_ids".'
        )
    return cases


def _is_case(case: Any) -> bool:
    if not isinstance(case, dict) or not isinstance(case.get("input"), str):
        return False
    if "input_ids" in case:
        length = case.get("max_length", 1)
        return isinstance(case["input_ids"], list) and isinstance(length, int) and 0 < length <= _MOST_TOKENS
    return "normalized" in case or "split" in case


_MOST_TOKENS = 100_000
