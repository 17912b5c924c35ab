"""A whole fine-tuning: the data of a plan gathered and split, each part trained in turn, a bundle at the end.

The VQGAN comes first, since the seq2seq learns its codes. Everything lies in a work folder and is taken up again from
there: `data/`, `codes/`, a folder a part, and `bundle/`, which the registry copies only when it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.experimental import multihost_utils
from PIL import Image

from generation.clip import params as clip_params
from generation.clip.scoring import load_tokenizer
from generation.dalle import params as dalle_params
from generation.generators.dalle_mini import DalleMini
from generation.models import ModelRegistry
from generation.models.bundle import ModelBundle
from generation.models.manifest import checked_name
from generation.requests import DrawRequest, SamplingSettings
from generation.training.data.captions import Captions
from generation.training.data.encoded import encoded
from generation.training.data.gathering import Gathered, gather
from generation.training.data.loading import Examples, blank_captions
from generation.training.data.pictures import Pixels
from generation.training.data.splitting import Split, split
from generation.training.data.table import Table
from generation.training.errors import TrainingError
from generation.training.tuning.descent import Task
from generation.training.tuning.devices import Devices
from generation.training.tuning.lock import alone_in
from generation.training.tuning.loop import Lesson, Progress, Training
from generation.training.tuning.plan import Course, Plan
from generation.training.tuning.sheet import Line, before_after
from generation.training.tuning.transformer_tasks import ClipTask, Seq2seqTask
from generation.training.tuning.tuned import (
    SHEET_NAME,
    Outcome,
    begin_bundle,
    describe,
    outcome_line,
    write_network,
)
from generation.training.tuning.vqgan_task import VqganTask
from generation.vqgan import params as vqgan_params

Say = Callable[[str], None]
Report = Callable[[Progress], None]

SHEET_PROMPTS, SHEET_DRAWS = 6, 2


@dataclass(frozen=True)
class Ended:
    """What a training left: the bundle in the registry (on the process that leads), and each part's figures."""

    bundle: ModelBundle | None
    outcomes: Mapping[str, Outcome]


def fine_tune(
    plan: Plan,
    registry: ModelRegistry,
    work: Path,
    say: Say,
    report: Report = lambda progress: None,
) -> Ended:
    """Train what the plan names and add the result to the registry; run again, it goes on where it was stopped.

    Raises TrainingError for data, layers or folders that do not fit, and where a loss is no number; ModelFileError or
    GenerationError for a parent that is not sound or a name that is taken, before anything is trained.
    """
    checked_name(plan.name, "name")
    registry.refuse_taken(plan.name)
    parent = registry.find(plan.parent)
    devices = Devices()
    with ExitStack() as held:
        if devices.leads:
            held.enter_context(alone_in(work))
        making = Making(plan, parent, work, devices, say if devices.leads else lambda text: None, report)
        outcomes: dict[str, Outcome] = {}
        if plan.parts.vqgan:
            outcomes["vqgan"] = making.train_vqgan()
        if plan.parts.encoder or plan.parts.decoder:
            outcomes["seq2seq"] = making.train_seq2seq()
        if plan.parts.clip:
            outcomes["clip"] = making.train_clip()
        if not devices.leads:
            return Ended(None, outcomes)
        making.draw_sheet()
        manifest = describe(plan, parent, making.data, making.parts_of_data, outcomes)
        return Ended(registry.add(making.bundle, name=plan.name, manifest=manifest), outcomes)


