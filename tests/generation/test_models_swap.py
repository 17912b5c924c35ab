"""Models change under a drawing that goes on: it ends on the old one, the next draws with the new."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

from generation.generators import DalleMini, DrawRequest
from generation.models import ModelRegistry, ModelSlot


def test_a_drawing_ends_on_the_model_it_began_with_and_the_next_uses_the_new_one(
    tmp_path: Path, make_tiny_bundle: Callable[[Path], Path]
) -> None:
    registry = ModelRegistry(tmp_path / "models")
    old = registry.add(make_tiny_bundle(tmp_path / "source"))
    (tmp_path / "source" / "model.toml").unlink()
    (tmp_path / "source" / "README.md").write_text("the same weights, another revision")
    new = registry.add(tmp_path / "source", name="newer")
    slot = ModelSlot(lambda bundle: DalleMini.load(bundle.folder), old)
    freed = weakref.ref(slot.get())

    drawing = slot.get().stream([DrawRequest("a red car", seed=7)], previews=2)
    next(drawing)
    slot.swap(new)
    *_, finished = drawing
    assert isinstance(finished, list)
    assert finished[0].revision == old.revision

    drawing.close()
    del drawing
    gc.collect()
    assert freed() is None
    assert slot.get().draw([DrawRequest("a red car", seed=7)])[0].revision == new.revision
