"""OpenAI's moderation model, or that of any server that speaks its protocol, for texts and pictures.

https://platform.openai.com/docs/api-reference/moderations. What is judged leaves this machine, so it is used only where
a policy names it, and only with a key in the environment.
"""

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING, Any

from moderation.errors import PolicyError
from moderation.policy import Policy
from moderation.verdicts import Finding

if TYPE_CHECKING:
    from openai import OpenAI
    from PIL import Image

DEFAULT_MODEL = "omni-moderation-latest"
DEFAULT_KEY = "OPENAI_API_KEY"
MAXIMUM_SIDE = 512
"""Pixels of what is sent; moderation needs no more, and the request stays under a megabyte."""

LONGEST_TEXT = 30_000
CATEGORIES = {
    "harassment": "harassment",
    "harassment/threatening": "threat",
    "hate": "hate",
    "hate/threatening": "hate",
    "illicit": "illegal",
    "illicit/violent": "illegal",
    "self-harm": "self-harm",
    "self-harm/instructions": "self-harm",
    "self-harm/intent": "self-harm",
    "sexual": "sexual",
    "sexual/minors": "sexual",
    "violence": "violence",
    "violence/graphic": "violence",
}
"""The protocol's categories and those of the policy."""


class OpenAiModeration:
    """Asks the server about each text or picture, once more if that fails; the seat makes *review* of a failure."""

    categories = tuple(dict.fromkeys(CATEGORIES.values()))

    def __init__(self, client: OpenAI, model: str) -> None:
        self.version = model
        self._client = client

    @classmethod
    def load(cls, policy: Policy) -> OpenAiModeration:
        """A client by `options.openai`: `base_url`, `model`, and `key_variable`, the environment variable with the key.

        Raises:
            PolicyError: no key in the environment.
        """
        from openai import OpenAI

        options = policy.options.get("openai", {})
        variable = str(options.get("key_variable", DEFAULT_KEY))
        key = os.environ.get(variable)
        if not key:
            raise PolicyError(
                f"{policy.path}: the moderator openai needs a key in the environment variable {variable}."
            )
        base_url = str(options["base_url"]) if "base_url" in options else None
        client = OpenAI(api_key=key, base_url=base_url, timeout=policy.time_limit_seconds, max_retries=1)
        return cls(client, str(options.get("model", DEFAULT_MODEL)))

    def examine(self, subject: str | Image.Image, /) -> list[Finding]:
        """One finding for each of the server's categories."""
        content: Any = subject[:LONGEST_TEXT] if isinstance(subject, str) else [_as_message(subject)]
        if not content:
            return []
        scores = self._client.moderations.create(model=self.version, input=content).results[0].category_scores
        found = scores.model_dump(by_alias=True)
        return [
            Finding(category, _checked(found[name], name), f"{category}: {name} to {self.version}")
            for name, category in CATEGORIES.items()
            if found.get(name) is not None
        ]


def _checked(score: Any, name: str) -> float:
    """A server's answer is not trusted to be a score."""
    if not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ValueError(f"the server's score for {name} is {score!r}, not a number from 0 to 1")
    return float(score)


def _as_message(image: Image.Image) -> dict[str, Any]:
    from moderation.pictures.reading import flatten

    small = flatten(image).copy()
    small.thumbnail((MAXIMUM_SIDE, MAXIMUM_SIDE))
    file = io.BytesIO()
    small.save(file, "JPEG")
    address = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
    return {"type": "image_url", "image_url": {"url": address}}
