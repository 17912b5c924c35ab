"""Draws scenes: sprites resized by matrix products and laid over a ground, the same on a CPU and on a GPU.

Axes: B scenes, S sprites a scene, Y and X the scene's rows and columns, I and J the sprite's.
Resizing is separable: a sprite costs two small matrix products, about 80 MFLOP, at any position and size.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from generation.training.grounds import star_fields
from generation.training.scenes import MOST_SPRITES, SCENE_SIZE
from generation.training.sprites import SPRITE_SIZE

MARGIN = 8
"""Columns beyond the sprite that count when a resizing kernel is normalised; more than its widest half width."""

STAR_FIELDS = star_fields()


def render(layout: jax.Array, sprites: jax.Array) -> jax.Array:
    """layout (B, LAYOUT_SIZE) float32, sprites (count, I, J, 4) uint8 -> pixels (B, Y, X, 3) float32 in [0, 1]."""
    per_sprite = layout[:, : MOST_SPRITES * 6].reshape(-1, MOST_SPRITES, 6)
    index = per_sprite[..., 0].astype(jnp.int32)
    pixels = sprites[jnp.maximum(index, 0)].astype(jnp.float32) / 255  # (B, S, I, J, 4)
    alpha = pixels[..., 3:] * (index >= 0)[..., None, None, None]
    pixels = jnp.concatenate([pixels[..., :3] * alpha, alpha], -1)
    across = _resizing(per_sprite[..., 1], per_sprite[..., 3])  # (B, S, X, J)
    down = _resizing(per_sprite[..., 2], per_sprite[..., 4])  # (B, S, Y, I)
    drawn = jnp.einsum("bsyi,bsijc->bsyjc", down, pixels)
    drawn = jnp.einsum("bsxj,bsyjc->bsyxc", across, drawn)
    drawn = _rotate_hue(drawn, per_sprite[..., 5])
    scene = _ground(layout[:, MOST_SPRITES * 6 :])
    for slot in range(MOST_SPRITES):
        layer = drawn[:, slot]
        scene = scene * (1 - layer[..., 3:]) + layer[..., :3]
    return jnp.clip(scene, 0, 1)


def _resizing(start: jax.Array, extent: jax.Array) -> jax.Array:
    """Weights (..., SCENE_SIZE, SPRITE_SIZE) of a triangle filter, as wide as the reduction; extent < 0 mirrors."""
    size = jnp.maximum(jnp.abs(extent), 1.0)[..., None]
    places = (jnp.arange(SCENE_SIZE) + 0.5 - start[..., None]) / size
    places = jnp.where(extent[..., None] < 0, 1 - places, places) * SPRITE_SIZE - 0.5
    width = jnp.maximum(SPRITE_SIZE / size, 1.0)[..., None]
    columns = jnp.arange(-MARGIN, SPRITE_SIZE + MARGIN)
    weights = jnp.maximum(0.0, 1 - jnp.abs(columns - places[..., None]) / width)
    weights = weights / jnp.maximum(weights.sum(-1, keepdims=True), 1.0)
    return weights[..., MARGIN:-MARGIN]


def _rotate_hue(pixels: jax.Array, angle: jax.Array) -> jax.Array:
    """Turn premultiplied colours (B, S, Y, X, 4) by angle (B, S) about the grey axis, keeping their brightness."""
    colour = pixels[..., :3]
    cosine, sine = (f(angle)[..., None, None, None] for f in (jnp.cos, jnp.sin))
    mean = colour.mean(-1, keepdims=True)
    turned = colour * cosine + mean * (1 - cosine)
    cross = jnp.stack(
        [colour[..., 2] - colour[..., 1], colour[..., 0] - colour[..., 2], colour[..., 1] - colour[..., 0]], -1
    )
    turned = turned + sine * cross / jnp.sqrt(3.0)
    changed = (angle != 0)[..., None, None, None]
    turned = jnp.where(changed, jnp.clip(turned, 0, pixels[..., 3:]), colour)
    return jnp.concatenate([turned, pixels[..., 3:]], -1)


def _ground(numbers: jax.Array) -> jax.Array:
    """numbers (B, 12) of :class:`generation.training.grounds.Ground` -> pixels (B, Y, X, 3)."""
    first, second, third = (numbers[:, None, 3 * i : 3 * i + 3] for i in range(3))
    row = (jnp.arange(SCENE_SIZE) + 0.5)[None, :, None] / SCENE_SIZE
    second_from, third_from = numbers[:, None, 9:10], numbers[:, None, 10:11]
    bands = jnp.where(row < second_from, first, jnp.where(row < third_from, second, third))
    rows = jnp.where(third_from < 0, first * (1 - row) + second * row, bands)
    ground = jnp.broadcast_to(rows[:, :, None], (len(numbers), SCENE_SIZE, SCENE_SIZE, 3))
    stars = jnp.asarray(STAR_FIELDS)[numbers[:, 11].astype(jnp.int32)][..., None]
    return ground * (1 - stars) + stars


def render_uint8(layout: np.ndarray, sprites: jax.Array) -> np.ndarray:
    """Scenes as pictures: (B, Y, X, 3) uint8, rounded."""
    return np.asarray(jnp.round(_jitted(jnp.asarray(layout), sprites) * 255).astype(jnp.uint8))


_jitted = jax.jit(render)
