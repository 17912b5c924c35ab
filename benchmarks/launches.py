"""How many kernels does a step of drawing start on a GPU? Compiled for an H100, on a machine that needs none.

    python -m venv gpu && gpu/bin/pip install "jax[cuda13]" flax
    JAX_PLATFORMS=cpu PYTHONPATH=. gpu/bin/python benchmarks/launches.py --shape mini-1 --images 9 --json

XLA compiles for a device that is only described to it. Nothing runs, so nothing is timed; and XLA tunes its products
only where the device is there: on one they, and what is fused with them, can come to some kernels more or fewer. The
last line of the output is one JSON object with at least `kernels` and `copies` of one step, `in_graphs`, how many CUDA
graphs hold them, `asks_host`, whether the host decides after each step if there is another, and `scratch_mb`.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from decode import SIDES, shapes
from jax.experimental import topologies

from generation.dalle.arrangement import decoder_weights
from generation.dalle.config import DalleConfig
from generation.dalle.decoding import Drawing, advance
from generation.dalle.params import abstract_parameters
from generation.dalle.sampling import Settings
from generation.dalle.stepping import empty_memory, remember_text

TOP_K, STEPS_A_CALL = 64, 16  # as easel draws

# An H100 as XLA's GpuTargetConfigProto has it, from NVIDIA's data sheet and what the driver tells of one.
H100 = """
gpu_device_info {
  threads_per_block_limit: 1024 threads_per_warp: 32 threads_per_core_limit: 2048
  shared_memory_per_block: 49152 shared_memory_per_core: 233472 shared_memory_per_block_optin: 232448
  core_count: 132 fpus_per_core: 128 clock_rate_ghz: 1.98
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  memory_bandwidth: 3352320000000 l2_cache_size: 52428800 device_memory_size: 84942979072
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  cuda_compute_capability { major: 9 }
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 10 }
runtime_version { major: 13 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""


def loop_arguments(config: DalleConfig, images: int, dtype: Any) -> tuple[Any, ...]:
    """The shapes of `advance`'s arrays, without weights."""

    def of(shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, dtype)

    codebook = min(config.image_vocab_size, config.decoder_start_token_id)
    parameters = {path: of(leaf.shape, dtype) for path, leaf in abstract_parameters(config).items()}
    weights = jax.eval_shape(
        lambda parameters: decoder_weights(config, dict(parameters), dtype, codebook, backend="gpu"), parameters
    )
    texts = (SIDES, 1, config.max_text_length)
    text = jax.eval_shape(
        lambda *texts: remember_text(config, *texts), weights, of((*texts, config.d_model), dtype), of(texts, jnp.int32)
    )
    drawing = Drawing(
        position=of((), jnp.int32),
        codes=of((images, config.image_length), jnp.int32),
        score=of((images,)),
        memory=jax.eval_shape(lambda weights: empty_memory(config, weights, SIDES, images), weights),
    )
    settings = Settings(of((images,)), of((images,)), of((images,), jnp.int32), of((images,)))
    return weights, text, drawing, settings, of((images, 2), jnp.uint32)


def compiled_for(device: Any, config: DalleConfig, images: int, dtype: Any) -> tuple[str, str, int]:
    """(the plan that the GPU's host follows, the program, bytes of scratch memory)."""
    sharding = jax.sharding.SingleDeviceSharding(device)
    placed = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding),
        loop_arguments(config, images, dtype),
    )
    lowered = advance.lower(config, *placed, STEPS_A_CALL, TOP_K)
    with tempfile.TemporaryDirectory() as folder:
        compiled = lowered.compile(compiler_options={"xla_dump_to": folder, "xla_dump_hlo_as_text": True})
        (plan,) = Path(folder).glob("*thunk_sequence_after_thunk_passes.txt")
        return plan.read_text(), compiled.as_text(), compiled.memory_analysis().temp_size_in_bytes


def of_one_step(plan: str) -> list[tuple[str, str]]:
    """What the loop's body starts, in order, each as its kind and its name."""
    body = plan.split("body:\n", 1)[1].splitlines()
    indentation = len(body[0]) - len(body[0].lstrip())
    lines = [re.match(r"(\s+)\d+: (k\w+)\s+\[.*?\]\s*(\S*)", line) for line in body]
    return [(line[2], line[3]) for line in lines if line is not None and len(line[1]) >= indentation]


def main() -> None:
    """Compile, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=list(shapes()), default="mini-1")
    parser.add_argument("--images", type=int, default=9)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    arguments = parser.parse_args()
    topology = topologies.get_topology_desc(platform="cuda", target_config=H100, topology="1x1x1")
    config = shapes()[arguments.shape]
    plan, program, scratch = compiled_for(topology.devices[0], config, arguments.images, jnp.dtype(arguments.dtype))
    started = of_one_step(plan)
    kinds = Counter(kind for kind, _ in started)
    if not arguments.json:
        names = Counter(re.sub(r"[_\d]+$", "", name) for kind, name in started if kind != "kCommandBuffer")
        for name, count in names.most_common():
            print(f"{count:4} {name}")
    figures = {
        "shape": arguments.shape,
        "images": arguments.images,
        "device": topology.devices[0].device_kind,
        "dtype": arguments.dtype,
        "kernels": len(started) - kinds["kCopy"] - kinds["kCommandBuffer"],
        "copies": kinds["kCopy"],
        "in_graphs": kinds["kCommandBuffer"],
        "asks_host": '"known_trip_count"' not in program,
        "scratch_mb": round(scratch / 1e6, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
