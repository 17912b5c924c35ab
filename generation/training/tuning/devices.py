"""All local devices, or those of several machines: a batch is shared out over them, parameters are everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from generation.training.data.loading import Share
from generation.training.errors import TrainingError

_SECONDS_TO_MEET = 300


@dataclass(frozen=True)
class Meeting:
    """Where the processes of one training find each other: an address, how many they are, which is this."""

    address: str
    processes: int
    process: int

    def join(self) -> None:
        """Wait for the others. Must come before anything else of JAX. Raises TrainingError if they do not come."""
        if not 0 <= self.process < self.processes:
            raise TrainingError(f"--process {self.process} is none of {self.processes}; they count from 0.")
        try:
            jax.distributed.initialize(
                self.address, self.processes, self.process, initialization_timeout=_SECONDS_TO_MEET
            )
        except (RuntimeError, ValueError) as error:
            raise TrainingError(
                f"The {self.processes} processes did not meet at {self.address} ({str(error)[:120]}); start all of "
                "them within five minutes, with one address that all can reach."
            ) from error


class Devices:
    """All devices of all processes, as one row that batches are shared over."""

    def __init__(self) -> None:
        mesh = Mesh(np.array(jax.devices()), ("rows",))
        self.count = len(jax.devices())
        self.share = Share(jax.process_index(), jax.process_count())
        self.everywhere = NamedSharding(mesh, PartitionSpec())  # type: ignore[no-untyped-call]
        self.by_row = NamedSharding(mesh, PartitionSpec("rows"))  # type: ignore[no-untyped-call]

    @property
    def leads(self) -> bool:
        """Whether this process writes what there is once: curves, bundles, words to the person."""
        return self.share.index == 0

    def refuse_unfit(self, name: str, batch: int, accumulate: int) -> None:
        """Raise TrainingError unless each piece of the batch has as many rows for every device."""
        if batch % (self.count * accumulate):
            least = self.count * accumulate
            raise TrainingError(
                f"{name}.batch is {batch}; {self.count} devices and accumulate = {accumulate} need a multiple of "
                f"{least}."
            )

    def place(self, tree: Any) -> Any:
        """Give every device all of a tree that every process has."""
        return jax.tree.map(lambda x: _shared(self.everywhere, x), tree)

    def rows(self, batch: Mapping[str, Any]) -> dict[str, jax.Array]:
        """This process's rows of a batch, as its part of the whole one."""
        return {name: _shared(self.by_row, x) for name, x in batch.items()}

    def mine(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """This process's rows of a batch that every process has."""
        return {name: x[self.share.index :: self.share.of] for name, x in batch.items()}


def _shared(sharding: NamedSharding, x: Any) -> jax.Array:
    array: jax.Array = jax.make_array_from_process_local_data(sharding, np.asarray(x))  # type: ignore[no-untyped-call]
    return array
