"""Which files a bundle may hold, how large each may be, and what each must begin with; the suffix is not believed."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from generation.errors import ModelFileError
from generation.files.weights import MSGPACK_NAME, SAFETENSORS_NAME

# mini-1's tokenizer.json has 2.1 MB, its vocab.json 0.9 MB and its merges.txt 0.5 MB; mega-1's weights have 10.4 GB.
_LARGEST_TEXT = 1 << 20
_LARGEST_TOKENIZER = 8 << 20
_LARGEST_SHEET = 16 << 20
_LARGEST_WEIGHTS = 64 << 30

LARGEST = {
    "config.json": _LARGEST_TEXT,
    "preprocessor_config.json": _LARGEST_TEXT,
    "special_tokens_map.json": _LARGEST_TEXT,
    "tokenizer_config.json": _LARGEST_TEXT,
    "tokenizer.json": _LARGEST_TOKENIZER,
    "vocab.json": _LARGEST_TOKENIZER,
    "merges.txt": _LARGEST_TOKENIZER,
    "LICENCES.md": _LARGEST_TEXT,
    "README.md": _LARGEST_TEXT,
    "before-after.png": _LARGEST_SHEET,
    MSGPACK_NAME: _LARGEST_WEIGHTS,
    SAFETENSORS_NAME: _LARGEST_WEIGHTS,
}
"""The files that a network's folder may hold, with the bytes that each may have; others are not looked at."""

NETWORK_FOLDERS = ("", "vqgan", "clip")
"""Where in a bundle a network may lie: DALL-E Mini itself, its VQGAN, and CLIP."""

_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip archive (PyTorch's pickled format among them)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstandard archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"GGUF", "a GGUF file"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself: run `git lfs pull`, or fetch it"),
)


def check_file(folder: Path, path: str) -> None:
    """Check that `path` inside `folder` is a file of its kind: there, regular, inside, of a sane size and content.

    Raises ModelFileError that names the file and the rule.
    """
    file = folder / path
    parent, _, name = path.rpartition("/")
    if parent not in NETWORK_FOLDERS or name not in LARGEST:
        raise ModelFileError(f"{file}: is no file that a bundle holds; those are {', '.join(LARGEST)}.")
    try:
        status = file.lstat()
        if stat.S_ISLNK(status.st_mode) or (parent and (folder / parent).is_symlink()):
            raise ModelFileError(
                f"{file}: is a link, which may lead out of the bundle; copy the files with `cp -rL` first."
            )
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(f"{file}: is no regular file.")
        if status.st_size > LARGEST[name]:
            raise ModelFileError(f"{file}: has {status.st_size:,} bytes; no {name} has more than {LARGEST[name]:,}.")
        with file.open("rb") as opened:
            start = opened.read(64)
    except OSError as error:
        raise ModelFileError(f"{file}: cannot be read ({error.strerror or error}); fetch or copy it again.") from error
    _refuse_other_kinds(file, start)


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, read piece by piece. Raises ModelFileError if it cannot be read."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise ModelFileError(f"{file}: cannot be read ({error.strerror or error}).") from error


def _refuse_other_kinds(file: Path, start: bytes) -> None:
    for mark, kind in _OTHER_KINDS:
        if start.startswith(mark):
            raise ModelFileError(f"{file}: is {kind}, whatever its name says.")
    if _is_pickle(start):
        raise ModelFileError(
            f"{file}: is a Python pickle, which can run code when it is loaded; nothing here loads one."
        )
    if file.suffix == ".png" and not start.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ModelFileError(f"{file}: is no PNG picture.")
    if file.suffix == ".json" and not start.lstrip().startswith(b"{"):
        raise ModelFileError(f"{file}: holds no JSON object.")


def _is_pickle(start: bytes) -> bool:
    """Protocols 2 to 5 open with their number; 0 and 1 with an opcode that no file of a bundle begins with."""
    protocol = len(start) > 2 and start[0] == 0x80 and 2 <= start[1] <= 5
    return protocol or start.startswith(
        (b"cos\n", b"cposix\n", b"c__builtin__\n", b"cbuiltins\n", b"(dp", b"(lp", b"]q")
    )
