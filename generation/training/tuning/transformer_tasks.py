"""Training encoder and decoder on captions and codes, and CLIP on captions and pictures."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import jax
import jax.numpy as jnp
import optax  # type: ignore[import-untyped]

from generation.clip.modeling import Clip
from generation.dalle.modeling import DalleBart, shift_right
from generation.training.contrastive import contrastive_losses, embed_pictures
from generation.training.errors import TrainingError
from generation.training.teacher_forcing import Arithmetic, can_walk, code_losses
from generation.training.tuning import lora
from generation.training.tuning.descent import Batch, Figures, State, averaged, begin, descend
from generation.training.tuning.layers import Network, Parameters, chosen, of_clip, of_transformer
from generation.training.tuning.plan import Course, Parts


class LossTask:
    """A network whose chosen parameters, or adapters beside them, follow the gradient of one loss."""

    unit = "loss"

    def __init__(self, network: Network, names: set[str], course: Course, seed: int) -> None:
        self._network, self._course = network, course
        if course.lora_rank:
            self._trained = lora.begin(network.parameters, names, course.lora_rank, seed)
            if not self._trained:
                raise TrainingError("The chosen layers have no matrices for LoRA; choose more, or leave lora_rank out.")
            self.frozen = dict(network.parameters)
        else:
            self._trained = {name: network.parameters[name] for name in sorted(names)}
            self.frozen = {name: value for name, value in network.parameters.items() if name not in names}

    @abstractmethod
    def losses(self, model: Any, batch: Batch) -> jax.Array:
        """The figure of each row (B,)."""

    def begin(self) -> State:
        """The state before the first step."""
        return begin(self._course, self._trained)

    def step(self, state: State, frozen: Parameters, batch: Batch, total: jax.Array) -> tuple[State, Figures]:
        """One step along the mean loss."""

        def of_piece(piece: Batch) -> Any:
            return jax.value_and_grad(lambda trained: self.losses(self._model(trained, frozen), piece).mean())(
                state["trained"]
            )

        loss, gradients = averaged(of_piece, batch, self._course.accumulate)
        figures = {"loss": loss, "gradient": optax.tree.norm(gradients)}
        return descend(self._course, state, gradients, total), figures

    def evaluate(self, trained: Parameters, frozen: Parameters, batch: Batch) -> tuple[jax.Array, jax.Array]:
        """Sum of weighted losses, sum of weights."""
        losses = self.losses(self._model(trained, frozen), batch)
        return jnp.where(batch["weight"] > 0, losses, 0).sum(), batch["weight"].sum()

    def whole(self, trained: Parameters) -> Parameters:
        """All parameters, adapters added in."""
        return lora.merged(self.frozen, trained, self._course.lora_scale)

    def _model(self, trained: Parameters, frozen: Parameters) -> Any:
        return self._network.build(lora.merged(frozen, trained, self._course.lora_scale))


class Seq2seqTask(LossTask):
    """Encoder and decoder on batches of ids (B, T), lengths (B,) and codes (B, L)."""

    unit = "nats a code"

    def __init__(self, model: DalleBart, parts: Parts, course: Course, seed: int) -> None:
        network = Network.of(model)
        names = set[str]()
        for part in ("encoder", "decoder"):
            layers = of_transformer(model.config, part)
            names |= chosen(network.parameters, part, layers, getattr(parts, part))
        self._how = arithmetic(course.precision)
        super().__init__(network, names, course, seed)

    def losses(self, model: DalleBart, batch: Batch) -> jax.Array:
        """Mean nats a code of each row."""
        mask = jnp.arange(batch["ids"].shape[1])[None] < batch["lengths"][:, None]
        return row_nats(model, batch["ids"], mask, batch["codes"], self._how)


class ClipTask(LossTask):
    """Both towers on batches of ids and mask (B, T) and pixels (B, Y, X, 3) in 0..255 at the model's size."""

    unit = "nats a choice"

    def __init__(self, clip: Clip, parts: Parts, course: Course, seed: int) -> None:
        network = Network.of(clip)
        super().__init__(network, chosen(network.parameters, "clip", of_clip(clip.config), parts.clip), course, seed)

    def losses(self, model: Clip, batch: Batch) -> jax.Array:
        """How badly each row's caption and picture find each other among the batch."""
        texts = model.text(batch["ids"], batch["mask"])
        pictures = embed_pictures(model, batch["pixels"].astype(jnp.float32) / 255)
        return contrastive_losses(texts, pictures, model.logit_scale[...], batch.get("weight"))


def arithmetic(precision: str) -> Arithmetic:
    """How the seq2seq is computed: on a GPU, bfloat16 brings the fused kernels with it."""
    if precision == "float32":
        return Arithmetic()
    return Arithmetic.for_backend("gpu") if jax.default_backend() == "gpu" else Arithmetic(jnp.bfloat16)


def row_nats(model: DalleBart, ids: jax.Array, mask: jax.Array, codes: jax.Array, how: Arithmetic) -> jax.Array:
    """Mean nats a code of each row (B,): the fast walk where it knows the shape, else the network as it draws."""
    if can_walk(model.config):
        return code_losses(model, ids, mask, codes, how).mean(-1)
    scores = jax.nn.log_softmax(model(ids, mask, shift_right(codes, model.config.decoder_start_token_id)))
    return -jnp.take_along_axis(scores, codes[..., None], axis=-1)[..., 0].mean(-1)
