"""Drawing on several devices: the pictures are spread over them and stay the same."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from generation.generators import DalleMini, DrawRequest

ORACLE = Path(__file__).parents[1] / "data" / "oracle"

DRAW = """
import json, sys
from pathlib import Path
import jax
from generation.generators import DalleMini, DrawRequest
from generation.generators.placement import Placement

assert len(jax.local_devices()) == 8
spread = []
whole = Placement.drawing
def watch(self, drawing):
    placed = whole(self, drawing)
    spread.append([len({shard.device for shard in array.addressable_shards}) for array in placed.memory])
    spread.append([shard.data.shape[1] for shard in placed.memory[0].addressable_shards])
    return placed
Placement.drawing = watch
model = DalleMini.load(Path(sys.argv[1]))
prompts = ["a red fox", "a blue whale", "a red fox", "a tree"]
drawn = model.draw([DrawRequest(prompt, seed) for seed, prompt in enumerate(prompts)])
print(json.dumps({"codes": [one.codes for one in drawn], "spread": spread}))
"""


def test_eight_devices_draw_what_one_draws(tmp_path):
    folder = shutil.copytree(ORACLE / "dalle-mini-scan", tmp_path / "mini")
    shutil.copytree(ORACLE / "vqgan-f4", folder / "vqgan")
    environment = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    process = subprocess.run(
        [sys.executable, "-c", DRAW, str(folder)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=environment,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    answer = json.loads(process.stdout.splitlines()[-1])
    assert answer["spread"] == [[8, 8], [1] * 8]
    prompts = ["a red fox", "a blue whale", "a red fox", "a tree"]
    alone = DalleMini.load(folder).draw([DrawRequest(prompt, seed) for seed, prompt in enumerate(prompts)])
    assert answer["codes"] == [list(one.codes) for one in alone]
