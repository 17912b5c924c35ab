"""One model for many who wait: what waits together is drawn in one decode, and nobody waits behind another's pile."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bot.pipeline.generators import load_model
from bot.pipeline.studio import Painter, Studio
from bot.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

    from generation.generators import DrawRequest, SamplingSettings

GATHERING_SECONDS = 0.2
"""How long a decode waits for more to draw; one takes seconds."""


DRAWING_FOR: ContextVar[str] = ContextVar("drawing_for", default="")
"""The person whose post this thread draws."""


class Model(Protocol):
    """What draws: see `generation.generators`."""

    @property
    def sampling(self) -> SamplingSettings:
        """How codes are drawn where a request does not say."""

    def unread(self, prompt: str) -> str:
        """The end of a prompt that is too long to be read."""

    def unshown(self, images: Sequence[Image], caption: str) -> list[tuple[str, ...]]:
        """For each picture what `caption` names and it may not show."""

    def stream(self, requests: Sequence[DrawRequest], *, previews: int) -> Iterator[Any]:
        """Previews on the way, and the list of candidates last."""


@dataclass(frozen=True, eq=False)
class Job:
    """What one post waits for. `events` brings previews, then a list of candidates or an exception."""

    person: str
    requests: Sequence[DrawRequest]
    previews: int
    events: queue.Queue[Any] = field(default_factory=queue.Queue)


def fair_batch(waiting: Sequence[Job], most: int) -> list[Job]:
    """The jobs to draw next, `most` pictures together at the most (one larger job goes alone).

    Whose share of the batch is smallest comes next, of equals who came first. So the oldest job is always drawn, and
    someone with one post waits for one decode, however many posts another person has waiting.
    """
    batch: list[Job] = []
    shares: dict[str, int] = {}
    left = list(waiting)
    while left:
        job = min(left, key=lambda item: shares.get(item.person, 0))
        left.remove(job)
        if not batch or sum(shares.values()) + len(job.requests) <= most:
            batch.append(job)
            shares[job.person] = shares.get(job.person, 0) + len(job.requests)
    return batch


class SharedModel:
    """Draws for many threads with one model, in a thread of its own."""

    def __init__(self, model_in_use: Callable[[], Model], most: int) -> None:
        self._model_in_use = model_in_use
        self._most = most
        self._waiting: list[Job] = []
        self._changed = threading.Condition()
        threading.Thread(target=self._draw_for_ever, name="shared-model", daemon=True).start()

    @property
    def sampling(self) -> SamplingSettings:
        """As the model in use draws."""
        return self._model_in_use().sampling

    def unread(self, prompt: str) -> str:
        """As the model in use reads."""
        return self._model_in_use().unread(prompt)

    def unshown(self, images: Sequence[Image], caption: str) -> list[tuple[str, ...]]:
        """As the model in use sees."""
        return self._model_in_use().unshown(images, caption)

    def stream(self, requests: Sequence[DrawRequest], *, previews: int = 0) -> Iterator[Any]:
        """As a model's `stream`, for one of many who wait."""
        job = Job(DRAWING_FOR.get(), requests, previews)
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()
        while True:
            event = job.events.get()
            if isinstance(event, BaseException):
                raise event
            yield event
            if isinstance(event, list):
                return

    def _draw_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                self._changed.wait(GATHERING_SECONDS)
                batch = fair_batch(self._waiting, self._most)
                self._waiting = [job for job in self._waiting if job not in batch]
            try:
                self._draw(batch)
            except BaseException as error:  # noqa: BLE001 - raised again in each thread that waits
                for job in batch:
                    job.events.put(error)

    def _draw(self, batch: Sequence[Job]) -> None:
        """Draw a batch and give each job its part of every event."""
        requests = [request for job in batch for request in job.requests]
        for event in self._model_in_use().stream(requests, previews=max(job.previews for job in batch)):
            start = 0
            for job in batch:
                part = slice(start, start := start + len(job.requests))
                if isinstance(event, list):
                    job.events.put(event[part])
                elif job.previews:
                    job.events.put(type(event)(event.step, event.steps, event.images[part]))


class SharingStudio(Studio):
    """The studio of a drawing worker: its model is shared, and follows `easel models use` without a restart."""

    def _load_painter(self, name: str) -> Painter:
        from generation.generators import MOST_PICTURES
        from generation.upscale import Upscaler

        if name != self.settings.model:
            return super()._load_painter(name)  # asked for by one post: whoever draws it needs no company
        shared = SharedModel(InUse(self.settings).model, MOST_PICTURES)
        return Painter(shared, Upscaler.load())  # type: ignore[arg-type]


class InUse:
    """The model that the settings name at the moment; a new one is loaded when it is first drawn with."""

    def __init__(self, settings: Settings) -> None:
        from generation.models import ModelRegistry, ModelSlot

        self._registry = ModelRegistry(settings.models_dir)
        self._name = settings.model
        self._slot = ModelSlot(lambda bundle: load_model(bundle.folder, settings), self._registry.find(settings.model))

    def model(self) -> Model:
        """The model to draw the next batch with; where the settings name one that is not sound, the last that was."""
        from generation.errors import GenerationError

        name = Settings().model
        if name != self._name:
            self._name = name  # tried once
            try:
                self._slot.swap(self._registry.find(name))
            except GenerationError as error:
                print(f"easel: {error} {self._slot.bundle.name} goes on drawing.", flush=True)  # noqa: T201
        return self._slot.get()