class Making:
    """One fine-tuning under way."""

    def __init__(self, plan: Plan, parent: ModelBundle, work: Path, devices: Devices, say: Say, report: Report) -> None:
        self._plan, self._parent, self._work, self._devices = plan, parent, work, devices
        self._say, self._report = say, report
        self.bundle = work / "bundle"
        table = Table.at(Path(plan.data), Path(plan.pictures) if plan.pictures else None)
        self.data: Gathered = self._first_here(lambda: gather(table, parent.picture_size, work / "data"))
        self.parts_of_data: Split = split(self.data.captions, plan.seed, validation=plan.validation, test=plan.test)
        say(self.data.summary())
        if devices.leads:  # nobody else: it removes what was there, and the others may read it already
            begin_bundle(parent, self.bundle)
        self._together("the bundle is begun")
        self._belongs_to = f"{plan.digest()} {parent.revision} {self.data.digest}"

    def train_vqgan(self) -> Outcome:
        """Train the VQGAN and write it into the bundle."""
        course = self._plan.vqgan
        folder = self.bundle / "vqgan"
        vqgan = vqgan_params.load_vqgan(folder, dtype=_dtype(course))
        clip = None
        if course.perceptual:
            if self._parent.clip_folder is None:
                raise TrainingError("vqgan.perceptual looks with the parent's CLIP, and it has none; set it to 0.")
            clip = clip_params.load_clip(self._parent.clip_folder)
        task = VqganTask(vqgan, clip, self._plan.parts, course, self._plan.seed)
        columns = {"pixels": self.data.pixels}
        return self._train("vqgan", task, columns, course, vqgan, vqgan_params.published_weights, folder)

    def train_seq2seq(self) -> Outcome:
        """Train encoder and decoder on the codes of the bundle's VQGAN, and write them into the bundle."""
        course = self._plan.seq2seq
        model = dalle_params.load_dalle(self.bundle, dtype=_dtype(course))
        captions = Captions(self.bundle, model.config)
        ids, lengths = captions(self.data.captions)
        codes = self._first_here(
            lambda: encoded(self.bundle / "vqgan", self.data.pixels, self.data.digest, self._work / "codes", self._say)
        )
        blank_ids, blank_length = captions.blank()
        task = Seq2seqTask(model, self._plan.parts, course, self._plan.seed)
        return self._train(
            "seq2seq",
            task,
            {"ids": ids, "lengths": lengths, "codes": codes},
            course,
            model,
            dalle_params.published_weights,
            self.bundle,
            blank_captions(blank_ids, blank_length, course.blank_share),
        )

    def train_clip(self) -> Outcome:
        """Train both towers, and write them into the bundle."""
        course, folder = self._plan.clip, self.bundle / "clip"
        if self._parent.clip_folder is None:
            raise TrainingError(f"parts.clip: {self._parent.name} has no CLIP to train.")
        clip = clip_params.load_clip(folder, dtype=_dtype(course))
        encodings = load_tokenizer(folder / "tokenizer.json", clip).encode_batch(list(self.data.captions))
        columns = {
            "ids": np.array([one.ids for one in encodings], np.int32),
            "mask": np.array([one.attention_mask for one in encodings], np.int32),
            "pixels": _resized(self.data.pixels, clip.config.image_size),
        }
        task = ClipTask(clip, self._plan.parts, course, self._plan.seed)
        return self._train("clip", task, columns, course, clip, clip_params.published_weights, folder)

    def draw_sheet(self) -> None:
        """Draw the plan's prompts, or captions of the test split, with the parent and with the result."""
        prompts: Sequence[str] = self._plan.prompts
        real: Sequence[Image.Image | None] = [None] * len(prompts)
        if not prompts:
            places = self.parts_of_data.test[:SHEET_PROMPTS]
            prompts = [self.data.captions[place] for place in places]
            real = [Image.fromarray(self.data.pixels[place]) for place in places]
        self._say("drawing the sheet")
        sampling = self._parent.manifest.sampling
        before, after = (_drawn(folder, prompts, sampling) for folder in (self._parent.folder, self.bundle))
        lines = [Line(*shown) for shown in zip(prompts, before, after, real, strict=True)]
        before_after(lines).save(self.bundle / SHEET_NAME)

    def _train(
        self,
        part: str,
        task: Task,
        columns: Mapping[str, Any],
        course: Course,
        model: Any,
        published: Callable[..., Mapping[str, Any]],
        folder: Path,
        change: Any = None,
    ) -> Outcome:
        shares = self.parts_of_data
        train, validation, test = (Examples(columns, p) for p in (shares.train, shares.validation, shares.test))
        lesson = Lesson(train, validation, self._describe_row, change)
        place = self._work / part
        training = Training(
            part, task, lesson, course, self._plan.seed, self._devices, place, self._belongs_to, self._report
        )
        learned = training.run()
        before = training.figure(self._devices.place(task.begin()["average"]), test)
        after = training.figure(learned.parameters, test)
        outcome = Outcome(task.unit, before, after, learned.best_step, list(learned.curve))
        self._say(outcome_line(part, outcome))
        if self._devices.leads:
            _fill(model, task.whole({name: jnp.asarray(np.asarray(x)) for name, x in learned.parameters.items()}))
            write_network(folder, model, published)
        self._together(f"{part} is written")
        return outcome

    def _describe_row(self, place: int) -> str:
        return f"row {self.data.rows[place]} ({self.data.captions[place][:60]!r})"

    def _first_here(self, make: Callable[[], Any]) -> Any:
        """What the leading process makes on the shared disk first, and the others find there."""
        made = make() if self._devices.leads else None
        self._together("made")
        return made if self._devices.leads else make()

    def _together(self, what: str) -> None:
        if self._devices.share.of > 1:
            multihost_utils.sync_global_devices(what)


def _dtype(course: Course) -> Any:
    return jnp.bfloat16 if course.precision == "bfloat16" else jnp.float32


def _fill(model: nnx.Module, parameters: Mapping[str, jax.Array]) -> None:
    """Put trained parameters into the network that they were taken from."""
    for path, variable in nnx.to_flat_state(nnx.state(model)):
        variable.set_value(parameters["/".join(map(str, path))])


def _resized(pixels: Pixels, size: int) -> Pixels:
    if pixels.shape[1] == size:
        return pixels
    return np.stack([np.asarray(Image.fromarray(one).resize((size, size), Image.Resampling.BICUBIC)) for one in pixels])


def _drawn(folder: Path, prompts: Sequence[str], sampling: SamplingSettings) -> list[list[Image.Image]]:
    """So many draws of each prompt; seeds are 0, 1, ... for each."""
    model = DalleMini.load(folder)
    drawn = []
    for prompt in prompts:
        requests = [DrawRequest(prompt, seed, settings=sampling) for seed in range(SHEET_DRAWS)]
        drawn.append([candidate.image for candidate in model.draw(requests)])
    return drawn
