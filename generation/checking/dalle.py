"""What the goldens of a DALL-E Mini hold, computed by our network.

Keys, definitions and tolerances are those of tests/data/oracle/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from generation.checking.golden_file import Array, Computed, Missing
from generation.checking.networks import Networks, prompts_beside
from generation.checking.report import EXACT, Tolerance
from generation.dalle.modeling import DalleBart, mean_cross_entropy, shift_right
from generation.dalle.params import published_weights
from generation.dalle.reference import ReferenceSampling, Sequences, draw_as_reference

INPUTS = frozenset(
    {"labels", "supercond_scale", "greedy_eos_token_id", "grad_norm_names"},
)

_PAD = 1  # BART's
_USUAL_SCALE = 3.0  # of all cases of the oracle


class DalleGoldens:
    """Computes each array once, from inputs of the golden file where it has them, else from the prompts beside it."""

    def __init__(self, networks: Networks, golden: Mapping[str, Array], beside: Path) -> None:
        self._networks = networks
        self._golden = golden
        self._beside = beside

    def computed(self) -> Computed:
        """How each key is computed."""
        half = self._networks.is_stored_in_half
        states = Tolerance(5e-3 if half else 5e-5)
        scores = Tolerance(2e-2 if half else 1e-4)
        guided = Tolerance(5e-2 if half else 5e-4)
        layers, attention = Tolerance(5e-5), Tolerance(1e-5)
        gradients = {
            key: partial(self._whole_gradient, key.removeprefix("grad:"))
            for key in self._golden
            if key.startswith("grad:")
        }
        return {
            "input_ids": lambda: (self._tokenised("")[0], EXACT),
            "attention_mask": lambda: (self._tokenised("")[1], EXACT),
            "input_ids_uncond": lambda: (self._tokenised("_uncond")[0], EXACT),
            "attention_mask_uncond": lambda: (self._tokenised("_uncond")[1], EXACT),
            "decoder_input_ids": lambda: (self._shifted_labels, EXACT),
            "encoder_last_hidden_state": lambda: (self._conditional[0], states),
            "encoder_last_hidden_state_uncond": lambda: (self._unconditional[0], states),
            "logits": lambda: (self._conditional[1], scores),
            "logits_uncond": lambda: (self._unconditional[1], scores),
            "loss": lambda: (np.asarray(self._loss_and_gradients[0]), Tolerance(1e-5, relative=True)),
            "grad_norms": lambda: (self._gradient_norms(), Tolerance(1e-3, relative=True)),
            **gradients,
            "adamw_losses": lambda: (self._adamw_losses(), Tolerance(1e-3, relative=True)),
            "encoder_hidden_states": lambda: (self._encoder_layers[0], layers),
            "encoder_attention_layer0": lambda: (self._encoder_layers[1], attention),
            "decoder_hidden_states": lambda: (self._decoder_layers[0], layers),
            "cross_attention_layer0": lambda: (self._decoder_layers[1], attention),
            "logits_fp16_compute": lambda: (self._scores_in_half(), Tolerance(0.1)),
            "greedy_sequences": lambda: (self._drawn().codes, EXACT),
            "greedy_eos_sequences": lambda: (
                self._drawn(eos_token_id=int(self._need("greedy_eos_token_id"))).codes,
                EXACT,
            ),
            "supercond_argmax_sequences": lambda: (self._guided.codes, EXACT),
            "supercond_argmax_logits": lambda: (self._guided.scores, guided),
            "sample_default_sequences": lambda: (self._sampled("sample_default", condition_scale=2.0), EXACT),
            "sample_warped_sequences": lambda: (
                self._sampled("sample_warped", temperature=0.8, top_k=20, top_p=0.9),
                EXACT,
            ),
            "sequences": lambda: (self._guided.codes, EXACT),
            "codes": lambda: (self._guided.codes[:, 1:], EXACT),
        }

    def _need(self, key: str) -> Array:
        if key not in self._golden:
            raise Missing(f"{key} in the golden file")
        return self._golden[key]

    @cached_property
    def _prompts(self) -> tuple[list[str], float | None]:
        return prompts_beside(self._beside, self._networks.folder)

    def _tokenised(self, side: str) -> tuple[Array, Array]:
        """ids and mask of the prompts, or (`_uncond`) of as many empty texts."""
        texts = [""] * len(self._text("")[0]) if side else self._prompts[0]
        tokenised = self._networks.tokeniser()(texts)
        return tokenised.ids, tokenised.mask

    def _text(self, side: str) -> tuple[Array, Array]:
        """ids and mask: the golden ones, so that one wrong id does not fail all that follows."""
        ids, mask = self._golden.get(f"input_ids{side}"), self._golden.get(f"attention_mask{side}")
        if ids is None:
            return self._tokenised(side)
        return ids, (ids != _PAD).astype(np.int32) if mask is None else mask

    @cached_property
    def _shifted_labels(self) -> Array:
        labels = jnp.asarray(self._need("labels"))
        return np.asarray(shift_right(labels, self._networks.dalle.config.decoder_start_token_id))

    @cached_property
    def _decoder_ids(self) -> Array:
        given = self._golden.get("decoder_input_ids")
        return self._shifted_labels if given is None else given

    @cached_property
    def _conditional(self) -> Any:
        """States and scores for the prompts."""
        return _states_and_scores(*nnx.split(self._networks.dalle), *self._text(""), self._decoder_ids)

    @cached_property
    def _unconditional(self) -> Any:
        """States and scores for the empty texts."""
        return _states_and_scores(*nnx.split(self._networks.dalle), *self._text("_uncond"), self._decoder_ids)

    def _scores_in_half(self) -> Array:
        split = nnx.split(self._networks.dalle_in_half)
        return np.asarray(_states_and_scores(*split, *self._text(""), self._decoder_ids)[1])

    @cached_property
    def _batch(self) -> tuple[Array, ...]:
        return *self._text(""), self._decoder_ids, self._need("labels")

    @cached_property
    def _loss_and_gradients(self) -> tuple[float, dict[str, Array]]:
        graph, parameters = nnx.split(self._networks.dalle)
        loss, gradients = _differentiate(graph, parameters, *self._batch)
        return loss, published_weights(nnx.merge(graph, gradients))

    def _gradient_norms(self) -> Array:
        gradients = self._loss_and_gradients[1]
        names = [str(name) for name in self._need("grad_norm_names")]
        if unknown := [name for name in names if name not in gradients]:
            raise Missing(f"a parameter {unknown[0]}")
        return np.array([np.linalg.norm(gradients[name]) for name in names], np.float32)

    def _whole_gradient(self, name: str) -> tuple[Array, Tolerance]:
        gradients = self._loss_and_gradients[1]
        if name not in gradients:
            raise Missing(f"a parameter {name}")
        return gradients[name], Tolerance(1e-5)

    def _adamw_losses(self) -> Array:
        """Losses before each of as many steps as the golden array has."""
        import optax  # type: ignore[import-untyped]

        graph, parameters = nnx.split(self._networks.dalle)
        optimiser = optax.adamw(1e-2, b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0)
        memory = optimiser.init(parameters)
        update = jax.jit(optimiser.update)
        losses = []
        for _ in range(len(self._need("adamw_losses"))):
            loss, gradients = _differentiate(graph, parameters, *self._batch)
            updates, memory = update(gradients, memory, parameters)
            parameters = optax.apply_updates(parameters, updates)
            losses.append(float(loss))
        return np.array(losses, np.float32)

    @cached_property
    def _encoder_layers(self) -> Any:
        ids, mask = self._text("")
        return _encoder_layers(*nnx.split(self._networks.dalle), ids, mask)

    @cached_property
    def _decoder_layers(self) -> Any:
        given = self._golden.get("encoder_last_hidden_state")
        text = self._conditional[0] if given is None else given
        split = nnx.split(self._networks.dalle)
        return _decoder_layers(*split, self._decoder_ids, text, self._text("")[1])

    def _drawn(self, **sampling: Any) -> Sequences:
        texts = (*self._text(""), self._text("_uncond"))
        return draw_as_reference(self._networks.dalle, *texts, ReferenceSampling(**sampling))

    @cached_property
    def _guided(self) -> Sequences:
        given = self._golden.get("supercond_scale")
        scale = (self._prompts[1] or _USUAL_SCALE) if given is None else float(given)
        return self._drawn(condition_scale=scale, seed=0, top_k=1)

    def _sampled(self, name: str, **sampling: Any) -> Any:
        return self._drawn(seed=int(self._need(f"{name}_seed")), **sampling).codes


@partial(jax.jit, static_argnums=0)
def _states_and_scores(graph: Any, parameters: Any, ids: Any, mask: Any, decoder_ids: Any) -> Any:
    model: DalleBart = nnx.merge(graph, parameters)
    states = model.encoder(ids, mask)
    return states, model.logits(model.decoder(decoder_ids, states, mask))


@partial(jax.jit, static_argnums=0)
def _differentiate(graph: Any, parameters: Any, ids: Any, mask: Any, decoder_ids: Any, labels: Any) -> Any:
    """The loss, and its gradients by parameter."""

    def loss(parameters: Any) -> jax.Array:
        model: DalleBart = nnx.merge(graph, parameters)
        return mean_cross_entropy(model(ids, mask, decoder_ids), labels)

    return jax.value_and_grad(loss)(parameters)


@partial(jax.jit, static_argnums=0)
def _encoder_layers(graph: Any, parameters: Any, ids: Any, mask: Any) -> Any:
    """The input of each encoder layer and the output of the last; the first layer's attention."""
    encoder = nnx.merge(graph, parameters).encoder
    seen = (mask > 0)[:, None, None, :]
    states = [encoder.embed(ids)]
    for layer in encoder.layers:
        states.append(layer(states[-1], seen))
    first = encoder.layers[0]
    x = first.before_attention(states[0])
    attention = first.attention.weights(first.attention.queries(x), first.attention.keys_values(x)[0], seen)
    return jnp.stack(states), attention


@partial(jax.jit, static_argnums=0)
def _decoder_layers(graph: Any, parameters: Any, ids: Any, text: Any, mask: Any) -> Any:
    """The input of each decoder layer and the output of the last; the first layer's attention to the text."""
    decoder = nnx.merge(graph, parameters).decoder
    length = ids.shape[1]
    causal = jnp.tril(jnp.ones((1, 1, length, length), bool))
    seen = (mask > 0)[:, None, None, :]
    states = [decoder.embed(ids, jnp.arange(length))]
    for layer in decoder.layers:
        states.append(layer(states[-1], causal, text, seen))
    first = decoder.layers[0]
    attended = first.attention(first.before_attention(states[0]), causal)
    x = states[0] + (attended if first.after_attention is None else first.after_attention(attended))
    queries = first.cross_attention.queries(first.before_cross_attention(x))
    return jnp.stack(states), first.cross_attention.weights(queries, first.cross_attention.keys_values(text)[0], seen)
