"""Checkpoints by orbax: the whole state, the next batch and the number of steps; whole or not there."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from generation.training.errors import TrainingError

KEPT = 2
"""The last one, and the one before it, should the last be damaged by something outside."""


@dataclass(frozen=True)
class Kept:
    """What a checkpoint holds: the task's state, and plain values about it."""

    step: int
    state: Any
    notes: Mapping[str, Any]


class Checkpoints:
    """The checkpoints in one folder, of one plan and one data set."""

    def __init__(self, folder: Path, belongs_to: str, keep: int = KEPT) -> None:
        self._folder, self._belongs_to = folder, belongs_to
        options = ocp.CheckpointManagerOptions(max_to_keep=keep, enable_async_checkpointing=False)
        self._manager = ocp.CheckpointManager(folder.absolute(), options=options)

    def save(self, step: int, state: Any, notes: Mapping[str, Any]) -> None:
        """Keep a state. Raises TrainingError where the disk is full; what was kept before stays."""
        described = {**notes, "belongs_to": self._belongs_to}
        try:
            self._manager.save(
                step, args=ocp.args.Composite(state=ocp.args.StandardSave(state), notes=ocp.args.JsonSave(described))
            )
        except (OSError, ValueError, RuntimeError) as error:
            if not _is_full_disk(error):
                raise
            last = self.kept_step()
            kept = "None was kept yet." if last is None else f"The one of step {last} is kept."
            raise TrainingError(
                f"No space is left for a checkpoint in {self._folder}. {kept} Free some space and run the same "
                "command again: it goes on from there."
            ) from error

    def newest(self, like: Any) -> Kept | None:
        """The last state, with the shapes and devices of `like`; None where nothing was kept.

        Raises:
            TrainingError: it was kept by another plan or on other data, or cannot be read.
        """
        step = self.kept_step()
        if step is None:
            return None
        wanted = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        try:
            notes = self._manager.restore(step, args=ocp.args.Composite(notes=ocp.args.JsonRestore())).notes
            if notes.get("belongs_to") != self._belongs_to:
                raise TrainingError(
                    f"{self._folder}: was kept by another plan, model or data; name another --work, or "
                    "remove the folder."
                )
            args = ocp.args.Composite(state=ocp.args.StandardRestore(wanted))
            return Kept(step, self._manager.restore(step, args=args).state, notes)
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(
                f"{self._folder / str(step)}: cannot be read ({str(error)[:120]}); remove it to go on from the "
                "one before."
            ) from error

    def kept_step(self) -> int | None:
        """The step of the last checkpoint that is there in full."""
        step: int | None = self._manager.latest_step()
        return step

    def close(self) -> None:
        """Let go of the folder."""
        self._manager.close()


def _is_full_disk(error: BaseException) -> bool:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or "No space left" in str(error) or "RESOURCE_EXHAUSTED" in str(error)
