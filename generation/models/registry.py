"""The models that can draw: the embedded doodle, and the bundles in a folder of the user's.

A bundle appears whole or not at all; several processes may look, add and remove at once.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from generation.errors import GenerationError, ModelFileError
from generation.files.allowed import check_file
from generation.files.staging import staged_folder
from generation.models.bundle import ModelBundle, bundle_files, load_networks, seal_bundle
from generation.models.manifest import MANIFEST_NAME, Manifest, checked_name

EMBEDDED = "doodle"
EMBEDDED_FOLDER = Path(__file__).parent / EMBEDDED

# What a process that was killed has left behind; none is at work on one folder for longer than this.
_ABANDONED_AFTER_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Listing:
    """One name of the registry: its bundle, or, where it cannot be opened, the problem in words."""

    name: str
    bundle: ModelBundle | None
    problem: str = ""


class ModelRegistry:
    """The bundles in `folder`, one folder each, and the embedded one. `folder` need not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """The embedded model first, then the others by name."""
        added = (path.name for path in self._entries() if not path.name.startswith("."))
        return [EMBEDDED, *sorted(name for name in added if name != EMBEDDED)]

    def list(self) -> list[Listing]:
        """Every model, the damaged ones with what is wrong with them."""
        listings = []
        for name in self.names():
            try:
                listings.append(Listing(name, self.find(name)))
            except ModelFileError as error:
                listings.append(Listing(name, None, str(error)))
        return listings

    def find(self, name: str) -> ModelBundle:
        """Open the bundle of this name. Raises ModelFileError where there is none, or it is damaged."""
        if name not in self.names():
            raise ModelFileError(f"There is no model {name[:80]!r}; there are {', '.join(self.names())}.")
        bundle = ModelBundle.open(self._path(name))
        if bundle.name != name:
            raise ModelFileError(f"{bundle.folder / MANIFEST_NAME}: name is {bundle.name!r} in the folder of {name!r}.")
        return bundle

    def add(
        self,
        folder: Path,
        *,
        name: str = "",
        vqgan: Path | None = None,
        clip: Path | None = None,
        manifest: Manifest | None = None,
    ) -> ModelBundle:
        """Copy a model's folder here, after every file, shape and number of the copy was checked.

        `folder` is a bundle, or a DALL-E Mini as published, with its VQGAN (and CLIP) in `vqgan/` (and `clip/`) or
        named here. `manifest` describes a model that brings no `model.toml`. Raises ModelFileError for what does not
        belong in a bundle, GenerationError where the name is taken; then nothing has changed.
        """
        described = self._describe(folder, name, manifest)
        self.refuse_taken(described.name)
        self._sweep()
        sources = {"": folder, "vqgan": vqgan or folder / "vqgan", "clip": clip or folder / "clip"}
        with staged_folder(self._folder / described.name) as staging, _naming_sources(staging, sources):
            _copy_network(folder, "", staging)
            for part, named in (("vqgan", vqgan), ("clip", clip)):
                _copy_network(named or folder, "" if named else part, staging / part)
            if not (staging / "vqgan" / "config.json").exists():
                raise ModelFileError(
                    f"{folder}: has no VQGAN to turn its codes into pixels; put one into {folder / 'vqgan'} "
                    "or name its folder with --vqgan."
                )
            seal_bundle(staging, described)
            load_networks(staging)
        return self.find(described.name)

    def refuse_taken(self, name: str) -> None:
        """Raise ModelFileError if `name` cannot name a model, GenerationError if it names one already."""
        if checked_name(name, "the new model") in self.names():
            raise GenerationError(f"There is a model {name!r} already; remove it first, or choose another name.")

    def remove(self, name: str) -> None:
        """Forget a model and delete its files. Raises ModelFileError for an unknown one, GenerationError for doodle."""
        if name == EMBEDDED:
            raise GenerationError(f"{EMBEDDED} is part of Easel and cannot be removed.")
        if name not in self.names():
            raise ModelFileError(f"There is no model {name[:80]!r}; there are {', '.join(self.names())}.")
        doomed = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".part", dir=self._folder))
        self._path(name).rename(doomed / name)  # gone for every reader, in one step
        shutil.rmtree(doomed)

    def downloads(self) -> Path:
        """Where unfinished downloads wait to be resumed."""
        return self._folder / ".downloads"

    def _describe(self, folder: Path, name: str, manifest: Manifest | None) -> Manifest:
        if not folder.is_dir():
            raise ModelFileError(f"{folder}: is no folder; name the folder that holds config.json and the weights.")
        if (folder / MANIFEST_NAME).exists():
            bundle = ModelBundle.open(folder)
            bundle.verify_hashes()
            described = bundle.manifest
        else:
            described = manifest or Manifest(name or folder.resolve().name.lower())
        return replace(described, name=checked_name(name or described.name, str(folder)))

    def _path(self, name: str) -> Path:
        return EMBEDDED_FOLDER if name == EMBEDDED else self._folder / name

    def _entries(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in self._folder.iterdir() if path.is_dir())

    def _sweep(self) -> None:
        for path in self._entries():
            abandoned = path.name.startswith(".") and path.name.endswith(".part")
            if abandoned and time.time() - path.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _naming_sources(staging: Path, sources: Mapping[str, Path]) -> Iterator[None]:
    """Let an error about a file of the copy, which will be gone, name the file that it was copied from."""
    try:
        yield
    except ModelFileError as error:
        words = str(error)
        for part, source in sorted(sources.items(), reverse=True):  # the parts before the whole
            words = words.replace(str(staging / part), str(source))
        raise ModelFileError(words) from error


def _copy_network(folder: Path, part: str, target: Path) -> None:
    """Copy the files of one network, which lie in `part` of `folder`; none where there are none."""
    for path in bundle_files(folder):
        parent, _, name = path.rpartition("/")
        if parent == part:
            check_file(folder, path)
            target.mkdir(exist_ok=True)
            shutil.copyfile(folder / path, target / name)
