"""Models come and go whole; what is refused leaves everything as it was."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from generation.errors import GenerationError, ModelFileError
from generation.files.weights import read_weights, write_msgpack
from generation.models import Manifest, ModelBundle, ModelRegistry, ModelSlot

ORACLE = Path(__file__).parent.parent / "data" / "oracle"
MakeBundle = Callable[[Path], Path]


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    return ModelRegistry(tmp_path / "models")


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_doodle_is_there_before_any_folder_is(registry: ModelRegistry) -> None:
    assert registry.names() == ["doodle"]


def test_an_added_bundle_is_listed_and_found(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    added = registry.add(make_tiny_bundle(tmp_path / "source"))
    shutil.rmtree(tmp_path / "source")
    assert registry.names() == ["doodle", "tiny"]
    assert registry.find("tiny").revision == added.revision
    assert added.folder == tmp_path / "models" / "tiny"


def test_a_published_folder_becomes_a_bundle_with_the_vqgan_that_is_named(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    bundle = registry.add(
        ORACLE / "dalle-mini-scan",
        vqgan=ORACLE / "vqgan-f4",
        manifest=Manifest("published", licence="Apache-2.0", parent="somewhere"),
    )
    assert (bundle.name, bundle.picture_size, bundle.manifest.parent) == ("published", 32, "somewhere")
    assert "golden.npz" not in os.listdir(bundle.folder)
    bundle.verify()


def test_a_published_folder_without_a_vqgan_is_refused_with_the_way_out(registry: ModelRegistry) -> None:
    with pytest.raises(ModelFileError, match="--vqgan"):
        registry.add(ORACLE / "dalle-mini-scan", name="x")
    assert registry.names() == ["doodle"]


def test_a_folder_may_be_reached_by_a_link_but_none_may_lead_out_of_it(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    (tmp_path / "link").symlink_to(make_tiny_bundle(tmp_path / "source"))
    registry.add(tmp_path / "link")
    shutil.copytree(ORACLE / "dalle-mini-scan", tmp_path / "published")
    (tmp_path / "published").chmod(0o755)
    (tmp_path / "published" / "vqgan").symlink_to(ORACLE / "vqgan-f4")
    with pytest.raises(ModelFileError, match=r"vqgan/config\.json: is a link"):
        registry.add(tmp_path / "published")
    assert registry.names() == ["doodle", "tiny"]


def test_two_names_for_one_model(registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle) -> None:
    source = make_tiny_bundle(tmp_path / "source")
    one, other = registry.add(source), registry.add(source, name="second")
    assert one.revision == other.revision
    assert registry.names() == ["doodle", "second", "tiny"]


@pytest.mark.parametrize("name", ["tiny", "doodle"])
def test_a_name_that_is_taken_is_refused(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle, name: str
) -> None:
    source = make_tiny_bundle(tmp_path / "source")
    registry.add(source)
    before = everything_in(tmp_path / "models")
    with pytest.raises(GenerationError, match="already"):
        registry.add(source, name=name)
    assert everything_in(tmp_path / "models") == before


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "UPPER", "x" * 65, "a.part"])
def test_a_name_that_is_no_name_is_refused(registry: ModelRegistry, name: str) -> None:
    with pytest.raises(ModelFileError, match="cannot name"):
        registry.add(ORACLE / "dalle-mini-scan", manifest=Manifest(name), vqgan=ORACLE / "vqgan-f4")
    with pytest.raises(ModelFileError, match="no model"):
        registry.find(name)
    with pytest.raises(ModelFileError, match="no model"):
        registry.remove(name)


def test_weights_that_are_no_numbers_are_refused_and_nothing_is_left(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    registry.add(make_tiny_bundle(tmp_path / "good"))
    before = everything_in(tmp_path / "models")
    bad = tmp_path / "bad"
    shutil.copytree(ORACLE / "dalle-mini-scan", bad)
    (bad / "flax_model.msgpack").chmod(0o644)
    weights = {name: array.copy() for name, array in read_weights(bad / "flax_model.msgpack").items()}
    weights["lm_head/kernel"][0, 0] = np.nan
    bad.chmod(0o755)
    write_msgpack(bad / "flax_model.msgpack", weights)
    with pytest.raises(ModelFileError, match=r"flax_model\.msgpack: lm_head/kernel holds NaN"):
        registry.add(bad, vqgan=ORACLE / "vqgan-f4")
    assert everything_in(tmp_path / "models") == before


def test_a_damaged_model_is_listed_with_its_problem_and_the_others_stay_usable(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    registry.add(make_tiny_bundle(tmp_path / "source"))
    registry.add(tmp_path / "source", name="broken")
    (tmp_path / "models" / "broken" / "config.json").write_text("{}")
    listed = {listing.name: listing for listing in registry.list()}
    assert "config.json" in listed["broken"].problem
    assert listed["broken"].bundle is None
    assert listed["tiny"].bundle is not None
    registry.remove("broken")
    assert registry.names() == ["doodle", "tiny"]


def test_a_removed_model_is_gone_from_the_disk(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    registry.add(make_tiny_bundle(tmp_path / "source"))
    registry.remove("tiny")
    assert registry.names() == ["doodle"]
    assert everything_in(tmp_path / "models") == []


def test_doodle_cannot_be_removed(registry: ModelRegistry) -> None:
    with pytest.raises(GenerationError, match="part of Easel"):
        registry.remove("doodle")


def test_what_a_killed_process_left_is_invisible_and_swept_after_a_day(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    for name, age in ((".tiny.old.part", 25), (".tiny.new.part", 1)):
        (tmp_path / "models" / name).mkdir(parents=True)
        long_ago = time.time() - age * 3600
        os.utime(tmp_path / "models" / name, (long_ago, long_ago))
    assert registry.names() == ["doodle"]
    registry.add(make_tiny_bundle(tmp_path / "source"))
    assert sorted(os.listdir(tmp_path / "models")) == [".tiny.new.part", "tiny"]


def test_of_two_that_add_the_same_name_at_once_one_wins(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> None:
    source = make_tiny_bundle(tmp_path / "source")
    outcomes: list[str] = []

    def add() -> None:
        try:
            registry.add(source)
            outcomes.append("added")
        except GenerationError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("already" in outcome for outcome in outcomes) == [False, True]
    registry.find("tiny").verify()
    assert os.listdir(tmp_path / "models") == ["tiny"]


class Loaded:
    """What a generator is to the slot: an object with weights."""

    def __init__(self, bundle: ModelBundle) -> None:
        if bundle.name == "refused":
            raise ModelFileError("refused")
        self.name = bundle.name
        self.myself = self  # a cycle, as networks have


@pytest.fixture
def bundles(
    registry: ModelRegistry, tmp_path: Path, make_tiny_bundle: MakeBundle
) -> tuple[ModelBundle, ModelBundle, ModelBundle]:
    source = make_tiny_bundle(tmp_path / "source")
    first = registry.add(source)
    (source / "README.md").write_text("another revision")
    shutil.copytree(source, tmp_path / "other", ignore=shutil.ignore_patterns("model.toml"))
    second = registry.add(tmp_path / "other")
    return first, second, registry.add(tmp_path / "other", name="refused")


def test_pictures_in_the_making_end_on_the_old_model_and_its_weights_are_freed(
    bundles: tuple[ModelBundle, ModelBundle, ModelBundle],
) -> None:
    first, second, _ = bundles
    slot = ModelSlot(Loaded, first)
    in_the_making = slot.get()
    old = weakref.ref(in_the_making)
    slot.swap(second)
    assert (in_the_making.name, slot.get().name, slot.bundle) == ("tiny", "other", second)
    del in_the_making
    gc.collect()
    assert old() is None


def test_an_idle_slot_frees_the_old_weights_at_once(bundles: tuple[ModelBundle, ModelBundle, ModelBundle]) -> None:
    first, second, _ = bundles
    slot = ModelSlot(Loaded, first)
    old = weakref.ref(slot.get())
    slot.swap(second)
    assert old() is None


def test_the_model_in_use_stays_when_the_new_one_is_refused(
    bundles: tuple[ModelBundle, ModelBundle, ModelBundle],
) -> None:
    first, _, refused = bundles
    slot = ModelSlot(Loaded, first)
    before = slot.get()
    with pytest.raises(ModelFileError, match="refused"):
        slot.swap(refused)
    assert slot.get() is before
    assert slot.bundle == first


def test_swapping_to_the_same_revision_loads_nothing(bundles: tuple[ModelBundle, ModelBundle, ModelBundle]) -> None:
    slot = ModelSlot(Loaded, bundles[0])
    before = slot.get()
    slot.swap(ModelBundle.open(bundles[0].folder))
    assert slot.get() is before
