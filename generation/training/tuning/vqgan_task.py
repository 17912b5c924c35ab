"""Training the VQGAN: reconstruction, perceptual, codebook and adversarial losses, and codes that nobody uses revived.

The nearest code has no gradient; the decoder's passes straight through it to the encoder (arXiv 1711.00937). The
critic's pull is a share of the reconstruction's (see :mod:`generation.training.pixels`).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]
from flax import nnx

from generation.clip.modeling import Clip
from generation.clip.scoring import MEAN, STANDARD_DEVIATION
from generation.training.optimisers import rate_at
from generation.training.pixels import PatchCritic, critic_loss, reconstruction_loss, shared_pull
from generation.training.tuning.descent import Batch, Figures, State, averaged, begin, descend
from generation.training.tuning.layers import Network, Parameters, chosen, of_vqgan
from generation.training.tuning.plan import Parts, VqganCourse
from generation.vqgan.modeling import Vqgan

CODEBOOK = "codebook"


class VqganTask:
    """The VQGAN on batches of pixels (B, Y, X, 3) in 0..255. `clip` is what the perceptual loss looks with."""

    unit = "squared error"

    def __init__(self, vqgan: Vqgan, clip: Clip | None, parts: Parts, course: VqganCourse, seed: int) -> None:
        self._network, self._course, self._seed = Network.of(vqgan), course, seed
        names = chosen(self._network.parameters, "vqgan", of_vqgan(vqgan.config), parts.vqgan)
        self._trained = {name: self._network.parameters[name] for name in sorted(names)}
        self._seen_by = Network.of(clip) if clip is not None and course.perceptual else None
        self._clip_size = clip.config.image_size if clip is not None else 0
        seen = {f"clip:{name}": x for name, x in self._seen_by.parameters.items()} if self._seen_by else {}
        self.frozen = {name: x for name, x in self._network.parameters.items() if name not in names} | seen
        self._critic = Network.of(PatchCritic(rngs=nnx.Rngs(seed)))
        self._critic_optimiser = optax.scale_by_adam(0.5, 0.98)

    def begin(self) -> State:
        """The common state, the critic if it is switched on, and how many batches each code has lain idle."""
        state = begin(self._course, self._trained)
        if self._course.adversarial:
            state |= {
                "critic": jax.tree.map(jnp.array, self._critic.parameters),
                "critic_optimiser": self._critic_optimiser.init(self._critic.parameters),
            }
        if self._revives:
            state["idle"] = jnp.zeros(len(self._trained[CODEBOOK]), jnp.int32)
        return state

    def step(self, state: State, frozen: Parameters, batch: Batch, total: jax.Array) -> tuple[State, Figures]:
        """One step of the network, and one of its critic."""

        def of_piece(piece: Batch) -> Any:
            return self._pulls(state, frozen, piece["pixels"].astype(jnp.float32) / 255)

        gradients, critic_gradients, figures, used = averaged(of_piece, batch, self._course.accumulate)
        figures["gradient"] = optax.tree.norm(gradients)
        new = descend(self._course, state, gradients, total)
        if self._course.adversarial:
            updates, kept = self._critic_optimiser.update(critic_gradients, state["critic_optimiser"])
            rate = rate_at(state["step"], total, peak=self._course.critic_rate, warm_up=1)
            new["critic"] = jax.tree.map(lambda p, u: p - rate * u, state["critic"], updates)
            new["critic_optimiser"] = kept
        if self._revives:
            new = self._revived(new, frozen, batch, used)
        return new, figures

    def evaluate(self, trained: Parameters, frozen: Parameters, batch: Batch) -> tuple[jax.Array, jax.Array]:
        """Squared error of the pixels, clipped as a picture is."""
        real = batch["pixels"].astype(jnp.float32) / 255
        drawn, _ = self._network.build(frozen | trained)(real)
        errors = jnp.square(jnp.clip(drawn, 0, 1) - real).mean((1, 2, 3))
        return (errors * batch["weight"]).sum(), batch["weight"].sum()

    def whole(self, trained: Parameters) -> Parameters:
        """All parameters of the VQGAN."""
        return {name: trained.get(name, value) for name, value in self._network.parameters.items()}

    @property
    def _revives(self) -> bool:
        return CODEBOOK in self._trained and self._course.revive_after > 0

    def _pulls(self, state: State, frozen: Parameters, real: jax.Array) -> Any:
        """Gradients of network and critic, figures, and how often each code was used, for one piece of a batch."""
        course = self._course

        def forward(trained: Parameters) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, Figures]]:
            vqgan: Vqgan = self._network.build(frozen | trained)
            vectors = vqgan.encode(real)
            codes = vqgan.nearest_codes(vectors)
            nearest = vqgan.look_up(codes)
            to_codes = jnp.square(jax.lax.stop_gradient(vectors) - nearest).mean()
            to_vectors = jnp.square(vectors - jax.lax.stop_gradient(nearest)).mean()
            drawn = vqgan.decode(vectors + jax.lax.stop_gradient(nearest - vectors))
            return (drawn, course.codebook * to_codes + course.commitment * to_vectors), (codes, {"codebook": to_codes})

        (drawn, beside), pull, (codes, figures) = jax.vjp(forward, state["trained"], has_aux=True)
        seen, pulled = jax.value_and_grad(lambda drawn: self._seen_loss(frozen, drawn, real))(drawn)
        critic_gradients: Parameters = {}
        if course.adversarial:
            critic_figure, critic_gradients = jax.value_and_grad(
                lambda critic: critic_loss(self._critic.build(critic), jax.lax.stop_gradient(drawn), real)
            )(state["critic"])
            critic = self._critic.build(state["critic"])
            to_verdict = jax.grad(lambda drawn: -critic(drawn)[-1].mean())(drawn)
            trusted = jnp.clip(state["step"] / max(course.critic_alone, 1) - 1, 0, 1)
            pulled = shared_pull(pulled, [(trusted * course.adversarial, to_verdict)])
            figures = {**figures, "critic": critic_figure}
        (gradients,) = pull((pulled, jnp.ones_like(beside)))
        count = self._network.parameters[CODEBOOK].shape[0]
        used = jnp.zeros(count).at[codes.reshape(-1)].add(1.0)
        return gradients, critic_gradients, {**figures, "loss": seen + beside}, used

    def _seen_loss(self, frozen: Parameters, drawn: jax.Array, real: jax.Array) -> jax.Array:
        """What can be seen in the pixels: reconstruction, and the distance between what CLIP makes of both."""
        loss = self._course.reconstruction * reconstruction_loss(drawn, real)
        if self._seen_by is None:
            return loss
        clip = self._seen_by.build({name: frozen[f"clip:{name}"] for name in self._seen_by.parameters})
        here, there = (self._looked_at(clip, pixels) for pixels in (drawn, real))
        return loss + self._course.perceptual * jnp.square(here - jax.lax.stop_gradient(there)).mean()

    def _looked_at(self, clip: Clip, pixels: jax.Array) -> jax.Array:
        """Each patch's vector, of the root mean square one."""
        size = (pixels.shape[0], self._clip_size, self._clip_size, 3)
        sized = pixels if pixels.shape == size else jax.image.resize(pixels, size, "linear")
        vectors = clip.vision.tokens((sized - MEAN) / STANDARD_DEVIATION)[:, 1:]
        return vectors * jax.lax.rsqrt(jnp.square(vectors).mean(-1, keepdims=True) + 1e-6)

    def _revived(self, state: State, frozen: Parameters, batch: Batch, used: jax.Array) -> State:
        """Put codes that lay idle too long onto vectors that pictures of this batch have."""
        idle = jnp.where(used > 0, 0, state["idle"] + 1)
        dead = idle > self._course.revive_after

        def revive(parameters: Parameters) -> Parameters:
            codebook = parameters[CODEBOOK]
            vqgan: Vqgan = self._network.build(frozen | state["trained"])
            vectors = vqgan.encode(batch["pixels"].astype(jnp.float32) / 255).reshape(-1, codebook.shape[1])
            key = jax.random.fold_in(jax.random.key(self._seed), state["step"])
            rows = jax.random.randint(key, (len(codebook),), 0, len(vectors))
            fresh = vectors[rows].astype(codebook.dtype)
            return {**parameters, CODEBOOK: jnp.where(dead[:, None], fresh, codebook)}

        some = dead.any()
        trained, average = (
            jax.lax.cond(some, revive, lambda parameters: parameters, state[name]) for name in ("trained", "average")
        )
        return {**state, "trained": trained, "average": average, "idle": jnp.where(dead, 0, idle)}
