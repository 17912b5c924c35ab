"""A training in a process of its own, for tests that kill it or give it other devices.

tuning_process.py part FOLDER STEPS [slowly]          the tiny model's decoder alone, into FOLDER
tuning_process.py whole FOLDER ADDRESS PROCESSES N    FOLDER/brand.toml as `easel train run` would, as the N-th process
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

MODEL = Path(__file__).parents[1] / "data/oracle/dalle-mini-scan"


def part(folder: Path, steps: int, *, slowly: bool = False) -> None:
    """Train the decoder's top layer on random rows; `slowly` leaves time to be killed between two steps."""
    from generation.dalle.params import load_dalle
    from generation.training.data.loading import Examples
    from generation.training.tuning.devices import Devices
    from generation.training.tuning.loop import Lesson, Training
    from generation.training.tuning.plan import Parts, Seq2seqCourse
    from generation.training.tuning.transformer_tasks import Seq2seqTask

    model = load_dalle(MODEL)
    config, random = model.config, np.random.default_rng(0)
    columns = {
        "ids": random.integers(3, config.encoder_vocab_size, (24, config.max_text_length)).astype(np.int32),
        "lengths": np.full(24, 5, np.int32),
        "codes": random.integers(0, 8, (24, config.image_length)).astype(np.int32),
    }
    course = Seq2seqCourse(steps=steps, batch=8, warm_up=2, validate_every=3, patience=0)
    task = Seq2seqTask(model, Parts(decoder=1), course, 0)
    lesson = Lesson(Examples(columns, np.arange(16)), Examples(columns, np.arange(16, 24)), str)
    report = (lambda progress: time.sleep(0.3)) if slowly else (lambda progress: None)
    Training("seq2seq", task, lesson, course, 0, Devices(), folder, "this test", report).run()


def whole(folder: Path, address: str, processes: int, process: int) -> None:
    """Follow the plan together with other processes."""
    from generation.models import ModelRegistry
    from generation.training.tuning.devices import Meeting
    from generation.training.tuning.plan import Plan
    from generation.training.tuning.run import fine_tune

    if processes > 1:
        Meeting(address, processes, process).join()
    fine_tune(Plan.read(folder / "brand.toml"), ModelRegistry(folder / "models"), folder / f"work-{processes}", print)


if __name__ == "__main__":
    kind, place, *rest = sys.argv[1:]
    if kind == "part":
        part(Path(place), int(rest[0]), slowly=len(rest) > 1)
    else:
        whole(Path(place), rest[0], int(rest[1]), int(rest[2]))
