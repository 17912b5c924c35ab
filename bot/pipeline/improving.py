"""Improving a prompt before the candidates are drawn: variants drawn small, judged by the CLIP beside a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bot.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

    from generation.generators import DrawRequest
    from generation.prompting import Brief


class Draws(Protocol):
    """What draws: see `generation.generators`."""

    def stream(self, requests: Sequence[DrawRequest], *, previews: int) -> Iterator[Any]:
        """Previews on the way, and the list of candidates last."""


DEFAULT_MODEL = "doodle"
"""Whose CLIP judges where the model in use brings none."""


def clip_folder(settings: Settings) -> Path:
    """The CLIP beside the model in use, else doodle's."""
    from bot.pipeline.generators import asks_a_server
    from generation.models import ModelRegistry

    registry = ModelRegistry(settings.models_dir)
    names = [DEFAULT_MODEL] if asks_a_server(settings.model) else [settings.model, DEFAULT_MODEL]
    folders = [registry.find(name).folder / "clip" for name in names]
    return next((folder for folder in folders if (folder / "config.json").exists()), folders[-1])


def drawing_with(model: Draws) -> Callable[[Sequence[str], Sequence[int]], list[Image]]:
    """Draws prompts with as many seeds at the model's own size, as many in one go as it takes."""
    from generation.generators import MOST_PICTURES, DrawRequest

    def draw(prompts: Sequence[str], seeds: Sequence[int]) -> list[Image]:
        requests = [DrawRequest(prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        images: list[Image] = []
        for start in range(0, len(requests), MOST_PICTURES):
            for event in model.stream(requests[start : start + MOST_PICTURES], previews=0):
                if isinstance(event, list):
                    images += [candidate.image for candidate in event]
        return images

    return draw


def improved(settings: Settings, model: Draws, brief: Brief, seed: int) -> Brief:
    """The brief with the best of the prompts that were tried, and a notice that tells all of them."""
    from generation.clip.scoring import ClipScorer
    from generation.prompting.optimise import search

    scorer = ClipScorer.load(clip_folder(settings))
    made = search(drawing_with(model), scorer, brief.prompt, brief.negative, seed)
    told = "; ".join(f"{item.prompt} ({item.score:.2f})" for item in made.tried)
    return replace(brief, prompt=made.best.prompt, notices=(*brief.notices, f"Prompts tried, best kept: {told}."))
