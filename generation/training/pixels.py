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

from generation.training.chained import Progress, Schedule, moving_average, run
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
    graph, tuned, *rest = nnx.split(vqgan, nnx.All(nnx.Param, _is_decoder), ...)
    critic_graph, critic_parameters = nnx.split(PatchCritic(rngs=nnx.Rngs(schedule.seed), dtype=dtype), nnx.Param)
    optimiser, critic_optimiser = (
        optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(0.9, 0.98)),
        optax.scale_by_adam(0.5, 0.98),
    )
    state = {
        "tuned": jax.tree.map(jnp.array, tuned), "average": jax.tree.map(jnp.array, tuned), "critic": critic_parameters,
        "optimiser": optimiser.init(tuned), "critic_optimiser": critic_optimiser.init(critic_parameters),
        **schedule.counters(),
    }  # fmt: skip
    if checkpoint is not None and checkpoint.exists():
        state = load_state(checkpoint, state)

    def draw(parameters: Any, batch_codes: jax.Array) -> jax.Array:
        network: Vqgan = nnx.merge(graph, parameters, *rest)
        return network.decode_codes(batch_codes).astype(jnp.float32)

    def step(state: dict[str, Any], data: tuple[jax.Array, ...]) -> tuple[dict[str, Any], jax.Array]:
        layouts, codes, sprites = data
        key = jax.random.fold_in(jax.random.key(schedule.seed + 1), state["step"])
        rows = jax.random.randint(key, (schedule.batch,), 0, layouts.shape[0])
        real = render(layouts[rows], sprites)
        drawn, pull = jax.vjp(lambda p: draw(p, codes[rows].astype(jnp.int32)), state["tuned"])

        loss, critic_gradients = jax.value_and_grad(
            lambda p: critic_loss(nnx.merge(critic_graph, p), jax.lax.stop_gradient(drawn), real)
        )(state["critic"])
        critic_updates, critic_kept = critic_optimiser.update(critic_gradients, state["critic_optimiser"])

        critic = nnx.merge(critic_graph, state["critic"])
        real_features = critic(real)

        def two(x: jax.Array) -> tuple[jax.Array, jax.Array]:
            found = critic(x)
            pairs = zip(found[:-1], real_features[:-1], strict=True)
            likeness = jnp.stack(
                [jnp.abs(f.astype(jnp.float32) - r.astype(jnp.float32)).mean() for f, r in pairs]
            ).sum()
            return likeness, -found[-1].astype(jnp.float32).mean()

        _, pull_two = jax.vjp(two, drawn)
        pulled = jax.grad(reconstruction_loss)(drawn, real)
        trusted = jnp.clip((state["step"] - schedule.critic_alone) / max(schedule.critic_alone, 1), 0, 1)
        (to_features,), (to_verdict,) = (pull_two((jnp.float32(a), jnp.float32(b))) for a, b in ((1, 0), (0, 1)))
        shares = [(trusted * schedule.features_share, to_features), (trusted * schedule.verdict_share, to_verdict)]
        (gradients,) = pull(shared_pull(pulled, shares))

        updates, kept = optimiser.update(gradients, state["optimiser"])
        rate = rate_at(state["step"], state["total"], peak=schedule.peak_rate, warm_up=schedule.warm_up)
        critic_rate = rate_at(state["step"], state["total"], peak=schedule.critic_rate, warm_up=1)
        tuned = jax.tree.map(lambda p, u: p - rate * u, state["tuned"], updates)
        new = {
            "tuned": tuned,
            "average": moving_average(state["average"], tuned, state["step"], schedule.average),
            "critic": jax.tree.map(lambda p, u: p - critic_rate * u, state["critic"], critic_updates),
            "optimiser": kept, "critic_optimiser": critic_kept, "step": state["step"] + 1, "total": state["total"],
        }  # fmt: skip
        return new, jnp.stack([decibels(drawn, real).mean(), loss])

    evaluate = jax.jit(
        lambda p, layout, code, sprites: decibels(draw(p, code.astype(jnp.int32)), render(layout, sprites)).mean()
    )

    def mean_decibels(state: dict[str, Any]) -> float:
        size = min(128, len(held_out[0]))
        starts = range(0, len(held_out[0]) - size + 1, size)
        parts = [evaluate(state["average"], *(part[s : s + size] for part in held_out), sprites) for s in starts]
        return float(np.mean(parts))

    state = run(
        state,
        schedule.several(step),
        (layouts, codes, sprites),
        schedule,
        ("decibels", "critic_loss"),
        mean_decibels,
        checkpoint,
        report,
    )
    trained: Vqgan = nnx.merge(graph, state["average"], *rest)
    return trained


def _is_decoder(path: tuple[Any, ...], value: Any) -> bool:
    return path[0] in ("decoder", "after_codes")
