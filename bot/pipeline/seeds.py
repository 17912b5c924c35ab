"""The seeds of a post's candidates: one after the other, from a first one on."""

from __future__ import annotations

import hashlib
import secrets

SEED_LIMIT = 2**32
"""Seeds are the 32-bit keys of JAX's default generator."""


def first_seeds(seed: int | None, count: int) -> list[int]:
    """`count` seeds from `seed` on, or from a random one."""
    first = secrets.randbelow(SEED_LIMIT) if seed is None else seed
    return [(first + index) % SEED_LIMIT for index in range(count)]


def seeds_of(key: str, count: int) -> list[int]:
    """`count` seeds that look random and are the same for the same request."""
    return first_seeds(int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big"), count)
