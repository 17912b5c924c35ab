"""The text normaliser that the published models were trained with.

Source: dalle-mini's TextNormalizer, whose order of steps is kept: ftfy, HTML entities, emoji names, unidecode, lower
case, then the patterns below. One difference: `<person>` becomes always "a person", where the reference draws lots, so
that the same text gives the same prompt.
"""

from __future__ import annotations

import gzip
import html
import math
import re
from collections.abc import Callable, Iterable
from importlib import util
from pathlib import Path

from generation.errors import ModelFileError

# Stands for a protected sign between letters; two of them never touch, so it is not taken for a repeated letter.
_GUARD = "xtokx"

_Replacement = str | Callable[[re.Match[str]], str]


class HashtagSplitter:
    """Splits a word without spaces into the likeliest known words; the n-th most frequent word costs ln n."""

    def __init__(self, words: Iterable[str]) -> None:
        """`words` come most frequent first."""
        self._costs = {word: math.log(rank) for rank, word in enumerate(words, start=1)}
        self._longest = max(map(len, self._costs), default=1)

    @classmethod
    def from_file(cls, path: Path) -> HashtagSplitter:
        """Read a list with one word a line, most frequent first; what follows a space on the line is left out.

        A name that ends in `.gz` is unpacked. Raises ModelFileError if it cannot be read.
        """
        try:
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            lines = content.decode("utf-8").splitlines()
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise ModelFileError(f"{path}: is no list of words ({error}).") from error
        return cls(line.split()[0] for line in lines if line.strip())

    def __call__(self, text: str) -> str:
        """Split each run of letters, digits and apostrophes; anything else separates."""
        return " ".join(word for run in re.split(r"[^a-zA-Z0-9']+", text) for word in self._split(run))

    def _split(self, run: str) -> list[str]:
        lowered = run.lower()
        costs = [0.0]
        lengths = [0]
        for end in range(1, len(run) + 1):
            # Of equal costs the shortest last word wins; unknown words cost without end, and only their signs remain.
            cost, length = min(
                (costs[end - size] + self._costs.get(lowered[end - size : end], math.inf), size)
                for size in range(1, min(end, self._longest) + 1)
            )
            costs.append(cost)
            lengths.append(length)
        words: list[str] = []
        end = len(run)
        while end:
            word = run[end - lengths[end] : end]
            end -= lengths[end]
            follows_digit = bool(words) and word[-1].isdigit() and words[-1][0].isdigit()
            if word != "'" and words and (words[-1] == "'s" or follows_digit):
                words[-1] = word + words[-1]
            else:
                words.append(word)
        return words[::-1]


def bundled_word_list() -> Path:
    """The list that the package `wordninja` ships: 126,000 English words, most frequent first (538 kB, gzip)."""
    spec = util.find_spec("wordninja")
    if spec is None or spec.origin is None:
        raise ModelFileError("The package wordninja is missing, and with it the list of words; run `make setup` again.")
    return Path(spec.origin).parent / "wordninja" / "wordninja_words.txt.gz"


class TextNormaliser:
    """Text -> the form that the published models know, always with one space before it."""

    def __init__(self, word_list: Path | None = None) -> None:
        """`word_list` splits hashtags (the reference's is `enwiki-words-frequency.txt`); wordninja's by default.

        The list is read with the first hashtag. Raises ModelFileError then if it cannot be.
        """
        self._word_list = word_list
        self._splitter: HashtagSplitter | None = None
        self._steps = self._make_steps()

    def __call__(self, text: str) -> str:
        """Normalise one text."""
        import emoji
        import ftfy
        import unidecode

        text = html.unescape(html.unescape(ftfy.fix_text(text)))
        text = emoji.demojize(text)
        text = unidecode.unidecode(text, errors="ignore").lower()
        for pattern, replacement in self._steps:
            text = pattern.sub(replacement, text)
        return " " + _without_outer_commas(text)

    def _split_hashtag(self, match: re.Match[str]) -> str:
        if self._splitter is None:
            self._splitter = HashtagSplitter.from_file(self._word_list or bundled_word_list())
        return self._splitter(match.group(1))

    def _make_steps(self) -> list[tuple[re.Pattern[str], _Replacement]]:
        join_thousands = (r"(\d),(\d{3})", r"\1\2")
        steps: list[tuple[str, _Replacement]] = [
            (r"<person>([,\s]*(and)*[,\s]*<person>)+", " people "),
            (r"<person>", " a person "),
            (r"\A\s*\[\d+\]", ""),  # a wiki reference
            (r"\[\d+\]\s*\Z", ""),
            (r"<[^<]+?>", ""),
            (r"http\S+", ""),
            join_thousands,
            join_thousands,  # again for the group that the first pass has used up
            (r"(\w)\.(\w)", rf"\1{_GUARD}dot{_GUARD}\2"),
            (r"'(?=([stdm]|(ll)|(re)|(ve)|(ll))\b)", f"{_GUARD}quote{_GUARD}"),
            (r"(\d)/(\d)", rf"\1{_GUARD}slash{_GUARD}\2"),
            (r"(\w)-(\w)", r"\1 \2"),
            (r"([%&/$*])", r" \1 "),
            (r"#(\w+)", self._split_hashtag),
            (r"[_#\\]", " "),
            (r"['\"`]", ' " '),
            (r"[()\[\].,|:;?!=+~\-/{}]", ","),
            (f"{_GUARD}dot{_GUARD}", "."),
            (f"{_GUARD}quote{_GUARD}", "'"),
            (f"{_GUARD}slash{_GUARD}", "/"),
            (r"(\D)(\1{3,})", r"\1"),
            (r'(\s*"+\s*)+', ' " '),
            (r"(\s*,+\s*)+", ", "),
            (r"\s+", " "),
        ]
        return [(re.compile(pattern), replacement) for pattern, replacement in steps]


def _without_outer_commas(text: str) -> str:
    return text.strip().removesuffix(",").removeprefix(",").strip()
