"""`flax_model.msgpack` as published: its structure walked without its numbers, and written as Flax writes it.

Sources: flax.serialization (extension type 1 holds a packed [shape, dtype name, raw C-order bytes]; an array over 2**30
bytes is a map marked `__msgpack_chunked_array__`), the msgpack specification.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from generation.errors import ModelFileError
from generation.files.leaf import (
    DTYPES,
    LONGEST_NAME,
    MOST_AXES,
    MOST_LEAVES,
    Array,
    Leaf,
    bytes_of,
    checked_leaf,
)
from generation.files.staging import staged_file

_DEEPEST = 32
_NDARRAY_EXTENSION = 1
_CHUNK_MARK = "__msgpack_chunked_array__"
# flax.serialization splits what is larger; msgpack itself ends at 2**32 - 1 bytes.
_CHUNK_BYTES = 2**30


def read_msgpack_header(path: Path, file: BinaryIO, size: int) -> dict[str, Leaf]:
    """Every array of an open file of `size` bytes, seeking over the numbers. Raises ModelFileError."""
    return _Header(path, file, size).read()


def write_msgpack(path: Path, weights: Mapping[str, Array]) -> None:
    """Write flat `{"a/b/c": array}` as Flax does: nested maps, names sorted, large arrays split."""
    import msgpack  # type: ignore[import-untyped]

    packer = msgpack.Packer(use_bin_type=True)

    def write_map(file: BinaryIO, tree: Mapping[str, Any]) -> None:
        file.write(packer.pack_map_header(len(tree)))
        for name, value in tree.items():
            file.write(packer.pack(name))
            if isinstance(value, Mapping):
                write_map(file, value)
            else:
                _write_array(file, packer, np.asarray(value))

    with staged_file(path) as file:
        write_map(file, _nest(path, weights))


class _Header:
    """Walks a msgpack file, seeking over the numbers."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self._path = path
        self._file = file
        self._size = size
        self._leaves: dict[str, Leaf] = {}

    def read(self) -> dict[str, Leaf]:
        self._read_tree("", depth=0)
        if self._file.tell() != self._size:
            raise ModelFileError(f"{self._path}: holds {self._size - self._file.tell()} bytes after its last array.")
        return self._leaves

    def _read_tree(self, prefix: str, depth: int) -> None:
        if depth > _DEEPEST or len(prefix) > LONGEST_NAME:
            raise ModelFileError(f"{self._path}: is nested deeper than any model, at {prefix[:80]!r}.")
        marker = self._take(1)[0]
        entries = self._map_length(marker)
        if entries is None:
            self._leaves[prefix or "(root)"] = self._read_array(prefix or "(root)", marker)
        else:
            self._read_entries(prefix, entries, depth)
        if len(self._leaves) > MOST_LEAVES:
            raise ModelFileError(f"{self._path}: holds more than {MOST_LEAVES} arrays.")

    def _read_entries(self, prefix: str, entries: int, depth: int) -> None:
        seen: set[str] = set()
        for index in range(entries):
            name = self._read_text(prefix)
            if index == 0 and name == _CHUNK_MARK:
                self._leaves[prefix] = self._read_chunked(prefix, entries)
                return
            if name in seen:
                raise ModelFileError(f"{self._path}: {prefix}/{name} is there twice.")
            seen.add(name)
            self._read_tree(f"{prefix}/{name}" if prefix else name, depth + 1)

    def _read_chunked(self, name: str, entries: int) -> Leaf:
        """The rest of {mark: true, "shape": {"0": n, ...}, "chunks": {"0": array, ...}} after the mark's key."""
        if entries != 3 or self._take(1) != b"\xc3":
            raise ModelFileError(f"{self._path}: {name} is no chunked array.")
        shape: list[int] = []
        chunks: list[Leaf] = []
        for _ in range(2):
            part = self._read_text(name)
            count = self._map_length(self._take(1)[0])
            if part not in ("shape", "chunks") or count is None or count > MOST_LEAVES:
                raise ModelFileError(f"{self._path}: {name} is no chunked array.")
            for index in range(count):
                if self._read_text(name) != str(index):
                    raise ModelFileError(f"{self._path}: the parts of {name} are out of order.")
                marker = self._take(1)[0]
                if part == "shape":
                    shape.append(self._integer(name, marker))
                else:
                    chunks.append(self._read_array(f"{name}[{index}]", marker))
        pieces = tuple(piece for chunk in chunks for piece in chunk.pieces)
        dtype_names = {chunk.dtype.name for chunk in chunks}
        if len(dtype_names) != 1:
            raise ModelFileError(f"{self._path}: the chunks of {name} have {len(dtype_names)} types.")
        return checked_leaf(self._path, name, shape, dtype_names.pop(), pieces, self._size)

    def _read_array(self, name: str, marker: int) -> Leaf:
        length, kind = self._extension(name, marker)
        end = self._file.tell() + length
        if kind != _NDARRAY_EXTENSION or end > self._size:
            raise ModelFileError(
                f"{self._path}: {name} is no whole array (extension {kind}, {length} bytes); fetch the file again."
            )
        if self._take(1) != b"\x93":
            raise ModelFileError(f"{self._path}: {name} is no array.")
        axes = self._array_length(name, self._take(1)[0])
        shape = [self._integer(name, self._take(1)[0]) for _ in range(axes)]
        dtype_name = self._read_text(name)
        marker = self._take(1)[0]
        if marker not in (0xC4, 0xC5, 0xC6):
            raise ModelFileError(f"{self._path}: {name} holds no bytes.")
        length = self._unsigned(1 << (marker - 0xC4))
        offset = self._file.tell()
        if offset + length != end:
            raise ModelFileError(f"{self._path}: {name} declares {length} bytes where {end - offset} lie.")
        self._file.seek(end)
        return checked_leaf(self._path, name, shape, dtype_name, ((offset, length),), self._size)

    def _extension(self, name: str, marker: int) -> tuple[int, int]:
        if 0xD4 <= marker <= 0xD8:
            length = 1 << (marker - 0xD4)
        elif 0xC7 <= marker <= 0xC9:
            length = self._unsigned(1 << (marker - 0xC7))
        else:
            raise ModelFileError(f"{self._path}: {name} is no array (msgpack marker 0x{marker:02x}).")
        return length, self._take(1)[0]

    def _map_length(self, marker: int) -> int | None:
        if marker & 0xF0 == 0x80:
            return marker & 0x0F
        if marker in (0xDE, 0xDF):
            return self._unsigned(2 << (marker - 0xDE))
        return None

    def _array_length(self, name: str, marker: int) -> int:
        if marker & 0xF0 == 0x90 and marker & 0x0F <= MOST_AXES:
            return marker & 0x0F
        raise ModelFileError(f"{self._path}: {name} has no shape that an array can have.")

    def _read_text(self, where: str) -> str:
        marker = self._take(1)[0]
        if marker & 0xE0 == 0xA0:
            length = marker & 0x1F
        elif marker in (0xD9, 0xDA):
            length = self._unsigned(1 << (marker - 0xD9))
        else:
            length = LONGEST_NAME + 1
        if length > LONGEST_NAME:
            raise ModelFileError(
                f"{self._path}: is no Flax weights file (a name was expected in {where[:80] or 'the root'!r})."
            )
        try:
            return self._take(length).decode()
        except UnicodeDecodeError as error:
            raise ModelFileError(f"{self._path}: a name in {where[:80]!r} is no UTF-8.") from error

    def _integer(self, name: str, marker: int) -> int:
        if marker < 0x80:
            return marker
        if 0xCC <= marker <= 0xCF:
            return self._unsigned(1 << (marker - 0xCC))
        raise ModelFileError(f"{self._path}: the shape of {name} holds something that is no size.")

    def _unsigned(self, length: int) -> int:
        return int.from_bytes(self._take(length), "big")

    def _take(self, length: int) -> bytes:
        taken = self._file.read(length)
        if len(taken) < length:
            raise ModelFileError(f"{self._path}: ends too early; copy or fetch the file again.")
        return taken


