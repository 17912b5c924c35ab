"""Golden arrays in a `.npz`: read without unpickling, and only if they are of a sane size."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from generation.checking.report import Comparison, Outcome, Tolerance, compare
from generation.errors import ModelFileError

Array = np.ndarray[Any, Any]

# Teacher-forced logits of mega-1 for four prompts have 67 MB; all arrays of such a file stay under a gigabyte.
_LARGEST_UNPACKED = 2 << 30
_MOST_ARRAYS = 10_000


class Missing(Exception):
    """An array cannot be computed, because of what is not there; the message says what."""


Computed = Mapping[str, Callable[[], tuple[Any, Tolerance]]]
"""For each key of a golden file, how we compute the same, and how close it must be."""


def read_golden(path: Path) -> dict[str, Array]:
    """All arrays of a `.npz`. Raises ModelFileError for what is none, or unpacks to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > _LARGEST_UNPACKED or len(archive.infolist()) > _MOST_ARRAYS:
                raise ModelFileError(f"{path}: unpacks to {unpacked:,} bytes, more than any golden file has.")
        with np.load(path, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except ModelFileError:
        raise
    except (zipfile.BadZipFile, ValueError, EOFError, KeyError, NotImplementedError, MemoryError) as error:
        raise ModelFileError(f"{path}: is no .npz of plain arrays ({str(error)[:80]}).") from error


def compare_all(golden: Mapping[str, Array], computed: Computed, inputs: frozenset[str]) -> Iterator[Comparison]:
    """Compare every array of a golden file that is no input; what cannot be computed is skipped, with the reason."""
    for key, array in golden.items():
        if key in inputs or key.endswith(("_min_margin", "_seed")):
            continue
        if key not in computed:
            yield Comparison(key, Outcome.SKIPPED, detail="no array that a check of this kind of model knows")
            continue
        try:
            ours, tolerance = computed[key]()
        except Missing as reason:
            yield Comparison(key, Outcome.SKIPPED, detail=f"needs {reason}")
            continue
        except (ValueError, TypeError, IndexError) as error:  # a network that does not load, inputs of another model
            yield Comparison(key, Outcome.FAILED, detail=str(error)[:300])
            continue
        yield compare(key, np.asarray(ours), array, tolerance)
