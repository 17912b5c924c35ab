"""Muon for the matrices inside the layers, AdamW for the rest: one optax transformation without a learning rate.

Muon (Keller Jordan and others, 2024) replaces a matrix's momentum by its nearest semi-orthogonal matrix, found by five
Newton-Schulz steps; scaled to AdamW's usual root mean square (Moonlight, arXiv 2502.16982) both share one rate.
Matrices of one shape are stacked, so that a step costs a handful of batched products and not a thousand small ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
ADAMW_LIKE_RMS = 0.2
"""AdamW's updates have about this root mean square (Moonlight, section 2.2)."""


class MuonState(NamedTuple):
    """Momentum of every matrix."""

    momentum: Any


def orthogonalise(matrices: jax.Array) -> jax.Array:
    """(N, rows, columns) -> matrices of the same row and column spaces whose singular values are near one."""
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.swapaxes(1, 2) if tall else matrices
    x = x / (jnp.linalg.norm(x, axis=(1, 2), keepdims=True) + 1e-7)
    x = x.astype(jnp.bfloat16)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.swapaxes(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    x = x.astype(jnp.float32)
    found: jax.Array = x.swapaxes(1, 2) if tall else x
    return found


def scale_by_muon(momentum: float = 0.95) -> optax.GradientTransformation:
    """Nesterov momentum, orthogonalised, at AdamW's root mean square. Every leaf must be a matrix."""

    def init(parameters: Any) -> MuonState:
        return MuonState(jax.tree.map(jnp.zeros_like, parameters))

    def update(gradients: Any, state: MuonState, parameters: Any = None) -> tuple[Any, MuonState]:
        kept = jax.tree.map(lambda m, g: momentum * m + g, state.momentum, gradients)
        ahead = jax.tree.map(lambda m, g: momentum * m + g, kept, gradients)
        leaves, structure = jax.tree.flatten(ahead)
        updates: list[jax.Array | None] = [None] * len(leaves)
        for shape in dict.fromkeys(leaf.shape for leaf in leaves):
            members = [index for index, leaf in enumerate(leaves) if leaf.shape == shape]
            together = orthogonalise(jnp.stack([leaves[index] for index in members]))
            for index, matrix in zip(members, together, strict=True):
                updates[index] = matrix * (ADAMW_LIKE_RMS * max(shape) ** 0.5)
        return jax.tree.unflatten(structure, updates), MuonState(kept)

    return optax.GradientTransformation(init, update)


def muon_and_adamw(
    is_matrix: Callable[[tuple[Any, ...], jax.Array], bool], *, decay: float = 0.02, clip: float = 1.0
) -> optax.GradientTransformation:
    """Directions of descent for one shared learning rate: ``parameters += -rate * updates``."""

    def labels(parameters: Any) -> Any:
        return jax.tree_util.tree_map_with_path(lambda p, x: "muon" if is_matrix(p, x) else "adamw", parameters)

    return optax.chain(
        optax.clip_by_global_norm(clip),
        optax.partition({"muon": scale_by_muon(), "adamw": optax.scale_by_adam(b1=0.9, b2=0.98)}, labels),
        optax.add_decayed_weights(decay, mask=lambda tree: jax.tree.map(lambda x: x.ndim > 1, tree)),
    )


def rate_at(
    step: jax.Array,
    total: jax.Array,
    *,
    peak: float,
    warm_up: int,
    decay: Literal["linear", "cosine", "constant"] = "linear",
) -> jax.Array:
    """Linear warm-up, then a straight line or half a cosine to zero at ``total`` steps, or no descent."""
    step, total = step.astype(jnp.float32), total.astype(jnp.float32)
    left = jnp.clip((total - step) / jnp.maximum(total - warm_up, 1), 0, 1)
    height = {"linear": left, "cosine": (1 - jnp.cos(jnp.pi * left)) / 2, "constant": jnp.ones_like(left)}[decay]
    return peak * jnp.minimum((step + 1) / warm_up, height)
