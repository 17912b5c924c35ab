"""What is compiled once on a machine and kept: JAX's programs, and our kernels."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import jax

from generation.kernels import KERNELS_FOLDER, Kernels, load_kernels


def keep_compiled_programs(folder: Path) -> None:
    """Point JAX's compilation cache there; it is one for the whole process."""
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)  # type: ignore[no-untyped-call]


def kernels_meanwhile(folder: Path) -> Future[Kernels | None]:
    """Load the kernels in a thread: the first time, a compiler works on them for some seconds."""
    pool = ThreadPoolExecutor(1)
    loading = pool.submit(load_kernels, folder / KERNELS_FOLDER)
    pool.shutdown(wait=False)
    return loading
