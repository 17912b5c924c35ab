"""`model.safetensors`: its header read without its numbers, and written.

Source: the safetensors format description.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from generation.errors import ModelFileError
from generation.files.leaf import LONGEST_NAME, MOST_LEAVES, Array, Leaf, bytes_of, checked_leaf
from generation.files.staging import staged_file

_DTYPES = {
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I8": "int8",
    "I32": "int32",
    "I64": "int64",
}
_NAMES = {ours: theirs for theirs, ours in _DTYPES.items()}

_LONGEST_JSON_HEADER = 32 << 20


def read_safetensors_header(path: Path, file: BinaryIO, size: int) -> dict[str, Leaf]:
    """Every array of an open file of `size` bytes, without reading numbers. Raises ModelFileError."""
    start = file.read(8)
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
    if length > min(size - 8, _LONGEST_JSON_HEADER):
        raise ModelFileError(f"{path}: is no whole safetensors file (its header is declared as {length} bytes).")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: is no safetensors file (its header is not JSON).") from error
    if not isinstance(header, dict) or len(header) > MOST_LEAVES:
        raise ModelFileError(f"{path}: is no safetensors file (its header is no map of arrays).")
    leaves = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        entry = entry if isinstance(entry, dict) else {}
        offsets: Any = entry.get("data_offsets")
        right = isinstance(offsets, list) and len(offsets) == 2 and all(isinstance(n, int) for n in offsets)
        if not right or not 0 <= offsets[0] <= offsets[1] or len(name) > LONGEST_NAME:
            raise ModelFileError(f"{path}: the header's entry {name[:80]!r} is no array.")
        pieces = ((8 + length + offsets[0], offsets[1] - offsets[0]),)
        dtype_name = entry.get("dtype")
        dtype_name = _DTYPES.get(dtype_name, dtype_name) if isinstance(dtype_name, str) else None
        leaves[name] = checked_leaf(path, name, entry.get("shape"), dtype_name, pieces, size)
    return leaves


def write_safetensors(path: Path, weights: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """Write flat `{"a/b/c": array}` as one `.safetensors` file, names sorted, under the same names."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name in sorted(weights):
        array = weights[name]
        if array.dtype.name not in _NAMES:
            raise ModelFileError(f"{path}: {name} has the type {array.dtype.name}, which is not stored.")
        header[name] = {
            "dtype": _NAMES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with staged_file(path) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(weights):
            file.write(bytes_of(np.ascontiguousarray(weights[name])))
