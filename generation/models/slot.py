"""The model in use, which can be changed while pictures are in the making."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from generation.models.bundle import ModelBundle

Model = TypeVar("Model")


class ModelSlot(Generic[Model]):
    """Holds one loaded model.

    Whoever draws takes it with `get` and keeps it until the pictures are finished; whoever swaps decides what the next
    `get` gives. The old weights are freed when the last drawing that took them lets go.
    """

    def __init__(self, load: Callable[[ModelBundle], Model], bundle: ModelBundle) -> None:
        """Load the first model. Raises what `load` raises."""
        self._load = load
        self._held = (bundle, load(bundle))
        self._swapping = threading.Lock()

    @property
    def bundle(self) -> ModelBundle:
        """What the next drawing will use."""
        return self._held[0]

    def get(self) -> Model:
        """The model in use."""
        return self._held[1]

    def swap(self, bundle: ModelBundle) -> None:
        """Load `bundle` and put it in use; nothing happens if its revision is in use already.

        Drawing goes on meanwhile. Raises what `load` raises; then the old model stays in use.
        """
        with self._swapping:
            if bundle.revision == self.bundle.revision and bundle.manifest.sampling == self.bundle.manifest.sampling:
                return
            self._held = (bundle, self._load(bundle))
        gc.collect()  # a network's modules may point at each other; weights are too large to wait for the collector
