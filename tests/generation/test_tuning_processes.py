"""Training that is killed, that has eight devices, that is shared by two processes, and that meets a full disk."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.models import ModelRegistry
from generation.training.errors import TrainingError
from generation.training.tuning.curves import Curves, read_curve
from generation.training.tuning.devices import Devices
from generation.training.tuning.keeping import Checkpoints
from generation.training.tuning.plan import Plan
from generation.training.tuning.run import Making

SCRIPT = Path(__file__).with_name("tuning_process.py")
STEPS = 12


def start(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, SCRIPT, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[2]), "JAX_PLATFORMS": "cpu", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    told, _ = process.communicate(timeout=240)
    assert process.returncode == 0, told


def losses(folder):
    rows = read_curve(folder / "curve.jsonl")
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    return [row["loss"] for row in rows], [row["validation"] for row in rows if "validation" in row]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(start("part", folder, STEPS))
    return losses(folder)


def test_a_training_that_was_killed_goes_on_to_the_same_losses(undisturbed, tmp_path):
    killed = start("part", tmp_path, STEPS, "slowly")
    deadline = time.monotonic() + 200
    while len(read_curve(tmp_path / "curve.jsonl")) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    seen = len(read_curve(tmp_path / "curve.jsonl"))
    assert 5 <= seen < STEPS
    assert any((tmp_path / "checkpoints").iterdir())
    finish(start("part", tmp_path, STEPS))
    for again, first in zip(losses(tmp_path), undisturbed, strict=True):
        np.testing.assert_allclose(again, first, rtol=1e-6)


def test_eight_devices_learn_what_one_learns(undisturbed, tmp_path):
    finish(start("part", tmp_path, STEPS, XLA_FLAGS="--xla_force_host_platform_device_count=8"))
    for shared, alone in zip(losses(tmp_path), undisturbed, strict=True):
        np.testing.assert_allclose(shared, alone, rtol=2e-4)


PLAN = 'parent = "tiny"\ndata = "data"\nprompts = ["a colour"]\n[parts]\ndecoder = 1\n'


def write_data(tmp_path):
    lines = ["caption,picture"]
    (tmp_path / "data").mkdir()
    for index in range(8):
        Image.new("RGB", (40, 40), (30 * index, 80, 160)).save(tmp_path / f"data/{index}.png")
        lines.append(f"colour number {index},{index}.png")
    (tmp_path / "data/captions.csv").write_text("\n".join(lines), "utf-8")


def test_a_process_that_follows_leaves_the_bundle_that_another_reads(tmp_path, make_tiny_bundle, monkeypatch):
    make_tiny_bundle(tmp_path / "models/tiny")
    write_data(tmp_path)
    (tmp_path / "brand.toml").write_text(f'name = "together"\n{PLAN}', "utf-8")
    parent = ModelRegistry(tmp_path / "models").find("tiny")
    read = tmp_path / "work/bundle/config.json"
    read.parent.mkdir(parents=True)
    read.write_text("{}")
    monkeypatch.setattr(Devices, "leads", False)
    making = Making(Plan.read(tmp_path / "brand.toml"), parent, tmp_path / "work", Devices(), print, print)
    assert making.bundle == read.parent
    assert read.read_text() == "{}"


def test_two_processes_make_the_bundle_that_one_makes(tmp_path, make_tiny_bundle):
    make_tiny_bundle(tmp_path / "models/tiny")
    write_data(tmp_path)
    course = "[seq2seq]\nsteps = 4\nbatch = 4\nvalidate_every = 2\nwarm_up = 1\n"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (tmp_path / "brand.toml").write_text(f'name = "together"\n{PLAN}{course}', "utf-8")
    both = [start("whole", tmp_path, address, 2, index) for index in range(2)]
    for process in both:
        finish(process)
    (tmp_path / "brand.toml").write_text(f'name = "alone"\n{PLAN}{course}', "utf-8")
    finish(start("whole", tmp_path, "", 1, 0))
    registry = ModelRegistry(tmp_path / "models")
    together, alone = (registry.find(name).manifest.training for name in ("together", "alone"))
    np.testing.assert_allclose(
        together["curves"]["seq2seq"]["loss"], alone["curves"]["seq2seq"]["loss"], rtol=1e-4, atol=1e-5
    )
    assert together["data_sha256"] == alone["data_sha256"]


def test_the_curve_can_be_read_by_tensorboard_and_forgets_what_a_killed_run_had_ahead(tmp_path):
    from tensorboardX.proto.event_pb2 import Event

    for begin in (0, 2):
        curves = Curves(tmp_path / "curve.jsonl", tmp_path / "events", begin)
        for step in range(begin + 1, 5):
            curves.add(step, {"loss": float(step)})
        curves.close()
    assert [row["step"] for row in read_curve(tmp_path / "curve.jsonl")] == [1, 2, 3, 4]
    seen = set()
    for file in (tmp_path / "events").iterdir():
        data = file.read_bytes()
        while data:  # a TFRecord: length (8 bytes), checksum (4), event, checksum (4)
            (length,) = struct.unpack("<Q", data[:8])
            event = Event.FromString(data[12 : 12 + length])
            seen |= {(value.tag, event.step, value.simple_value) for value in event.summary.value}
            data = data[16 + length :]
    assert ("loss", 4, 4.0) in seen


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system that is full")
def test_a_full_disk_keeps_the_checkpoint_before_and_says_so(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this system mounts no tmpfs")
    try:
        checkpoints = Checkpoints(disk / "checkpoints", "this test")
        random = np.random.default_rng(0)
        small, large = random.random(1000), random.random(400_000)
        checkpoints.save(1, {"a": small}, {"total": 9})
        with pytest.raises(TrainingError, match=r"No space is left for a checkpoint in .* The one of step 1 is kept"):
            checkpoints.save(2, {"a": large}, {"total": 9})
        checkpoints.close()
        kept = Checkpoints(disk / "checkpoints", "this test").newest({"a": small})
        assert (kept.step, kept.notes["total"]) == (1, 9)
        np.testing.assert_array_equal(kept.state["a"], small)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
