"""Sharper pixels from the same codes: the VQGAN's decoder trained against a patch discriminator.

Encoder and codebook stay as they are, so that codes keep their meaning and the seq2seq need not follow. Three
gradients meet at the decoder's output: reconstruction (absolute and squared error, and the same for neighbouring
differences), the discriminator's features of the real picture (Wang and others, arXiv 1711.11585), and its verdict
(hinge, as in VQGAN, arXiv 2012.09841). The last two are scaled to fixed shares of the first one's norm, so no weight
has to be searched for when the discriminator grows stronger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import nnx

from generation.training.chained import Progress, Schedule, State, moving_average, run
from generation.training.checkpoints import load_state
from generation.training.likeness import decibels
from generation.training.optimisers import rate_at
from generation.training.render import render
from generation.vqgan.modeling import Vqgan


@dataclass(frozen=True)
class PixelSchedule(Schedule):
    """How to train the decoder and its critic; the shares are of the reconstruction's gradient."""

    batch: int = 128
    peak_rate: float = 3e-4
    critic_rate: float = 3e-4
    warm_up: int = 100
    critic_alone: int = 120
    minutes: float = 5.0
    average: float = 0.998
    features_share: float = 0.5
    verdict_share: float = 0.35
    steps_a_call: int = 10


class PatchCritic(nnx.Module):
    """Pixels (B, Y, X, 3) -> features of four depths, the last of them one verdict for every patch of 34 pixels."""

    def __init__(self, *, rngs: nnx.Rngs, dtype: Any = jnp.float32) -> None:
        widths = [3, 64, 128, 256]
        self.layers = nnx.List(
            [nnx.Conv(a, b, (4, 4), strides=2, padding="SAME", dtype=dtype, rngs=rngs) for a, b in pairwise(widths)]
        )
        self.norms = nnx.List([nnx.GroupNorm(width, num_groups=16, dtype=dtype, rngs=rngs) for width in widths[2:]])
        self.verdict = nnx.Conv(widths[-1], 1, (3, 3), padding="SAME", dtype=dtype, rngs=rngs)

    def __call__(self, pixels: jax.Array) -> list[jax.Array]:
        """All features; pixels are taken in [0, 1]."""
        x, features = pixels * 2 - 1, []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index:
                x = self.norms[index - 1](x)
            x = jax.nn.leaky_relu(x, 0.2)
            features.append(x)
        return [*features, self.verdict(x)]


def reconstruction_loss(drawn: jax.Array, real: jax.Array) -> jax.Array:
    """Mean absolute and squared error of pixels, and of neighbouring differences, which weighs edges."""
    error = drawn - real
    edges = jnp.abs(jnp.diff(error, axis=1)).mean() + jnp.abs(jnp.diff(error, axis=2)).mean()
    return jnp.abs(error).mean() + 2 * jnp.square(error).mean() + 0.75 * edges


def critic_loss(critic: PatchCritic, drawn: jax.Array, real: jax.Array) -> jax.Array:
    """Hinge loss of the discriminator."""
    fake, true = critic(drawn)[-1], critic(real)[-1]
    return jax.nn.relu(1 - true).mean() + jax.nn.relu(1 + fake).mean()


def shared_pull(pulled: jax.Array, directions: Sequence[tuple[float | jax.Array, jax.Array]]) -> jax.Array:
    """A gradient joined by others, each scaled to a share of its norm: no weight has to be searched for."""
    size = jnp.linalg.norm(pulled)
    return pulled + sum(
        (share * size * direction / (jnp.linalg.norm(direction) + 1e-12) for share, direction in directions),
        jnp.zeros_like(pulled),
    )


