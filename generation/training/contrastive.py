"""A tiny CLIP on doodle's own scenes: reads captions and pictures into one space, to rerank and to judge offline.

The network is CLIP's (arXiv 2103.00020) in the layout of the published Flax checkpoints, over a flat dictionary of
published names. Captions use doodle's tokenizer; ``<s>`` and ``</s>`` become two ids above the vocabulary, because CLIP
finds a text's end by its highest id.

Axes: B rows, P patches and one class token, T text positions, D width, H heads, K width of a head.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from generation.training.errors import TrainingError
from generation.training.optimisers import rate_at
from generation.training.render import render
from generation.vqgan.modeling import Vqgan

Weights = dict[str, jax.Array]

MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of OpenAI's CLIP, which every reader of CLIP checkpoints takes as the default."""
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
class ClipSchedule:
    """How to train; ``decoded_share`` of the pictures go through the VQGAN first, since drawn ones are to be judged."""

    batch: int = 1024
    decoded_share: float = 0.25
    peak_rate: float = 1.5e-3
    warm_up: int = 200
    steps: int = 0
    minutes: float = 1.2
    steps_a_call: int = 10
    seed: int = 0


def initial_weights(shape: ClipShape, seed: int) -> Weights:
    """Random weights, ~N(0, 0.02^2) for embeddings and 1/sqrt(fan in) for kernels."""
    random = np.random.default_rng(seed)

    def normal(*size: int, deviation: float) -> np.ndarray:
        return (random.standard_normal(size) * deviation).astype(np.float32)

    weights: dict[str, np.ndarray] = {"logit_scale": np.array(2.6592, np.float32)}
    places = (shape.picture_size // shape.patch) ** 2 + 1
    text, picture = shape.text_width, shape.picture_width
    weights["text_model/embeddings/token_embedding/embedding"] = normal(shape.vocabulary + 2, text, deviation=0.02)
    weights["text_model/embeddings/position_embedding/embedding"] = normal(shape.text_length, text, deviation=0.01)
    weights["vision_model/embeddings/class_embedding"] = normal(picture, deviation=0.02)
    patch = (shape.patch, shape.patch, 3, picture)
    weights["vision_model/embeddings/patch_embedding/kernel"] = normal(*patch, deviation=(3 * shape.patch**2) ** -0.5)
    weights["vision_model/embeddings/position_embedding/embedding"] = normal(places, picture, deviation=0.02)
    norms = [
        ("text_model/final_layer_norm", text),
        ("vision_model/pre_layrnorm", picture),
        ("vision_model/post_layernorm", picture),
    ]
    for tower, width, layers in (
        ("text_model", text, shape.text_layers),
        ("vision_model", picture, shape.picture_layers),
    ):
        for index in range(layers):
            layer = f"{tower}/encoder/layers/{index}"
            norms += [(f"{layer}/layer_norm1", width), (f"{layer}/layer_norm2", width)]
            inner = shape.ratio * width
            sizes = {f"self_attn/{part}_proj": (width, width) for part in "qkv"}
            sizes |= {"self_attn/out_proj": (width, width), "mlp/fc1": (width, inner), "mlp/fc2": (inner, width)}
            for name, (rows, columns) in sizes.items():
                weights[f"{layer}/{name}/kernel"] = normal(rows, columns, deviation=rows**-0.5)
                weights[f"{layer}/{name}/bias"] = np.zeros(columns, np.float32)
    for name, width in norms:
        weights[f"{name}/scale"], weights[f"{name}/bias"] = np.ones(width, np.float32), np.zeros(width, np.float32)
    weights["text_projection/kernel"] = normal(text, shape.projection, deviation=text**-0.5)
    weights["visual_projection/kernel"] = normal(picture, shape.projection, deviation=picture**-0.5)
    return {name: jnp.asarray(value) for name, value in weights.items()}


def clip_ids(ids: jax.Array, shape: ClipShape) -> jax.Array:
    """Doodle's token ids -> CLIP's: start and end above the vocabulary, the end repeated as padding."""
    ids = jnp.where(ids == BART_START, shape.start_id, ids)
    return jnp.where((ids == BART_END) | (ids == BART_PAD), shape.end_id, ids)


def embed_texts(weights: Weights, ids: jax.Array, shape: ClipShape, dtype: Any = jnp.float32) -> jax.Array:
    """ids (B, T) of :func:`clip_ids` -> unit vectors (B, projection) float32."""
    x = weights["text_model/embeddings/token_embedding/embedding"][ids]
    x = (x + weights["text_model/embeddings/position_embedding/embedding"][: ids.shape[1]]).astype(dtype)
    for index in range(shape.text_layers):
        x = _layer(weights, f"text_model/encoder/layers/{index}", x, shape.heads, causal=True)
    x = _norm(weights, "text_model/final_layer_norm", x)
    pooled = jnp.take_along_axis(x, ids.argmax(-1)[:, None, None], axis=1)[:, 0]
    return _unit(pooled @ weights["text_projection/kernel"].astype(dtype))


def embed_pictures(weights: Weights, pixels: jax.Array, shape: ClipShape, dtype: Any = jnp.float32) -> jax.Array:
    """pixels (B, Y, X, 3) in [0, 1] at the model's size -> unit vectors (B, projection) float32."""
    x = ((pixels - jnp.array(MEAN)) / jnp.array(DEVIATION)).astype(dtype)
    side = shape.picture_size // shape.patch
    x = (
        x.reshape(-1, side, shape.patch, side, shape.patch, 3)
        .swapaxes(2, 3)
        .reshape(-1, side * side, shape.patch**2 * 3)
    )
    x = x @ weights["vision_model/embeddings/patch_embedding/kernel"].astype(dtype).reshape(-1, shape.picture_width)
    first = jnp.broadcast_to(weights["vision_model/embeddings/class_embedding"].astype(dtype), (len(x), 1, x.shape[-1]))
    x = jnp.concatenate([first, x], 1) + weights["vision_model/embeddings/position_embedding/embedding"].astype(dtype)
    x = _norm(weights, "vision_model/pre_layrnorm", x)
    for index in range(shape.picture_layers):
        x = _layer(weights, f"vision_model/encoder/layers/{index}", x, shape.heads, causal=False)
    x = _norm(weights, "vision_model/post_layernorm", x[:, 0])
    return _unit(x @ weights["visual_projection/kernel"].astype(dtype))


def contrastive_loss(weights: Weights, ids: jax.Array, pixels: jax.Array, shape: ClipShape, dtype: Any) -> jax.Array:
    """Each caption among all pictures, and each picture among all captions: mean cross entropy of both."""
    texts, pictures = embed_texts(weights, ids, shape, dtype), embed_pictures(weights, pixels, shape, dtype)
    scores = jnp.exp(jnp.minimum(weights["logit_scale"], MOST_LOGIT_SCALE)) * texts @ pictures.T
    diagonal = jnp.diagonal(scores)
    each: jax.Array = jax.nn.logsumexp(scores, 0) + jax.nn.logsumexp(scores, 1) - 2 * diagonal
    return each.mean() / 2


def train_clip(
    vqgan: Vqgan, layouts: jax.Array, codes: jax.Array, ids: jax.Array, sprites: jax.Array,
    shape: ClipShape, schedule: ClipSchedule,
    report: Callable[[dict[str, float]], None] = lambda row: None, dtype: Any = jnp.float32,
) -> Weights:  # fmt: skip
    """Train from nothing on scenes; `ids` are doodle's. Raises TrainingError if the loss is not a number."""
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(0.9, 0.98),
        optax.add_decayed_weights(0.05, mask=lambda tree: jax.tree.map(lambda x: x.ndim > 1, tree)),
    )
    weights = initial_weights(shape, schedule.seed)
    state = {
        "weights": weights,
        "optimiser": optimiser.init(weights),
        "step": jnp.int32(0),
        "total": jnp.int32(schedule.steps or 1 << 30),
        "seed": jnp.uint32(schedule.seed),
    }
    decoded = round(schedule.batch * schedule.decoded_share)

    def step(state: dict[str, Any], data: tuple[jax.Array, ...]) -> tuple[dict[str, Any], jax.Array]:
        layouts, codes, ids, sprites = data
        key = jax.random.fold_in(jax.random.key(state["seed"]), state["step"])
        rows = jax.random.randint(key, (schedule.batch,), 0, layouts.shape[0])
        pixels = render(layouts[rows[decoded:]], sprites)
        if decoded:
            drawn = vqgan.decode_codes(codes[rows[:decoded]].astype(jnp.int32)).astype(jnp.float32)
            pixels = jnp.concatenate([jnp.clip(drawn, 0, 1), pixels])
        loss, gradients = jax.value_and_grad(contrastive_loss)(
            state["weights"], clip_ids(ids[rows].astype(jnp.int32), shape), pixels, shape, dtype
        )
        updates, kept = optimiser.update(gradients, state["optimiser"], state["weights"])
        rate = rate_at(state["step"], state["total"], peak=schedule.peak_rate, warm_up=schedule.warm_up)
        new = jax.tree.map(lambda p, u: p - rate * u, state["weights"], updates)
        return {**state, "weights": new, "optimiser": kept, "step": state["step"] + 1}, loss

    advance = jax.jit(
        lambda state, data: jax.lax.scan(lambda s, _: step(s, data), state, None, length=schedule.steps_a_call),
        donate_argnums=0,
    )
    began = timed_from = time.monotonic()
    calls = 0
    while int(state["step"]) < int(state["total"]):
        state, losses = advance(state, (layouts, codes, ids, sprites))
        calls += 1
        loss = float(losses.mean())
        if not np.isfinite(loss):
            raise TrainingError(f"the loss is {loss} at step {int(state['step'])}; lower the rate")
        now = time.monotonic()
        if calls == 2:
            timed_from = now
        if calls == 6 and not schedule.steps:
            left = schedule.minutes * 60 - (now - began)
            more = max(1, int(left / ((now - timed_from) / 4)))
            state = {**state, "total": jnp.int32(int(state["step"]) + more * schedule.steps_a_call)}
        report({"step": int(state["step"]), "steps": int(state["total"]), "loss": loss, "seconds": now - began})
    trained: Weights = state["weights"]
    return trained


