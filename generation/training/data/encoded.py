"""Pictures as a VQGAN's codes, encoded once and kept by the hash of that VQGAN and of the pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from generation.files.allowed import sha256_of
from generation.files.weights import weights_file
from generation.training.data.pictures import Pixels
from generation.vqgan.params import load_vqgan

Codes = np.ndarray[Any, np.dtype[np.int32]]

BATCH = 32


def vqgan_hash(folder: Path) -> str:
    """SHA-256 over a VQGAN's configuration and weights: equal hashes give equal codes."""
    parts = (folder / "config.json", weights_file(folder))
    return hashlib.sha256("".join(sha256_of(part) for part in parts).encode()).hexdigest()


def encoded(vqgan_folder: Path, pixels: Pixels, digest: str, cache: Path, say: Callable[[str], None]) -> Codes:
    """Codes (N, L) of pixels (N, S, S, 3), whose digest is known; from `cache` if they were encoded before."""
    path = cache / f"codes-{vqgan_hash(vqgan_folder)[:16]}-{digest[:16]}.npy"
    try:
        kept: Codes = np.load(path, allow_pickle=False)
        if len(kept) == len(pixels):
            return kept
    except (OSError, ValueError, EOFError):  # not there yet, or damaged: it is only a cache
        pass
    say(f"encoding {len(pixels)} pictures")
    codes = _encode(vqgan_folder, pixels)
    cache.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, codes)
    part.replace(path)
    return codes


def _encode(vqgan_folder: Path, pixels: Pixels) -> Codes:
    graph, state = nnx.split(load_vqgan(vqgan_folder))

    @jax.jit
    def encode(state: Any, pixels: jax.Array) -> jax.Array:
        vqgan = nnx.merge(graph, state)
        return vqgan.nearest_codes(vqgan.encode(pixels.astype(jnp.float32) / 255))

    size = min(BATCH, len(pixels))
    parts = []
    for start in range(0, len(pixels), size):
        batch = pixels[start : start + size]
        padded = np.concatenate([batch, np.repeat(batch[:1], size - len(batch), axis=0)])
        parts.append(np.asarray(encode(state, padded), np.int32)[: len(batch)])
    return np.concatenate(parts)
