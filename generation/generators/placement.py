"""Where a drawing's arrays lie: weights on every local device, pictures spread over them."""

from __future__ import annotations

from typing import Any, TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from generation.dalle.decoding import Drawing
from generation.dalle.stepping import TextMemory

Tree = TypeVar("Tree")

_AXIS = "pictures"


class Placement:
    """All devices of this process as one row, along which the pictures are split."""

    def __init__(self) -> None:
        self.devices = len(jax.local_devices())
        self._mesh: Mesh | None = None
        if self.devices > 1:
            self._mesh = jax.make_mesh(
                (self.devices,), (_AXIS,), axis_types=(AxisType.Auto,), devices=jax.local_devices()
            )

    def round_up(self, pictures: int) -> int:
        """The next number of pictures that gives every device as many."""
        return -(-pictures // self.devices) * self.devices

    def everywhere(self, tree: Tree) -> Tree:
        """A copy on every device."""
        return self._put(tree, PartitionSpec())

    def by_picture(self, tree: Tree) -> Tree:
        """Arrays whose first axis counts the pictures, split along it."""
        return self._put(tree, PartitionSpec(_AXIS))

    def texts(self, text: TextMemory, pictures: int) -> TextMemory:
        """Texts lie with their pictures, or everywhere if all pictures share them."""
        groups = text.seen.shape[1]
        return self._put(text, PartitionSpec(None, _AXIS) if groups == pictures else PartitionSpec())

    def drawing(self, drawing: Drawing) -> Drawing:
        """Pictures in the making, split by picture."""
        return Drawing(
            position=self.everywhere(drawing.position),
            codes=self.by_picture(drawing.codes),
            score=self.by_picture(drawing.score),
            memory=self._put(drawing.memory, PartitionSpec(None, _AXIS)),
        )

    def _put(self, tree: Tree, spec: PartitionSpec) -> Tree:
        if self._mesh is None:
            return tree
        placed: Any = jax.device_put(tree, NamedSharding(self._mesh, spec))
        return placed  # type: ignore[no-any-return]