def top_k_retrieval(texts: jax.Array, pictures: jax.Array, k: int) -> float:
    """Share of pictures whose own caption (the same row) is among the k best of all the captions."""
    scores = np.asarray(pictures @ texts.T)
    own = np.diagonal(scores)[:, None]
    return float(((scores > own).sum(1) < k).mean())


def save_clip(folder: Path, weights: Weights, shape: ClipShape) -> None:
    """Write `config.json` and `model.safetensors` (float16) in the published names."""
    import json

    from generation.models.weights import SAFETENSORS_NAME, write_safetensors

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(shape.to_config(), indent=1) + "\n", "utf-8")
    stored = {name: np.asarray(value, np.float16) for name, value in weights.items()}
    write_safetensors(folder / SAFETENSORS_NAME, stored)


def _layer(weights: Weights, name: str, x: jax.Array, heads: int, *, causal: bool) -> jax.Array:
    y = _norm(weights, f"{name}/layer_norm1", x)
    queries, keys, values = (
        _dense(weights, f"{name}/self_attn/{part}_proj", y).reshape(*y.shape[:2], heads, -1) for part in "qkv"
    )
    mixed = jax.nn.dot_product_attention(queries, keys, values, is_causal=causal)
    x = x + _dense(weights, f"{name}/self_attn/out_proj", mixed.reshape(x.shape))
    y = _dense(weights, f"{name}/mlp/fc1", _norm(weights, f"{name}/layer_norm2", x))
    return x + _dense(weights, f"{name}/mlp/fc2", y * jax.nn.sigmoid(1.702 * y))


def _dense(weights: Weights, name: str, x: jax.Array) -> jax.Array:
    return x @ weights[f"{name}/kernel"].astype(x.dtype) + weights[f"{name}/bias"].astype(x.dtype)


def _norm(weights: Weights, name: str, x: jax.Array) -> jax.Array:
    y = x.astype(jnp.float32)
    y = y - y.mean(-1, keepdims=True)
    y = y * jax.lax.rsqrt(jnp.square(y).mean(-1, keepdims=True) + _EPSILON)
    return (y * weights[f"{name}/scale"] + weights[f"{name}/bias"]).astype(x.dtype)


def _unit(x: jax.Array) -> jax.Array:
    x = x.astype(jnp.float32)
    return jnp.divide(x, jnp.linalg.norm(x, axis=-1, keepdims=True))
