"""Weight files: `flax_model.msgpack` as published, and `model.safetensors`, as flat `{"a/b/c": array}`.

A file is read in two passes. The first walks its structure, seeking over the numbers, so that names, shapes, types
and sizes are checked before any memory is taken. The second streams one array at a time: the peak is what the caller
keeps plus the largest array. Matrices that a safetensors file stores in 8 bits are float32 to every reader.

Sources: flax.serialization (extension type 1 holds a packed [shape, dtype name, raw C-order bytes]; an array over 2**30
bytes is a map marked `__msgpack_chunked_array__`), the msgpack specification, the safetensors format description.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import ml_dtypes
import numpy as np

from generation.errors import ModelFileError
from generation.models.eight_bits import SCALE_SUFFIX, join_scales, restored

MSGPACK_NAME = "flax_model.msgpack"
SAFETENSORS_NAME = "model.safetensors"

Array = np.ndarray[Any, np.dtype[Any]]

_DTYPES = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "int8": np.dtype(np.int8),
    "int32": np.dtype(np.int32),
    "int64": np.dtype(np.int64),
}
_SAFETENSORS_DTYPES = {
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I8": "int8",
    "I32": "int32",
    "I64": "int64",
}
_SAFETENSORS_NAMES = {ours: theirs for theirs, ours in _SAFETENSORS_DTYPES.items()}

# Far above any real checkpoint (an unscanned mega has about 1,000 leaves, 8 levels, 4 axes), far below what would hurt.
_MOST_LEAVES = 100_000
_DEEPEST = 32
_LONGEST_NAME = 1_000
_MOST_AXES = 8
_LONGEST_JSON_HEADER = 32 << 20

_NDARRAY_EXTENSION = 1
_CHUNK_MARK = "__msgpack_chunked_array__"
# flax.serialization splits what is larger; msgpack itself ends at 2**32 - 1 bytes.
_CHUNK_BYTES = 2**30


@dataclass(frozen=True)
class Leaf:
    """Where one array lies in its file: `pieces` are (offset, bytes) in order, all of them one C-order array.

    With a `scale`, these are int8 codes to be multiplied by it, and `dtype` is what that gives.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pieces: tuple[tuple[int, int], ...]
    scale: Leaf | None = None

    @property
    def size_in_bytes(self) -> int:
        """What the array takes in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


def weights_file(folder: Path) -> Path:
    """The weights of a model folder: `model.safetensors` if there, else `flax_model.msgpack`.

    Raises ModelFileError if neither is there.
    """
    for name in (SAFETENSORS_NAME, MSGPACK_NAME):
        if (folder / name).is_file():
            return folder / name
    raise ModelFileError(
        f"{folder}: no weights; a model folder holds {SAFETENSORS_NAME} or {MSGPACK_NAME}. Fetch or copy it there."
    )


def read_header(path: Path) -> dict[str, Leaf]:
    """Name, shape, type and place of every array in the file; reads no numbers. Raises ModelFileError."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if path.suffix == ".safetensors":
                return join_scales(path, _read_safetensors_header(path, file, size))
            return _MsgpackHeader(path, file, size).read()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def stream_weights(path: Path, header: Mapping[str, Leaf] | None = None) -> Iterator[tuple[str, Array]]:
    """Yield (name, array) one at a time, in file order; every floating array is checked to be finite.

    Raises ModelFileError where the file is damaged, ends early, or holds NaN or infinity.
    """
    header = read_header(path) if header is None else header
    try:
        with path.open("rb", buffering=0) as file:
            for name, leaf in header.items():
                yield name, _read_leaf(path, file, name, leaf)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def read_weights(path: Path) -> dict[str, Array]:
    """All arrays of the file at once, as flat `{"a/b/c": array}`. Raises ModelFileError."""
    return dict(stream_weights(path))


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
                _write_msgpack_array(file, packer, np.asarray(value))

    with _replacing(path) as file:
        write_map(file, _nest(path, weights))