def pulled_by(
    critic: PatchCritic,
    drawn: jax.Array,
    real: jax.Array,
    features_share: float | jax.Array,
    verdict_share: float | jax.Array,
) -> jax.Array:
    """The gradient at the decoder's output: the reconstruction's, joined by shares of the critic's two."""
    real_features = critic(real)

    def seen(pixels: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = critic(pixels)
        pairs = zip(found[:-1], real_features[:-1], strict=True)
        apart = [jnp.abs(f.astype(jnp.float32) - r.astype(jnp.float32)).mean() for f, r in pairs]
        return jnp.stack(apart).sum(), -found[-1].astype(jnp.float32).mean()

    _, pull = jax.vjp(seen, drawn)
    (to_features,), (to_verdict,) = (pull((jnp.float32(a), jnp.float32(b))) for a, b in ((1, 0), (0, 1)))
    shares = [(features_share, to_features), (verdict_share, to_verdict)]
    return shared_pull(jax.grad(reconstruction_loss)(drawn, real), shares)


class PixelTask:
    """The decoder and its critic: where both begin, one step of both, and how good the averaged decoder is."""

    def __init__(self, vqgan: Vqgan, schedule: PixelSchedule, dtype: Any) -> None:
        self._schedule = schedule
        self._graph, self._tuned, *self._rest = nnx.split(vqgan, nnx.All(nnx.Param, _is_decoder), ...)
        self._critic_graph, self._critic = nnx.split(PatchCritic(rngs=nnx.Rngs(schedule.seed), dtype=dtype), nnx.Param)
        self._optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(0.9, 0.98))
        self._critic_optimiser = optax.scale_by_adam(0.5, 0.98)

    def begin(self) -> State:
        """The state before the first step."""
        return {
            "tuned": jax.tree.map(jnp.array, self._tuned),
            "average": jax.tree.map(jnp.array, self._tuned),
            "critic": self._critic,
            "optimiser": self._optimiser.init(self._tuned),
            "critic_optimiser": self._critic_optimiser.init(self._critic),
            **self._schedule.counters(),
        }

    def network(self, parameters: Any) -> Vqgan:
        """The VQGAN with such a decoder."""
        network: Vqgan = nnx.merge(self._graph, parameters, *self._rest)
        return network

    def step(self, state: State, data: tuple[jax.Array, ...]) -> tuple[State, jax.Array]:
        """One step on (layouts, codes, sprites): the new state, and (decibels, the critic's loss)."""
        layouts, codes, sprites = data
        schedule = self._schedule
        key = jax.random.fold_in(jax.random.key(schedule.seed + 1), state["step"])
        rows = jax.random.randint(key, (schedule.batch,), 0, layouts.shape[0])
        real = render(layouts[rows], sprites)
        drawn, pull = jax.vjp(lambda p: self._draw(p, codes[rows]), state["tuned"])
        loss, critic_gradients = jax.value_and_grad(
            lambda p: critic_loss(nnx.merge(self._critic_graph, p), jax.lax.stop_gradient(drawn), real)
        )(state["critic"])
        critic = nnx.merge(self._critic_graph, state["critic"])
        trusted = jnp.clip((state["step"] - schedule.critic_alone) / max(schedule.critic_alone, 1), 0, 1)
        shares = (trusted * schedule.features_share, trusted * schedule.verdict_share)
        (gradients,) = pull(pulled_by(critic, drawn, real, *shares))
        return self._followed(state, gradients, critic_gradients), jnp.stack([decibels(drawn, real).mean(), loss])

    def decibels(self, parameters: Any, layouts: jax.Array, codes: jax.Array, sprites: jax.Array) -> jax.Array:
        """The mean over scenes, with such a decoder."""
        return decibels(self._draw(parameters, codes), render(layouts, sprites)).mean()

    def _draw(self, parameters: Any, codes: jax.Array) -> jax.Array:
        return self.network(parameters).decode_codes(codes.astype(jnp.int32)).astype(jnp.float32)

    def _followed(self, state: State, gradients: Any, critic_gradients: Any) -> State:
        """The state a step further along the gradients."""
        schedule, step, total = self._schedule, state["step"], state["total"]
        updates, kept = self._optimiser.update(gradients, state["optimiser"])
        critic_updates, critic_kept = self._critic_optimiser.update(critic_gradients, state["critic_optimiser"])
        rate = rate_at(step, total, peak=schedule.peak_rate, warm_up=schedule.warm_up)
        critic_rate = rate_at(step, total, peak=schedule.critic_rate, warm_up=1)
        tuned = jax.tree.map(lambda p, u: p - rate * u, state["tuned"], updates)
        return {
            "tuned": tuned,
            "average": moving_average(state["average"], tuned, step, schedule.average),
            "critic": jax.tree.map(lambda p, u: p - critic_rate * u, state["critic"], critic_updates),
            "optimiser": kept,
            "critic_optimiser": critic_kept,
            "step": step + 1,
            "total": total,
        }


def train_pixels(
    vqgan: Vqgan,
    layouts: jax.Array,
    codes: jax.Array,
    sprites: jax.Array,
    held_out: tuple[jax.Array, jax.Array],
    schedule: PixelSchedule,
    checkpoint: Path | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    dtype: Any = jnp.float32,
) -> Vqgan:
    """Train the decoder on scenes (layouts (N, S) and their codes (N, L)), and return the averaged network.

    Raises:
        TrainingError: a loss is not a number; the last good checkpoint stays.
    """  # fmt: skip
    task = PixelTask(vqgan, schedule, dtype)
    state = task.begin()
    if checkpoint is not None and checkpoint.exists():
        state = load_state(checkpoint, state)
    evaluate = jax.jit(task.decibels)

    def mean_decibels(state: State) -> float:
        size = min(128, len(held_out[0]))
        starts = range(0, len(held_out[0]) - size + 1, size)
        parts = [evaluate(state["average"], *(part[s : s + size] for part in held_out), sprites) for s in starts]
        return float(np.mean(parts))

    data, figures = (layouts, codes, sprites), ("decibels", "critic_loss")
    state = run(state, schedule.several(task.step), data, schedule, figures, mean_decibels, checkpoint, report)
    return task.network(state["average"])


def _is_decoder(path: tuple[Any, ...], value: Any) -> bool:
    return path[0] in ("decoder", "after_codes")
