"""Options that published checkpoints use and the oracle has none of: against the same arithmetic written out in NumPy.

CogView's places of the norms (arXiv 2105.13290, as the reference has them): one before and one after each block, none
inside of the feed-forward; and the activations relu and swish.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from flax import nnx

from generation.dalle.config import DalleConfig
from generation.dalle.modeling import DalleBart
from generation.dalle.params import name_table, published_weights
from generation.dalle.reference import ReferenceSampling, draw_as_reference

COGVIEW = DalleConfig(
    encoder_vocab_size=20,
    image_vocab_size=11,
    image_length=9,
    max_text_length=5,
    d_model=12,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=3,
    decoder_attention_heads=2,
    encoder_ffn_dim=10,
    decoder_ffn_dim=14,
    decoder_start_token_id=11,
    bos_token_id=11,
    eos_token_id=12,
    pad_token_id=12,
    activation_function="relu",
    ln_positions="cogview",
    use_scan=False,
    init_std=0.4,
)
TEXT = np.array([[0, 7, 9, 2, 1], [0, 3, 2, 1, 1]], np.int32)
MASK = (TEXT != 1).astype(np.int32)


class Restated:
    """The decoder's scores from a checkpoint's own names, in float64 and without a line of the network's."""

    def __init__(self, config: DalleConfig, weights: dict[str, np.ndarray]) -> None:
        self.config, self.weights = config, {name: array.astype(np.float64) for name, array in weights.items()}

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        y = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return y * self.weights.get(f"{name}/scale", 1.0) + self.weights[f"{name}/bias"]

    def attention(self, name: str, x: np.ndarray, other: np.ndarray, heads: int, seen: np.ndarray) -> np.ndarray:
        queries, keys, values = (
            (source @ self.weights[f"{name}/{part}_proj/kernel"]).reshape(*source.shape[:2], heads, -1)
            for part, source in (("q", x), ("k", other), ("v", other))
        )
        scores = np.einsum("bqhk,bshk->bhqs", queries, keys) / np.sqrt(queries.shape[-1])
        scores = np.where(seen, scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = np.einsum("bhqs,bshk->bqhk", weights, values).reshape(x.shape)
        return mixed @ self.weights[f"{name}/out_proj/kernel"]

    def feed_forward(self, name: str, x: np.ndarray) -> np.ndarray:
        block = f"{name}/{'GLU_0' if self.config.use_glu else 'FFN_0'}"
        dense = [self.weights[f"{block}/Dense_{number}/kernel"] for number in range(3 if self.config.use_glu else 2)]
        x = self.norm(f"{block}/LayerNorm_0", x)
        y = x @ dense[0]
        y = np.maximum(y, 0) if self.config.activation_function == "relu" else y / (1 + np.exp(-y))
        if self.config.use_glu:
            y = y * (x @ dense[1])
        return self.norm(f"{block}/LayerNorm_1", y @ dense[-1])

    def side(self, side: str, ids: np.ndarray, heads: int, seen: np.ndarray, text: np.ndarray | None) -> np.ndarray:
        root = f"model/{side}"
        x = self.weights[f"{root}/embed_tokens/embedding"][ids] + self.weights[f"{root}/embed_positions/embedding"]
        x = self.norm(f"{root}/layernorm_embedding", x)
        kind, layers = (
            ("Encoder", self.config.encoder_layers) if text is None else ("Decoder", self.config.decoder_layers)
        )
        for index in range(layers):
            name, norms = f"{root}/layers/FlaxBart{kind}Layer_{index}", count()

            def next_norm(x: np.ndarray, name: str = name, norms: count = norms) -> np.ndarray:
                return self.norm(f"{name}/LayerNorm_{next(norms)}", x)

            before = next_norm(x)
            x = x + next_norm(self.attention(f"{name}/FlaxBartAttention_0", before, before, heads, seen))
            if text is not None:
                mask = MASK[:, None, None, :] > 0
                x = x + next_norm(self.attention(f"{name}/FlaxBartAttention_1", next_norm(x), text, heads, mask))
            x = x + self.feed_forward(name, x)
        return self.norm(f"{root}/final_ln", x)

    def scores(self, codes: np.ndarray) -> np.ndarray:
        config = self.config
        text = self.side("encoder", TEXT, config.encoder_attention_heads, MASK[:, None, None, :] > 0, None)
        causal = np.tril(np.ones((codes.shape[1],) * 2, bool))
        x = self.side("decoder", codes, config.decoder_attention_heads, causal, text)
        return x @ self.weights["lm_head/kernel"]


@pytest.mark.parametrize(("activation", "use_glu"), [("relu", True), ("swish", True), ("relu", False)])
def test_cogview_norms_and_other_activations_compute_what_they_say(activation: str, use_glu: bool) -> None:
    config = replace(COGVIEW, activation_function=activation, use_glu=use_glu)
    model = DalleBart(config, rngs=nnx.Rngs(1))
    random = np.random.default_rng(2)
    nnx.update(  # norms, too, must be no ones and zeros
        model,
        nnx.from_flat_state(
            [
                (path, leaf.get_value() + random.normal(0, 0.2, leaf.get_value().shape).astype(np.float32))
                for path, leaf in nnx.to_flat_state(nnx.state(model, nnx.Param))
            ]
        ),
    )
    restated = Restated(config, published_weights(model))
    codes = random.integers(0, 11, (2, 9)).astype(np.int32)
    np.testing.assert_allclose(model(TEXT, MASK, codes), restated.scores(codes), rtol=0, atol=1e-4)

    best = draw_as_reference(model, TEXT, MASK, (TEXT, MASK), ReferenceSampling())
    again = restated.scores(np.asarray(best.codes)[:, :-1])
    np.testing.assert_allclose(best.scores, again, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(best.codes[:, 1:], again.argmax(-1))


def test_a_cogview_checkpoint_has_the_references_names() -> None:
    scanned = set(name_table(replace(COGVIEW, use_scan=True)))
    layer = "model/decoder/layers/FlaxBartDecoderLayers"
    norms = {name.removeprefix(f"{layer}/") for name in scanned if name.startswith(layer) and "Norm" in name}
    with_scale = ("LayerNorm_1", "LayerNorm_3", "GLU_0/LayerNorm_1")
    without = ("LayerNorm_0", "LayerNorm_2", "GLU_0/LayerNorm_0")
    assert norms == {f"{norm}/{leaf}" for norm in with_scale for leaf in ("scale", "bias")} | {
        f"{norm}/bias" for norm in without
    }
