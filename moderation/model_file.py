"""Model files are read only if they are the very files that this code was tried with."""

from __future__ import annotations

import ctypes
import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.errors import ModerationError

if TYPE_CHECKING:
    import onnxruntime

ONNX_THREADS = 2
"""A moderator shares its machine with the drawing; onnxruntime would take every core."""

ONLY_ERRORS = 3
"""onnxruntime's log level."""


def checked_bytes(path: Path, sha256: str) -> bytes:
    """The bytes of `path`, if their SHA-256 is `sha256`. What was checked is what is used: the file is read once.

    Raises:
        ModerationError: missing, unreadable or another file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModerationError(f"{path}: the model file cannot be read ({error.strerror}). Install it again.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModerationError(
            f"{path}: the model file is damaged or not the one expected "
            f"(SHA-256 {found[:16]}..., expected {sha256[:16]}...). Install it again."
        )
    return data


def onnx_session(path: Path, sha256: str, addition: bytes = b"") -> onnxruntime.InferenceSession:
    """A checked ONNX model on few threads of the CPU; `addition` is appended to its bytes."""
    import onnxruntime

    data = checked_bytes(path, sha256) + addition
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = ONNX_THREADS
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it keeps 90 MB of what one picture needed
    options.log_severity_level = ONLY_ERRORS
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    give_back_memory()
    return session


def give_back_memory() -> None:
    """Return what loading has freed to the system: glibc keeps 80 MB of it for later, other allocators do not."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
