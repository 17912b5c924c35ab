"""How fast a seq2seq step could be if it were nothing but its matrix products: the measure for training throughput."""

from __future__ import annotations

import time
from typing import Any

import jax

from generation.dalle.config import DalleConfig


def products_of(config: DalleConfig, batch: int) -> list[tuple[int, int, int, int, int]]:
    """(how often, batch of products, rows, inner, columns) of the forward pass on ``batch`` captions and pictures."""
    width, image, text = config.d_model, config.image_length, config.max_text_length
    found = []
    for layers, heads, inner, length, others in (
        (config.encoder_layers, config.encoder_attention_heads, config.encoder_ffn_dim, text, (text,)),
        (config.decoder_layers, config.decoder_attention_heads, config.decoder_ffn_dim, image, (image, text)),
    ):
        head = width // heads
        found += [(layers, 1, batch * length, width, width)] * 2  # query and output of self-attention
        found += [(layers, 1, batch * length, width, width)] * 2  # its keys and values
        if len(others) == 2:
            found += [(layers, 1, batch * length, width, width)] * 2 + [(layers, 1, batch * text, width, width)] * 2
        for other in others:
            found += [(layers, batch * heads, length, head, other), (layers, batch * heads, length, other, head)]
        found += [(layers, 1, batch * length, width, inner)] * 2 + [(layers, 1, batch * length, inner, width)]
    return [*found, (1, 1, batch * image, width, config.decoder_vocab_size)]


def seconds_of_products(config: DalleConfig, batch: int, dtype: Any, repeats: int = 8) -> float:
    """Seconds that the products of one step take by themselves, each measured on random data, chained on the device."""
    total = 0.0
    measured: dict[tuple[int, ...], float] = {}
    for count, *shape in products_of(config, batch):
        _, rows, inner, columns = shape
        for variant in ((rows, inner, columns), (rows, columns, inner), (inner, rows, columns)):
            key = (shape[0], *variant)
            if key not in measured:
                measured[key] = _seconds(*key, dtype, repeats)
            total += count * measured[key]
    return total


def _seconds(batch: int, rows: int, inner: int, columns: int, dtype: Any, repeats: int) -> float:
    a = jax.random.normal(jax.random.key(0), (batch, rows, inner), dtype)
    b = jax.random.normal(jax.random.key(1), (batch, inner, columns), dtype)
    multiply = jax.jit(lambda a, b: a[0] @ b[0] if batch == 1 else a @ b)
    multiply(a, b).block_until_ready()
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        results = [multiply(a, b) for _ in range(repeats)]
        results[-1].block_until_ready()
        best = min(best, (time.perf_counter() - began) / repeats)
    return best
