"""A tiny CLIP on doodle's own scenes: reads captions and pictures into one space, to rerank and to judge offline.

The network is the engine's own (:mod:`generation.clip.modeling`). Captions use doodle's tokenizer; ``<s>`` and ``</s>``
become two ids above the vocabulary, because CLIP finds a text's end by its highest id.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import nnx

from generation.clip.config import ClipConfig
from generation.clip.modeling import Clip
from generation.clip.params import published_weights
from generation.clip.scoring import MEAN, STANDARD_DEVIATION
from generation.files.weights import SAFETENSORS_NAME, write_safetensors
from generation.training.chained import Progress, Schedule, run
from generation.training.optimisers import rate_at
from generation.training.render import render, render_uint8
from generation.training.scenes import SCENE_SIZE
from generation.vqgan.modeling import Vqgan

_EPSILON = 1e-5
BART_START, BART_PAD, BART_END = 0, 1, 2
MOST_LOGIT_SCALE = float(np.log(100.0))


@dataclass(frozen=True)
class ClipShape:
    """Sizes of both towers; the widths are small because the file has to be."""

    vocabulary: int = 4096
    text_length: int = 48
    text_width: int = 128
    text_layers: int = 2
    picture_width: int = 128
    picture_layers: int = 4
    heads: int = 4
    ratio: int = 2
    patch: int = 16
    picture_size: int = 128
    projection: int = 64

    @property
    def start_id(self) -> int:
        """Id of ``<|startoftext|>``."""
        return self.vocabulary

    @property
    def end_id(self) -> int:
        """Id of ``<|endoftext|>``, the highest."""
        return self.vocabulary + 1

    def config(self) -> ClipConfig:
        """The configuration of the engine's network."""
        return ClipConfig.from_dict(self.to_config())

    def to_config(self) -> dict[str, Any]:
        """``config.json`` as transformers' CLIPModel writes it."""
        common = {
            "num_attention_heads": self.heads, "hidden_act": "quick_gelu", "layer_norm_eps": _EPSILON,
            "attention_dropout": 0.0,
            "projection_dim": self.projection,
        }  # fmt: skip
        text = {
            **common, "model_type": "clip_text_model", "vocab_size": self.vocabulary + 2,
            "hidden_size": self.text_width,
            "intermediate_size": self.ratio * self.text_width, "num_hidden_layers": self.text_layers,
            "max_position_embeddings": self.text_length, "bos_token_id": self.start_id, "eos_token_id": self.end_id,
            "pad_token_id": self.end_id,
        }  # fmt: skip
        vision = {
            **common, "model_type": "clip_vision_model", "hidden_size": self.picture_width, "num_channels": 3,
            "intermediate_size": self.ratio * self.picture_width, "num_hidden_layers": self.picture_layers,
            "image_size": self.picture_size, "patch_size": self.patch,
        }  # fmt: skip
        return {
            "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": self.projection,
            "logit_scale_init_value": 2.6592, "text_config": text, "vision_config": vision,
        }  # fmt: skip


@dataclass(frozen=True)
class ClipSchedule(Schedule):
    """How to train, and on what: ``pictures`` scenes at most, ``decoded`` of them as the VQGAN gives them back, since
    drawn ones are to be judged. Those are ``decoded_share`` of each batch.
    """

    batch: int = 1024
    pictures: int = 800_000
    decoded: int = 200_000
    decoded_share: float = 0.25
    minutes: float = 1.2
    steps_a_call: int = 10

    @classmethod
    def on_two_cores(cls, seed: int) -> ClipSchedule:
        """Fewer pictures (3 GB) and smaller batches: enough for a second judge."""
        return cls(batch=256, pictures=60_000, decoded=3_000, minutes=75.0, warm_up=100, steps_a_call=5, seed=seed)


def clip_ids(ids: jax.Array, shape: ClipShape) -> jax.Array:
    """Doodle's token ids -> CLIP's: start and end above the vocabulary, the end repeated as padding."""
    ids = jnp.where(ids == BART_START, shape.start_id, ids)
    return jnp.where((ids == BART_END) | (ids == BART_PAD), shape.end_id, ids)


def embed_texts(clip: Clip, ids: jax.Array) -> jax.Array:
    """ids (B, T) of :func:`clip_ids` -> unit vectors (B, projection)."""
    return clip.text(ids, jnp.ones_like(ids))


def embed_pictures(clip: Clip, pixels: jax.Array) -> jax.Array:
    """pixels (B, Y, X, 3) in [0, 1] at the model's size -> unit vectors (B, projection)."""
    return clip.vision((pixels - MEAN) / STANDARD_DEVIATION)