def write_safetensors(path: Path, weights: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """Write flat `{"a/b/c": array}` as one `.safetensors` file, names sorted, under the same names."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name in sorted(weights):
        array = weights[name]
        header[name] = {
            "dtype": _SAFETENSORS_NAMES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with _replacing(path) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(weights):
            file.write(np.ascontiguousarray(weights[name]).tobytes())


# --- reading ---------------------------------------------------------------------------------------------------------


def _read_leaf(path: Path, file: Any, name: str, leaf: Leaf) -> Array:
    if leaf.scale is None:
        array = _read_stored(path, file, name, leaf, leaf.dtype)
    else:
        scale = _read_leaf(path, file, name + SCALE_SUFFIX, leaf.scale)
        array = restored(path, name, _read_stored(path, file, name, leaf, np.dtype(np.int8)), scale)
    _refuse_non_finite(path, name, array)
    return array


def _read_stored(path: Path, file: Any, name: str, leaf: Leaf, dtype: np.dtype[Any]) -> Array:
    array = np.empty(leaf.shape, dtype)
    target = _bytes_of(array)
    filled = 0
    for offset, length in leaf.pieces:
        file.seek(offset)
        end = filled + length
        while filled < end:
            count = file.readinto(target[filled:end])
            if not count:
                raise ModelFileError(f"{path}: ends in the middle of {name}; copy or fetch the file again.")
            filled += count
    return array


def _bytes_of(array: Array) -> memoryview:
    """The memory of a C-order array, without a copy."""
    flat: Any = array.reshape(-1).view(np.uint8)
    return memoryview(flat)


def _refuse_non_finite(path: Path, name: str, array: Array) -> None:
    if array.size == 0 or array.dtype.kind == "i":
        return
    with np.errstate(invalid="ignore"):
        # The smallest and the largest together show NaN and both infinities, without an array of flags.
        finite = math.isfinite(float(array.min())) and math.isfinite(float(array.max()))
    if not finite:
        raise ModelFileError(f"{path}: {name} holds NaN or infinity; the file is damaged or its training diverged.")


def _checked_leaf(
    path: Path, name: str, shape: Any, dtype_name: Any, pieces: tuple[tuple[int, int], ...], end_of_file: int
) -> Leaf:
    dtype = _DTYPES.get(dtype_name) if isinstance(dtype_name, str) else None
    if dtype is None:
        raise ModelFileError(
            f"{path}: {name} has the type {dtype_name!r}; this reads {', '.join(_DTYPES)}. Convert the file first."
        )
    axes_are_right = isinstance(shape, list | tuple) and len(shape) <= _MOST_AXES
    if not axes_are_right or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in shape):
        raise ModelFileError(f"{path}: {name} declares the shape {str(shape)[:80]}, which no array has.")
    leaf = Leaf(tuple(shape), dtype, pieces)
    held = sum(length for _, length in pieces)
    if leaf.size_in_bytes != held:
        raise ModelFileError(
            f"{path}: {name} declares {leaf.shape} of {dtype.name}, {leaf.size_in_bytes} bytes, but holds {held}."
        )
    if any(offset + length > end_of_file for offset, length in pieces):
        raise ModelFileError(f"{path}: ends in the middle of {name}; copy or fetch the file again.")
    return leaf


def _read_safetensors_header(path: Path, file: BinaryIO, size: int) -> dict[str, Leaf]:
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
    if length > min(size - 8, _LONGEST_JSON_HEADER):
        raise ModelFileError(f"{path}: is no whole safetensors file (its header is declared as {length} bytes).")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: is no safetensors file (its header is not JSON).") from error
    if not isinstance(header, dict) or len(header) > _MOST_LEAVES:
        raise ModelFileError(f"{path}: is no safetensors file (its header is no map of arrays).")
    leaves = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        entry = entry if isinstance(entry, dict) else {}
        offsets: Any = entry.get("data_offsets")
        right = isinstance(offsets, list) and len(offsets) == 2 and all(isinstance(n, int) for n in offsets)
        if not right or not 0 <= offsets[0] <= offsets[1] or len(name) > _LONGEST_NAME:
            raise ModelFileError(f"{path}: the header's entry {name[:80]!r} is no array.")
        pieces = ((8 + length + offsets[0], offsets[1] - offsets[0]),)
        dtype_name = entry.get("dtype")
        dtype_name = _SAFETENSORS_DTYPES.get(dtype_name, dtype_name) if isinstance(dtype_name, str) else None
        leaves[name] = _checked_leaf(path, name, entry.get("shape"), dtype_name, pieces, size)
    return leaves


class _MsgpackHeader:
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
        if depth > _DEEPEST or len(prefix) > _LONGEST_NAME:
            raise ModelFileError(f"{self._path}: is nested deeper than any model, at {prefix[:80]!r}.")
        marker = self._take(1)[0]
        entries = self._map_length(marker)
        if entries is None:
            self._leaves[prefix or "(root)"] = self._read_array(prefix or "(root)", marker)
        else:
            self._read_entries(prefix, entries, depth)
        if len(self._leaves) > _MOST_LEAVES:
            raise ModelFileError(f"{self._path}: holds more than {_MOST_LEAVES} arrays.")

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
            if part not in ("shape", "chunks") or count is None or count > _MOST_LEAVES:
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
        return _checked_leaf(self._path, name, shape, dtype_names.pop(), pieces, self._size)

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
        return _checked_leaf(self._path, name, shape, dtype_name, ((offset, length),), self._size)

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
        if marker & 0xF0 == 0x90 and marker & 0x0F <= _MOST_AXES:
            return marker & 0x0F
        raise ModelFileError(f"{self._path}: {name} has no shape that an array can have.")

    def _read_text(self, where: str) -> str:
        marker = self._take(1)[0]
        if marker & 0xE0 == 0xA0:
            length = marker & 0x1F
        elif marker in (0xD9, 0xDA):
            length = self._unsigned(1 << (marker - 0xD9))
        else:
            length = _LONGEST_NAME + 1
        if length > _LONGEST_NAME:
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


# --- writing ---------------------------------------------------------------------------------------------------------


def _write_msgpack_array(file: BinaryIO, packer: Any, array: Array) -> None:
    shape = array.shape  # ascontiguousarray gives a number without axes one
    array = np.ascontiguousarray(array)
    if array.nbytes <= _CHUNK_BYTES:
        _write_msgpack_chunk(file, packer, shape, array)
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
        _write_msgpack_chunk(file, packer, chunk.shape, chunk)


def _write_msgpack_chunk(file: BinaryIO, packer: Any, shape: tuple[int, ...], array: Array) -> None:
    """One extension of type 1, written in parts so that the numbers are not copied into a packed whole."""
    before = packer.pack_array_header(3) + packer.pack(list(shape)) + packer.pack(array.dtype.name)
    before += b"\xc6" + struct.pack(">I", array.nbytes)
    file.write(b"\xc9" + struct.pack(">I", len(before) + array.nbytes) + bytes([_NDARRAY_EXTENSION]) + before)
    file.write(_bytes_of(array))


def _nest(path: Path, weights: Mapping[str, Array]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in sorted(weights):
        *groups, last = name.split("/")
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        if weights[name].dtype.name not in _DTYPES:
            raise ModelFileError(f"{path}: {name} has the type {weights[name].dtype.name}, which is not stored.")
        node[last] = weights[name]
    return tree


class _replacing:  # noqa: N801 - reads as a verb where it is used
    """Write beside the target, then move over it, so that no half-written weights are ever met."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")

    def __enter__(self) -> BinaryIO:
        self._file = self._part.open("wb")
        return self._file

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)
