"""How much memory does loading a model take at its peak, over the weights themselves?

    .venv/bin/python benchmarks/loading.py --shape mini-1 --json

Writes a bundle of random weights at the published shapes into a temporary folder, as float32, and loads it in a process
of its own, as `easel` loads it. What libraries and word lists take is there before, and taken off. The last line of the
output is one JSON object with at least `weights_mb`, `peak_mb` and `peak_ratio`; `kernels` says if weights were packed
for the kernels in C (CC=false does without).
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from generation.dalle.config import DalleConfig
from generation.dalle.params import flat_parameters, name_table
from generation.files.weights import MSGPACK_NAME, SAFETENSORS_NAME, write_msgpack, write_safetensors
from generation.vqgan import params as vqgan_params
from generation.vqgan.config import VqganConfig
from generation.vqgan.modeling import Vqgan

ROOT = Path(__file__).parents[1]
DOODLE = ROOT / "generation" / "models" / "doodle"

LOAD = """
import json, sys, time
from pathlib import Path

def kilobytes(name):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])

import jax.numpy as jnp, tokenizers
from generation.dalle.normaliser import TextNormaliser
from generation.generators.dalle_mini import DalleMini
from generation.kernels import KERNELS_FOLDER, load_kernels
words = TextNormaliser(None)
jnp.zeros(1).block_until_ready()
Path("/proc/self/clear_refs").write_text("5")  # from here on VmHWM is the peak of what follows
before, begun = kilobytes("VmRSS"), time.perf_counter()
model = DalleMini.load(Path(sys.argv[1]), cache_dir=Path(sys.argv[2]))
print(json.dumps({"seconds": time.perf_counter() - begun, "peak": kilobytes("VmHWM") - before,
                  "kept": kilobytes("VmRSS") - before,
                  "kernels": load_kernels(Path(sys.argv[2]) / KERNELS_FOLDER) is not None}))
"""


def write_random_bundle(folder: Path, shape: str, weights_format: str) -> int:
    """Write a bundle without a manifest, with doodle's tokenizer; returns the bytes of its weights.

    "small" has three layers a side of mini-1's, doodle's vocabularies, and a VQGAN of random weights at doodle's shape.
    """
    mini, doodle = DalleConfig.mini_1(), DalleConfig.from_file(DOODLE / "config.json")
    small = replace(doodle, d_model=1024, encoder_layers=3, decoder_layers=3, encoder_attention_heads=16,
                    decoder_attention_heads=16, encoder_ffn_dim=2730, decoder_ffn_dim=2730)  # fmt: skip
    config, vqgan = {
        "mini-1": (mini, VqganConfig.imagenet_f16_16384()),
        "small": (small, VqganConfig.from_file(DOODLE / "vqgan" / "config.json")),
    }[shape]
    folder.mkdir(parents=True)
    shutil.copyfile(DOODLE / "tokenizer.json", folder / "tokenizer.json")
    dalle_shapes = {name: entry.shape for name, entry in name_table(config).items()}
    return _write_network(folder, config.to_dict(), dalle_shapes, weights_format) + _write_network(
        folder / "vqgan", vqgan.to_dict(), _vqgan_shapes(vqgan), weights_format
    )


def measure(folder: Path, weights_bytes: int) -> dict[str, float]:
    """Load the bundle in a process of its own and put the figures together."""
    process = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder), str(folder / "cache")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    told = json.loads(process.stdout.splitlines()[-1])
    return {
        "weights_mb": round(weights_bytes / 1e6, 1),
        "peak_mb": round(told["peak"] * 1024 / 1e6, 1),
        "kept_mb": round(told["kept"] * 1024 / 1e6, 1),
        "peak_ratio": round(told["peak"] * 1024 / weights_bytes, 3),
        "seconds": round(told["seconds"], 1),
        "kernels": told["kernels"],
    }


def main() -> None:
    """Write, load, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=["mini-1", "small"], default="mini-1")
    parser.add_argument("--format", choices=["msgpack", "safetensors"], default="msgpack")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "bundle"
        figures = measure(folder, write_random_bundle(folder, arguments.shape, arguments.format))
    if not arguments.json:
        for name, value in figures.items():
            print(f"{name:12} {value}")
    print(json.dumps({"shape": arguments.shape, "format": arguments.format} | figures))


def _vqgan_shapes(config: VqganConfig) -> dict[str, tuple[int, ...]]:
    shapes = flat_parameters(Vqgan(config, rngs=None))
    return {name: shapes[path].shape for name, path in vqgan_params.name_table(config).items()}


def _write_network(
    folder: Path, config: Mapping[str, object], shapes: Mapping[str, tuple[int, ...]], weights_format: str
) -> int:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    random = np.random.default_rng(0)
    weights = {name: random.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    if weights_format == "msgpack":
        write_msgpack(folder / MSGPACK_NAME, weights)
    else:
        write_safetensors(folder / SAFETENSORS_NAME, weights)
    return 4 * sum(math.prod(shape) for shape in shapes.values())


if __name__ == "__main__":
    main()
