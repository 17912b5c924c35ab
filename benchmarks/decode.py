"""How fast codes are drawn: milliseconds a decoding step, against the machine's own limit and against min-dalle.

    .venv/bin/python benchmarks/decode.py --shape mini-1 --images 9 --peer min-dalle --json

Random weights at the published shapes, so nothing is downloaded. A step draws one code of every picture, both sides of
the guidance included. The last line of the output is one JSON object with at least `ms_per_step`, `peer_ms_per_step`,
`peer_ratio` (theirs over ours), `limit_ratio` (ours over the limit) and `peak_mb`; `peak_to_held` is that over the
weights and caches. On a CPU the kernels of `generation/kernels` serve, and `--dtype` is what weights are stored in.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from generation.dalle.arrangement import DecoderWeights, decoder_weights
from generation.dalle.config import DalleConfig
from generation.dalle.decoding import Drawing, advance
from generation.dalle.params import abstract_parameters
from generation.dalle.sampling import Settings, seed_keys
from generation.dalle.stepping import TextMemory, empty_memory, remember_text
from generation.files.leaf import empty
from generation.kernels import Kernels, load_kernels

# The product and the read that measure a machine: single precision, best of a round, as for a step.
LIMIT_PRODUCT = (1024, 4096)
LIMIT_READ_BYTES = 1 << 30
GUIDANCE, TOP_K = 10.0, 50
SIDES = 2
# PyTorch's threads go on spinning for a while after their work.
_UNTIL_THREADS_REST = 0.3


def shapes() -> dict[str, DalleConfig]:
    """The configurations that can be measured."""
    mini, mega = DalleConfig.mini_1(), DalleConfig.mega_1()
    doodle = replace(
        mini,
        encoder_vocab_size=4096,
        image_vocab_size=2048,
        max_text_length=48,
        d_model=320,
        encoder_layers=3,
        decoder_layers=6,
        encoder_attention_heads=5,
        decoder_attention_heads=5,
        encoder_ffn_dim=853,
        decoder_ffn_dim=853,
        decoder_start_token_id=2048,
    )
    return {
        "mini-1": mini,
        "doodle": doodle,
        "mega-1-2layers": replace(mega, encoder_layers=2, decoder_layers=2),
        "mega-1": mega,
    }


class Ours:
    """Our decoder with random weights."""

    def __init__(self, config: DalleConfig, images: int, dtype: Any, kernels: Kernels | None) -> None:
        self.config, self.images = config, images
        self.codebook_size = min(config.image_vocab_size, config.decoder_start_token_id)
        parameters = _random_parameters(config, dtype)
        self.weights = decoder_weights(config, parameters, dtype, self.codebook_size, kernels)
        self.text = _random_text(config, self.weights)
        self.settings = Settings(
            guidance_scale=jnp.full(images, GUIDANCE),
            temperature=jnp.ones(images),
            top_k=jnp.full(images, TOP_K, jnp.int32),
            top_p=jnp.ones(images),
        )
        self.keys = jnp.asarray(seed_keys(list(range(images))))

    def start(self, position: int) -> Drawing:
        """Pictures of which `position` codes are drawn."""
        config = self.config
        return Drawing(
            position=jnp.int32(position),
            codes=jnp.zeros((self.images, config.image_length), jnp.int32),
            score=jnp.zeros(self.images),
            memory=empty_memory(config, self.weights, SIDES, self.images),
        )

    def seconds(self, position: int, steps: int) -> float:
        """Time for this many steps, from `position` on."""
        drawing = jax.block_until_ready(self.start(position))
        begun = time.perf_counter()
        drawing = advance(self.config, self.weights, self.text, drawing, self.settings, self.keys, steps, TOP_K)
        drawing.codes.block_until_ready()
        return time.perf_counter() - begun

    def step_bytes(self, position: int) -> int:
        """What a step at `position` must read: every weight of a product, and the cache up to there."""
        weights = sum(leaf.nbytes for leaf in jax.tree.leaves((self.weights.layers, self.weights.head)))
        text_products = sum(layer.text_keys_values.kernel.nbytes for layer in self.weights.layers)
        text = sum(leaf.nbytes for leaf in jax.tree.leaves((self.text.keys, self.text.values)))
        cache = 2 * SIDES * self.images * self.config.d_model * self.weights.dtype.itemsize
        return weights - text_products + text + cache * self.config.decoder_layers * position

    def step_operations(self, position: int) -> int:
        """Floating-point operations of a step at `position`: two for each weight, row and cached number."""
        config, width = self.config, self.config.d_model
        feed_forward = (3 if config.use_glu else 2) * width * config.decoder_ffn_dim
        seen = config.max_text_length + position
        layer = 6 * width * width + feed_forward + 2 * width * seen
        return 2 * SIDES * self.images * (config.decoder_layers * layer + width * self.codebook_size)

    def held_bytes(self) -> int:
        """All weights and caches that a drawing holds."""
        held = (self.weights, self.text, jax.eval_shape(self.start, 0).memory)
        return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(held))


def _random_parameters(config: DalleConfig, dtype: Any) -> dict[tuple[str | int, ...], Any]:
    """The decoder's parameters: on a CPU in pages of their own, as a file's are, else made on the device."""
    leaves = [(path, leaf) for path, leaf in abstract_parameters(config).items() if path[0] != "encoder"]
    if on_cpu():
        numbers = np.random.default_rng(0)
        parameters = {path: empty(leaf.shape, np.dtype(np.float32)) for path, leaf in leaves}
        for array in parameters.values():
            numbers.standard_normal(dtype=np.float32, out=array)
            array *= config.init_std
        return parameters
    # One small program a shape, so that nothing large is compiled or sent to the device.
    make = jax.jit(
        lambda seed, shape: jax.random.normal(jax.random.key(seed), shape, dtype) * config.init_std,
        static_argnames="shape",
    )
    return {path: make(seed, leaf.shape) for seed, (path, leaf) in enumerate(leaves)}


def _random_text(config: DalleConfig, weights: DecoderWeights) -> TextMemory:
    """One prompt, as long as it can be, and its other side."""
    dtype = weights.dtype
    text = jax.random.normal(jax.random.key(0), (SIDES, 1, config.max_text_length, config.d_model), dtype)
    mask = jnp.ones(text.shape[:3], jnp.int32)
    return jax.jit(remember_text, static_argnums=0)(config, weights, text, mask)


class MinDalle:
    """min-dalle's decoder with random weights: the same steps by the other implementation."""

    def __init__(self, config: DalleConfig, images: int, dtype: str) -> None:
        import torch
        from min_dalle.models.dalle_bart_decoder import DalleBartDecoder

        self._torch = torch
        self.images = images
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.set_grad_enabled(False)
        # min-dalle knows no bfloat16; its half precision is float16, on a GPU only.
        half = self.device == "cuda" and dtype == "bfloat16"
        self.dtype = torch.float16 if half else torch.float32
        self.decoder = (
            DalleBartDecoder(
                image_vocab_count=config.image_vocab_size,
                embed_count=config.d_model,
                attention_head_count=config.decoder_attention_heads,
                glu_embed_count=config.decoder_ffn_dim,
                layer_count=config.decoder_layers,
                device=self.device,
            )
            .to(self.device, self.dtype)
            .eval()
        )
        rows = 2 * images
        text = (rows, config.max_text_length)
        self.encoder_state = torch.randn(*text, config.d_model, device=self.device, dtype=self.dtype)
        self.attention_mask = torch.ones(text, dtype=torch.bool, device=self.device)[:, None, None, :]
        cache = (config.decoder_layers, rows * 2, config.image_length, config.d_model)
        self.attention_state = torch.zeros(cache, device=self.device, dtype=self.dtype)

    def seconds(self, position: int, steps: int) -> float:
        """Time for this many steps, from `position` on."""
        torch = self._torch
        settings = torch.tensor([1.0, TOP_K, GUIDANCE], device=self.device, dtype=self.dtype)
        tokens = torch.zeros(self.images, 1, dtype=torch.long, device=self.device)
        begun = time.perf_counter()
        for index in range(position, position + steps):
            drawn, self.attention_state = self.decoder.sample_tokens(
                settings=settings,
                attention_mask=self.attention_mask,
                encoder_state=self.encoder_state,
                attention_state=self.attention_state,
                prev_tokens=tokens,
                token_index=torch.tensor([index], device=self.device),
            )
            tokens = drawn[:, None]
        if self.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - begun