def contrastive_losses(
    texts: jax.Array, pictures: jax.Array, logit_scale: jax.Array, weight: jax.Array | None = None
) -> jax.Array:
    """Each caption among all pictures, and each picture among all captions: the mean cross entropy of both, (B,).

    texts and pictures (B, E) are unit vectors. Rows whose `weight` (B,) is 0 are no choice for the others.
    """
    scores = jnp.exp(jnp.minimum(logit_scale, MOST_LOGIT_SCALE)) * texts @ pictures.T
    own = jnp.diagonal(scores)
    if weight is not None:
        there = (weight[:, None] * weight[None, :] > 0) | jnp.eye(len(weight), dtype=bool)
        scores = jnp.where(there, scores, -jnp.inf)
    losses: jax.Array = (jax.nn.logsumexp(scores, 0) + jax.nn.logsumexp(scores, 1)) / 2 - own
    return losses


def train_clip(
    pictures: jax.Array, ids: jax.Array, shape: ClipShape, schedule: ClipSchedule,
    report: Callable[[Progress], None] = lambda progress: None, dtype: Any = jnp.float32,
) -> Clip:  # fmt: skip
    """Train from nothing on :func:`training_pictures` and doodle's `ids` (N, T) of their captions.

    Raises:
        TrainingError: the loss is not a number.
    """
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(0.9, 0.98),
        optax.add_decayed_weights(0.05, mask=lambda tree: jax.tree.map(lambda x: x.ndim > 1, tree)),
    )
    graph, parameters = nnx.split(Clip(shape.config(), rngs=nnx.Rngs(schedule.seed), dtype=dtype))
    state = {"parameters": parameters, "optimiser": optimiser.init(parameters), **schedule.counters()}
    through_vqgan = jnp.arange(schedule.batch) < round(schedule.batch * schedule.decoded_share)

    def loss_of(parameters: Any, ids: jax.Array, pixels: jax.Array) -> jax.Array:
        clip = nnx.merge(graph, parameters)
        texts, pictures = embed_texts(clip, clip_ids(ids, shape)), embed_pictures(clip, pixels)
        return contrastive_losses(texts, pictures, clip.logit_scale[...]).mean()

    def step(state: dict[str, Any], data: tuple[jax.Array, jax.Array]) -> tuple[dict[str, Any], jax.Array]:
        pictures, ids = data
        key = jax.random.fold_in(jax.random.key(schedule.seed), state["step"])
        most = jnp.where(through_vqgan, min(schedule.decoded, len(pictures)), len(pictures))
        rows = jax.random.randint(key, (schedule.batch,), 0, most)
        loss, gradients = jax.value_and_grad(loss_of)(
            state["parameters"], ids[rows].astype(jnp.int32), pictures[rows].astype(jnp.float32) / 255
        )
        updates, kept = optimiser.update(gradients, state["optimiser"], state["parameters"])
        rate = rate_at(state["step"], state["total"], peak=schedule.peak_rate, warm_up=schedule.warm_up)
        new = jax.tree.map(lambda p, u: p - rate * u, state["parameters"], updates)
        return {**state, "parameters": new, "optimiser": kept, "step": state["step"] + 1}, loss

    state = run(state, schedule.several(step), (pictures, ids), schedule, ("loss",), report=report)
    trained: Clip = nnx.merge(graph, state["parameters"])
    return trained


def training_pictures(
    vqgan: Vqgan, layouts: np.ndarray, sprites: jax.Array, schedule: ClipSchedule, batch: int
) -> jax.Array:
    """layouts (N, LAYOUT_SIZE) -> (N, Y, X, 3) uint8, the first `schedule.decoded` as the VQGAN gives them back.

    They are made once: in each step, the VQGAN and the composing would take more time on a CPU than both towers do.
    """

    @jax.jit
    def decoded(layouts: jax.Array, sprites: jax.Array) -> jax.Array:
        pixels = vqgan.decode_codes(vqgan.nearest_codes(vqgan.encode(render(layouts, sprites))))
        return jnp.round(jnp.clip(pixels, 0, 1) * 255).astype(jnp.uint8)

    pictures = np.empty((len(layouts), SCENE_SIZE, SCENE_SIZE, 3), np.uint8)
    for start in range(0, len(layouts), batch):
        part = layouts[start : start + batch]
        drawn = decoded(jnp.asarray(part), sprites) if start < schedule.decoded else render_uint8(part, sprites)
        pictures[start : start + batch] = drawn
    return jnp.asarray(pictures)


def top_k_retrieval(texts: jax.Array, pictures: jax.Array, k: int) -> float:
    """Share of pictures whose own caption (the same row) is among the k best of all the captions."""
    scores = np.asarray(pictures @ texts.T)
    own = np.diagonal(scores)[:, None]
    return float(((scores > own).sum(1) < k).mean())


def save_clip(folder: Path, clip: Clip, shape: ClipShape) -> None:
    """Write `config.json` and `model.safetensors` (float16) in the published names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(shape.to_config(), indent=1) + "\n", "utf-8")
    write_safetensors(folder / SAFETENSORS_NAME, published_weights(clip, dtype=np.float16))
