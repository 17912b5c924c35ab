"""Checkpoints of training: one file, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from generation.training.errors import TrainingError


def save_state(path: Path, state: Any) -> None:
    """Write every array of a tree, in order, under a temporary name first: a killed run keeps the last good file."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        arrays: dict[str, Any] = {f"{index:05d}": np.asarray(leaf) for index, leaf in enumerate(jax.tree.leaves(state))}
        np.savez(file, **arrays)
    partial.replace(path)


def load_state(path: Path, like: Any) -> Any:
    """Read a checkpoint into the structure of ``like``.

    Raises:
        TrainingError: the file belongs to another model or another optimiser.
    """
    leaves, structure = jax.tree.flatten(like)
    try:
        with np.load(path) as stored:
            arrays = [stored[name] for name in sorted(stored.files)]
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"{path} is no checkpoint ({error}); remove it to start anew") from error
    if [array.shape for array in arrays] != [np.shape(leaf) for leaf in leaves]:
        raise TrainingError(f"{path} is a checkpoint of another model; remove it, or choose another folder")
    return jax.tree.unflatten(structure, [jnp.asarray(array) for array in arrays])
