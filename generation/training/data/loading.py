"""Batches in an order that follows from a seed alone, wherever and however often training is taken up again.

The order is grain's: each pass over the examples is shuffled anew. Every process of a distributed training takes each
n-th example of the one order, so that a global batch holds the same examples however many processes share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grain
import numpy as np

Array = np.ndarray[Any, Any]
Example = Mapping[str, Array]
Change = Callable[[Any, np.random.Generator], Any]


@dataclass(frozen=True)
class Examples:
    """Some rows of columns that may be larger than memory: `places` names them; grain asks for one at a time."""

    columns: Mapping[str, Array]
    places: Array

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> dict[str, Array]:
        """The row (or rows) at an index (or several) of `places`, and which place that is."""
        place = self.places[index]
        return {name: column[place] for name, column in self.columns.items()} | {"place": place}


@dataclass(frozen=True)
class Share:
    """Which part of every batch this process loads."""

    index: int = 0
    of: int = 1


def batches(
    examples: Examples, size: int, seed: int, share: Share = Share(), change: Change | None = None
) -> grain.DatasetIterator[dict[str, Array]]:
    """Endless batches of `size` rows in all, of which this process gets `size / share.of`.

    `change` may alter each row by a generator that follows from the seed and the row's place in the order. The
    iterator's `get_state` and `set_state` name the next batch, as plain JSON.
    """
    ordered = grain.MapDataset.source(examples).seed(seed).shuffle().repeat()
    if change is not None:
        ordered = ordered.random_map(change)
    mine = ordered[share.index :: share.of].batch(size // share.of, drop_remainder=True)
    return iter(mine.to_iter_dataset(grain.ReadOptions(num_threads=1, prefetch_buffer_size=2)))


def once(examples: Examples, size: int) -> Iterator[dict[str, Array]]:
    """Every row once, in order; the last batch is filled up with rows whose `weight` is 0 instead of 1."""
    for start in range(0, len(examples), size):
        indices = np.arange(start, start + size)
        weight = (indices < len(examples)).astype(np.float32)
        rows = examples[indices % len(examples)]
        yield {name: column for name, column in rows.items() if name != "place"} | {"weight": weight}


def blank_captions(ids: Array, length: int, share: float) -> Change:
    """Replace a caption by the empty one (`ids`, `length`) this often: the unconditional side of guidance."""

    def change(row: dict[str, Array], random: np.random.Generator) -> dict[str, Array]:
        if random.random() >= share:
            return row
        return row | {"ids": ids.astype(row["ids"].dtype), "lengths": np.asarray(length, row["lengths"].dtype)}

    return change
