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
import time
from dataclasses import dataclass
from pathlib import Path

import jax

_NAMES = ("parallel.c", "products.c", "attention.c", "caches.c", "norms.c")
_SOURCES = tuple(Path(__file__).parent / name for name in _NAMES)
_HANDLERS = (
    "easel_product",
    "easel_picture_attention",
    "easel_text_attention",
    "easel_empty_caches",
    "easel_layer_norm",
    "easel_rms_norm",
)
_HEADER = Path(__file__).parent / "parallel.h"
_OPTIONS = ("-std=gnu11", "-O3", "-march=native", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math")
_BUILD_SECONDS = 60  # a compiler that takes longer is not waited for
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Kernels:
    """The kernels, known to XLA. `panel` is how many outputs lie side by side in a packed weight matrix."""

    panel: int


@dataclass(frozen=True)
class NoKernels:
    """XLA's own products serve, and why. `failed` if a compiler was there and could not do it."""

    why: str
    failed: bool = False


_loading = threading.Lock()
_loaded: Kernels | None = None  # XLA knows one library by these names, so a process has one
_missed: dict[tuple[Path, str], NoKernels] = {}  # by folder and compiler: what failed is not tried at each model


def load_kernels(folder: Path) -> Kernels | None:
    """The kernels as `find_kernels` has them, or none."""
    found = find_kernels(folder)
    return found if isinstance(found, Kernels) else None


def find_kernels(folder: Path) -> Kernels | NoKernels:
    """The kernels from `folder`, built there first if need be; or why there are none.

    The name of the built file says what it was built from: sources, compiler, processor and JAX's interface. Only a
    file that nobody else can write is loaded. What a compiler refused lies beside it, and is tried again after a day.
    """
    global _loaded
    if jax.default_backend() != "cpu":
        return NoKernels(f"JAX computes on {jax.default_backend()}")
    if len(jax.local_devices()) > 1:
        return NoKernels(f"pictures are spread over {len(jax.local_devices())} devices")
    place = (folder, os.environ.get("CC", "cc"))
    with _loading:
        if _loaded is None and place not in _missed:
            found = _from_folder(folder, place[1])
            if isinstance(found, NoKernels):
                _missed[place] = found
            else:
                _loaded = found
        return _loaded or _missed[place]


def _from_folder(folder: Path, command: str) -> Kernels | NoKernels:
    try:
        compiler = shlex.split(command)
    except ValueError:  # a quotation without an end
        compiler = []
    # Windows' compilers know neither the options nor the vectors.
    if os.name != "posix" or not compiler or shutil.which(compiler[0]) is None:
        return NoKernels(f"there is no C compiler `{command}`, with which drawing would be two to three times as fast")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        built = folder / f"kernels-{_fingerprint(compiler)}.so"
        if not built.exists():
            if refused := _refused_lately(built):
                return NoKernels(refused, failed=True)
            _build(compiler, built)
        if not (_is_ours_alone(folder) and _is_ours_alone(built)):
            return NoKernels(f"others can write to {built}", failed=True)
        return _register(built)
    except subprocess.CalledProcessError as error:
        return NoKernels(_last_words(compiler, error), failed=True)
    except (OSError, subprocess.SubprocessError) as error:
        return NoKernels(f"{folder}: {error}", failed=True)


def _last_words(compiler: list[str], error: subprocess.CalledProcessError) -> str:
    lines = [line for line in error.stderr.decode(errors="replace").splitlines() if "error" in line]
    return f"`{shlex.join(compiler)}` ended with {error.returncode}{': ' if lines else ''}{''.join(lines[:1])[:200]}"


def _refused_lately(built: Path) -> str:
    """What the same compiler said of the same sources within a day: a header may be installed meanwhile."""
    note = built.with_suffix(".failed")
    try:
        return note.read_text() if time.time() - note.stat().st_mtime < _DAY_SECONDS else ""
    except OSError:
        return ""


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
        try:
            _run([*compiler, *_OPTIONS, "-fPIC", "-shared", include, "-o", str(part), *map(str, _SOURCES)])
        except subprocess.CalledProcessError as error:
            if error.returncode > 0:  # it was not killed
                built.with_suffix(".failed").write_text(_last_words(compiler, error))
            raise
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
    for name in _HANDLERS:
        handler = jax.ffi.pycapsule(getattr(library, name))  # type: ignore[no-untyped-call]
        jax.ffi.register_ffi_target(name, handler, platform="cpu")
    return Kernels(panel=library.easel_panel())