def _write_array(file: BinaryIO, packer: Any, array: Array) -> None:
    shape = array.shape  # ascontiguousarray gives a number without axes one
    array = np.ascontiguousarray(array)
    if array.nbytes <= _CHUNK_BYTES:
        _write_chunk(file, packer, shape, array)
        return
    flat = array.reshape(-1)
    step = _CHUNK_BYTES // array.itemsize
    chunks = [flat[start : start + step] for start in range(0, flat.size, step)]
    file.write(packer.pack_map_header(3))
    file.write(packer.pack(_CHUNK_MARK) + packer.pack(True))
    file.write(packer.pack("shape") + packer.pack({str(axis): n for axis, n in enumerate(array.shape)}))
    file.write(packer.pack("chunks") + packer.pack_map_header(len(chunks)))
    for index, chunk in enumerate(chunks):
        file.write(packer.pack(str(index)))
        _write_chunk(file, packer, chunk.shape, chunk)


def _write_chunk(file: BinaryIO, packer: Any, shape: tuple[int, ...], array: Array) -> None:
    """One extension of type 1, written in parts so that the numbers are not copied into a packed whole."""
    before = packer.pack_array_header(3) + packer.pack(list(shape)) + packer.pack(array.dtype.name)
    before += b"\xc6" + struct.pack(">I", array.nbytes)
    file.write(b"\xc9" + struct.pack(">I", len(before) + array.nbytes) + bytes([_NDARRAY_EXTENSION]) + before)
    file.write(bytes_of(array))


def _nest(path: Path, weights: Mapping[str, Array]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in sorted(weights):
        *groups, last = name.split("/")
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        if weights[name].dtype.name not in DTYPES:
            raise ModelFileError(f"{path}: {name} has the type {weights[name].dtype.name}, which is not stored.")
        node[last] = weights[name]
    return tree
