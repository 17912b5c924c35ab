"""Build the kernels for this very processor with the machine's C compiler, once, and load them."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import jax

_SOURCES = tuple(Path(__file__).parent / name for name in ("parallel.c", "products.c", "attention.c"))
_HEADER = Path(__file__).parent / "parallel.h"
_OPTIONS = ("-std=gnu11", "-O2", "-march=native", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math")
_BUILD_SECONDS = 60  # a compiler that takes longer is not waited for


@dataclass(frozen=True)
class Kernels:
    """The kernels, known to XLA. `panel` is how many outputs lie side by side in a packed weight matrix."""

    panel: int


_loading = threading.Lock()
_loaded: Kernels | None = None  # XLA knows one library by these names, so a process has one


def load_kernels(folder: Path) -> Kernels | None:
    """The kernels from `folder`, built there first if need be; none without a compiler that can build them.

    The name of the built file says what it was built from: sources, compiler, processor and JAX's interface. Only a
    file that nobody else can write is loaded.
    """
    global _loaded
    with _loading:
        _loaded = _loaded or _from_folder(folder)
        return _loaded


def _from_folder(folder: Path) -> Kernels | None:
    compiler = _compiler()
    if compiler is None:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        built = folder / f"kernels-{_fingerprint(compiler)}.so"
        if not built.exists():
            _build(compiler, built)
        return _register(built) if _is_ours_alone(folder) and _is_ours_alone(built) else None
    except (OSError, subprocess.SubprocessError):
        return None


def _compiler() -> list[str] | None:
    """What `CC` names, or the system's; none on Windows, whose compilers know neither the options nor the vectors."""
    if os.name != "posix":
        return None
    try:
        command = shlex.split(os.environ.get("CC", "cc"))
    except ValueError:  # a quotation without an end
        return None
    return command if command and shutil.which(command[0]) else None


def _fingerprint(compiler: list[str]) -> str:
    """The compiler's own macros tell its version and, with -march=native, what the processor can do."""
    macros = _run([*compiler, "-march=native", "-dM", "-E", "-x", "c", os.devnull])
    interface = Path(jax.ffi.include_dir()) / "xla" / "ffi" / "api" / "c_api.h"
    digest = hashlib.sha256(" ".join([*compiler, *_OPTIONS]).encode() + macros)
    for source in (*_SOURCES, _HEADER, interface):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:20]


def _build(compiler: list[str], built: Path) -> None:
    with tempfile.TemporaryDirectory(dir=built.parent) as work:
        part = Path(work) / built.name
        include = f"-I{jax.ffi.include_dir()}"
        _run([*compiler, *_OPTIONS, "-fPIC", "-shared", include, "-o", str(part), *map(str, _SOURCES)])
        part.chmod(0o700)  # linkers go by the umask, and one that lets a group write would have the file refused
        part.replace(built)


def _run(command: list[str]) -> bytes:
    # The command is the compiler that the user named or installed.
    done = subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_BUILD_SECONDS
    )
    return done.stdout


def _is_ours_alone(path: Path) -> bool:
    status = path.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _register(built: Path) -> Kernels:
    library = ctypes.CDLL(str(built))
    for name in ("easel_product", "easel_picture_attention", "easel_text_attention"):
        handler = jax.ffi.pycapsule(getattr(library, name))  # type: ignore[no-untyped-call]
        jax.ffi.register_ffi_target(name, handler, platform="cpu")
    return Kernels(panel=library.easel_panel())
