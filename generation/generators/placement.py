"""Where a drawing's arrays lie: weights on every local device, pictures spread over them."""

from __future__ import annotations

from typing import TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from generation.dalle.decoding import Drawing
from generation.dalle.stepping import TextMemory
from generation.requests import MOST_PICTURES

Tree = TypeVar("Tree")

_AXIS = "pictures"

BATCH_SIZES = (1, 2, 4, 6, 9, MOST_PICTURES)
"""A program is compiled for each of these numbers of pictures; a call with another number draws some in vain.
9 is the grid of the published demo."""


class Placement:
    """All devices of this process as one row, along which the pictures are split."""

    def __init__(self) -> None:
        self.devices = len(jax.local_devices())
        self._mesh: Mesh | None = None
        if self.devices > 1:
            self._mesh = jax.make_mesh(
                (self.devices,), (_AXIS,), axis_types=(AxisType.Auto,), devices=jax.local_devices()
            )

    def batch_size(self, pictures: int) -> int:
        """The next number of pictures that programs are compiled for and that gives every device as many."""
        size = next(size for size in BATCH_SIZES if size >= pictures)
        return -(-size // self.devices) * self.devices

    def everywhere(self, tree: Tree) -> Tree:
        """A copy on every device."""
        return self._put(tree)

    def by_picture(self, tree: Tree) -> Tree:
        """Arrays whose first axis counts the pictures, split along it."""
        return self._put(tree, _AXIS)

    def texts(self, text: TextMemory, pictures: int) -> TextMemory:
        """Texts lie with their pictures, or everywhere if all pictures share them."""
        groups = text.seen.shape[1]
        return self._put(text, None, _AXIS) if groups == pictures else self.everywhere(text)

    def drawing(self, drawing: Drawing) -> Drawing:
        """Pictures in the making, split by picture."""
        return Drawing(
            position=self.everywhere(drawing.position),
            codes=self.by_picture(drawing.codes),
            score=self.by_picture(drawing.score),
            memory=self._put(drawing.memory, None, _AXIS),
        )

    def _put(self, tree: Tree, *axes: str | None) -> Tree:
        """Split each array along the named axes, and copy it along the others."""
        if self._mesh is None:
            return tree
        sharding = NamedSharding(self._mesh, PartitionSpec(*axes))  # type: ignore[no-untyped-call]
        placed: Tree = jax.device_put(tree, sharding)
        return placed
