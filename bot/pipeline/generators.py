"""Who draws, by name: a model of `easel models list`, or a server that speaks OpenAI's images endpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Misuse
from bot.settings import Settings

if TYPE_CHECKING:
    from generation.generators import DalleMini, Generator

OPENAI = "openai"
"""`openai`, or `openai:MODEL`: the server of the setting images_url, or OpenAI's own."""

KEY = "OPENAI_API_KEY"
"""The environment variable that holds the key, as OpenAI's own tools call it; it is never a setting in a file."""


def asks_a_server(name: str) -> bool:
    """Whether prompts leave this machine for a generator of this name."""
    return name.partition(":")[0] == OPENAI


def refuse_unusable_generator(settings: Settings, name: str) -> None:
    """Raise before anything is kept or drawn: Misuse where a key is missing, GenerationError for no or a bad model."""
    if asks_a_server(name):
        if not settings.images_url and not os.environ.get(KEY):
            raise Misuse(
                f"Drawing with {name} needs a key: set {KEY}, or the setting images_url for a server of your own."
            )
        return
    from generation.models import ModelRegistry

    ModelRegistry(settings.models_dir).find(name)


def open_generator(settings: Settings, name: str) -> Generator:
    """Load the model of this name, or prepare to ask a server. Raises GenerationError for no or a bad model."""
    from generation.generators import OpenAIImages
    from generation.generators.openai_images import DEFAULT_MODEL, OPENAI_URL
    from generation.models import ModelRegistry

    if asks_a_server(name):
        model = name.partition(":")[2] or DEFAULT_MODEL
        return OpenAIImages(model, api_key=os.environ.get(KEY, ""), base_url=settings.images_url or OPENAI_URL)
    return load_model(ModelRegistry(settings.models_dir).find(name).folder, settings)


def load_model(folder: Path, settings: Settings) -> DalleMini:
    """Load the bundle in `folder` as the settings want it. Raises ModelFileError."""
    from generation.generators import DalleMini

    return DalleMini.load(
        folder, cache_dir=settings.cache / "jax", weights=settings.weights, codes_a_step=settings.codes_a_step
    )