class Machine:
    """What a step is measured against, by turns with it: memory that others share is not as fast at each minute."""

    def __init__(self) -> None:
        rows, columns = LIMIT_PRODUCT
        self._factors = jnp.ones((rows, columns), jnp.float32), jnp.ones((columns, rows), jnp.float32)
        self._block = jnp.ones(LIMIT_READ_BYTES // 4, jnp.float32)
        self._multiply, self._sum = jax.jit(jnp.matmul), jax.jit(jnp.sum)
        self.turn()

    def turn(self) -> tuple[float, float]:
        """(seconds a byte of reading, seconds an operation of a single-precision product)."""
        rows, columns = LIMIT_PRODUCT
        reading, multiplying = _seconds(self._sum, self._block), _seconds(self._multiply, *self._factors)
        return reading / LIMIT_READ_BYTES, multiplying / (2 * rows * columns * rows)


def on_cpu() -> bool:
    """Whether JAX computes on a CPU."""
    return jax.default_backend() == "cpu"


def _seconds(function: Callable[..., Any], *arguments: Any) -> float:
    begun = time.perf_counter()
    function(*arguments).block_until_ready()
    return time.perf_counter() - begun


def rounds(length: int, steps: int, count: int) -> Iterator[int]:
    """Where each round starts: spread over the picture, because later steps read more of the cache."""
    for index in range(count):
        yield (length - steps) * index // max(count - 1, 1)


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run both programs by turns and put the figures together."""
    config = shapes()[arguments.shape]
    with tempfile.TemporaryDirectory() as folder:
        kernels = load_kernels(Path(folder)) if arguments.kernels and on_cpu() else None
    ours = Ours(config, arguments.images, jnp.dtype(arguments.dtype), kernels)
    begun = time.perf_counter()
    ours.seconds(0, arguments.steps)
    compile_seconds = time.perf_counter() - begun
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    peer = MinDalle(config, arguments.images, arguments.dtype) if arguments.peer else None
    machine = Machine()
    times: list[float] = []
    peer_times: list[float] = []
    reading, multiplying = [], []
    for position in rounds(config.image_length, arguments.steps, arguments.rounds):
        turns, peer_turns, limits = [], [], []
        for _ in range(arguments.repeats):
            turns.append(ours.seconds(position, arguments.steps) / arguments.steps)
            limits.append(machine.turn())
            if peer is not None:
                peer_turns.append(peer.seconds(position, arguments.peer_steps) / arguments.peer_steps)
                time.sleep(_UNTIL_THREADS_REST)
        times.append(min(turns))
        reading.append(min(limit[0] for limit in limits))
        multiplying.append(min(limit[1] for limit in limits))
        peer_times += [min(peer_turns)] if peer_turns else []
    if arguments.trace:
        with jax.profiler.trace(arguments.trace):
            ours.seconds(config.image_length // 2, arguments.steps)
    a_byte, an_operation = statistics.mean(reading), statistics.mean(multiplying)
    middle = config.image_length // 2
    limit = max(ours.step_bytes(middle) * a_byte, ours.step_operations(middle) * an_operation)
    step = statistics.mean(times)
    peer_step = statistics.mean(peer_times) if peer_times else None
    return {
        "shape": arguments.shape,
        "images": arguments.images,
        "device": jax.devices()[0].device_kind,
        "dtype": arguments.dtype,
        "kernels": kernels is not None,
        "steps": arguments.steps * arguments.rounds * arguments.repeats,
        "compile_seconds": round(compile_seconds, 1),
        "step_mb": round(ours.step_bytes(middle) / 1e6, 1),
        "step_gflop": round(ours.step_operations(middle) / 1e9, 2),
        "read_gb_per_second": round(1e-9 / a_byte, 1),
        "product_gflop_per_second": round(1e-9 / an_operation, 1),
        "limit_ms": round(1e3 * limit, 3),
        "ms_per_step": round(1e3 * step, 3),
        "peer_ms_per_step": None if peer_step is None else round(1e3 * peer_step, 2),
        "peer_ratio": None if peer_step is None else round(peer_step / step, 2),
        "limit_ratio": round(step / limit, 2),
        "peak_mb": round(peak_bytes / 1e6),
        "held_mb": round(ours.held_bytes() / 1e6),
        "peak_to_held": round(peak_bytes / ours.held_bytes(), 2),
    }


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=list(shapes()), default="doodle")
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument(
        "--dtype", choices=["float32", "bfloat16", "int8"], default="float32" if on_cpu() else "bfloat16"
    )
    parser.add_argument(
        "--no-kernels", dest="kernels", action="store_false", help="XLA's products, as without a compiler"
    )
    peers = parser.add_mutually_exclusive_group()
    peers.add_argument("--peer", choices=["min-dalle"], help="measure this one by turns with ours (make bench-setup)")
    peers.add_argument("--no-peer", dest="peer", action="store_const", const=None)
    parser.add_argument("--steps", type=int, default=32 if on_cpu() else 256, help="steps a round")
    parser.add_argument("--peer-steps", type=int, default=8, help="the peer's steps a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5, help="turns a round; the best counts, as for the limit")
    parser.add_argument("--trace", metavar="DIR", help="also write a profile of some steps there")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    arguments = parser.parse_args()
    figures = measure(arguments)
    if not arguments.json:
        for name, value in figures.items():
            print(f"{name:26} {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
