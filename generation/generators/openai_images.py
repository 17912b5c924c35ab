"""The OpenAI images endpoint as a generator; also any server of Stable Diffusion or Flux that speaks it.

Prompts leave this machine. Nothing that comes back is believed: answers are bounded in size and time, pictures are
checked before they are unpacked, and a picture that comes as an address is not fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from generation.errors import DrawingError
from generation.requests import MOST_PICTURES, Candidate, DrawRequest, Preview

if TYPE_CHECKING:
    import openai
    from PIL.Image import Image

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-image-1-mini"

# Ten pictures of 1,536 x 1,024 in base64 are about 40 MB.
_LARGEST_ANSWER = 160 << 20
_LONGEST_MESSAGE = 200
# These always answer in base64 and refuse to be asked for it.
_BASE64_ALREADY = ("gpt-image", "chatgpt-image")
_REFUSALS = ("moderation_blocked", "content_policy_violation", "content_filter")


@dataclass(frozen=True)
class OpenAIImages:
    """A model behind the images endpoint.

    The endpoint takes no seed: a candidate keeps the seed of its request, but the same seed gives another picture, and
    its score is 0. `seconds` is the longest that one call may last; nothing is tried twice, because each try is paid.
    """

    model: str = DEFAULT_MODEL
    api_key: str = field(default="", repr=False)
    base_url: str = OPENAI_URL
    size: str = "1024x1024"
    seconds: float = 120.0

    @property
    def sampling(self) -> None:
        """The server's own affair."""

    def unread(self, prompt: str) -> str:
        """Nothing: these models read long prompts."""
        return ""

    def unshown(self, images: Sequence[Image], caption: str) -> list[tuple[str, ...]]:
        """Nothing: nobody looks here."""
        return [()] * len(images)

    @property
    def host(self) -> str:
        """The server's name, which is all that is told of its address."""
        return urlsplit(self.base_url).hostname or self.base_url

    def draw(self, requests: Sequence[DrawRequest]) -> list[Candidate]:
        """Draw 1 to 10 pictures, one call for each distinct prompt; candidates come in the order of the requests.

        Raises DrawingError where the server refuses, fails, is late, or sends what is no picture.
        """
        if not 1 <= len(requests) <= MOST_PICTURES:
            raise DrawingError(f"{len(requests)} pictures were asked for; ask for 1 to {MOST_PICTURES} at a time.")
        if not self.api_key and self.base_url == OPENAI_URL:
            raise DrawingError("Drawing with OpenAI needs a key; set OPENAI_API_KEY, or draw with doodle.")
        pictures: dict[int, Image] = {}
        by_prompt: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            by_prompt.setdefault(_full_prompt(request), []).append(index)
        for prompt, indices in by_prompt.items():
            pictures |= zip(indices, self._pictures(prompt, len(indices)), strict=True)
        return [
            Candidate(
                image=pictures[index],
                seed=request.seed,
                score=0.0,
                model=self.model,
                revision=self.host,
                settings=None,
                codes=(),
            )
            for index, request in enumerate(requests)
        ]

    def stream(self, requests: Sequence[DrawRequest], *, previews: int = 0) -> Iterator[Preview | list[Candidate]]:
        """Only the candidates: the endpoint shows no previews that cost nothing."""
        yield self.draw(requests)

    def _pictures(self, prompt: str, count: int) -> list[Image]:
        import httpx2
        import openai

        from generation.generators.bounded_http import BoundedTransport

        transport = BoundedTransport(_LARGEST_ANSWER, self.seconds)
        options: dict[str, Any] = {"n": count, "size": self.size}
        if not self.model.startswith(_BASE64_ALREADY):
            options["response_format"] = "b64_json"
        with openai.OpenAI(
            api_key=self.api_key or "none",  # compatible servers want one, whatever it is
            base_url=self.base_url,
            max_retries=0,
            timeout=self.seconds,
            http_client=httpx2.Client(transport=transport, timeout=self.seconds),
        ) as client:
            try:
                answer = client.images.generate(model=self.model, prompt=prompt, **options)
            except openai.OpenAIError as error:
                raise self._refusal(error) from error
            except (ValueError, RecursionError, TypeError, AttributeError) as error:
                raise DrawingError(f"{self.host} answers something that is no list of pictures.") from error
        return self._decoded(answer, count)

    def _decoded(self, answer: Any, count: int) -> list[Image]:
        from generation.generators.received_pictures import picture_from_base64

        entries = getattr(answer, "data", None)
        entries = entries if isinstance(entries, list) else []
        if len(entries) < count:
            raise DrawingError(f"{self.host} sent {len(entries)} pictures of {count}; draw again, or draw fewer.")
        encoded = [getattr(entry, "b64_json", None) for entry in entries[:count]]
        texts = [text for text in encoded if isinstance(text, str) and text]
        if len(texts) < count:
            raise DrawingError(
                f"{self.host} sent no picture but an address or nothing; set that server to answer with b64_json."
            )
        return [picture_from_base64(text, self.host) for text in texts]

    def _refusal(self, error: openai.OpenAIError) -> DrawingError:
        """An error of the client, in words for the person who waits; what the server says is cut and cleaned."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return DrawingError(f"{self.host} did not answer in {self.seconds:g} s; try again, or draw with doodle.")
        if isinstance(error, openai.APIConnectionError):
            return DrawingError(f"{self.host} cannot be reached ({_printable(str(error.__cause__ or error))}).")
        body = getattr(error, "body", None)
        own_words = body.get("message") if isinstance(body, dict) else None
        said = _printable(own_words if isinstance(own_words, str) else str(error))
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return DrawingError(f"{self.host} does not accept the key; check OPENAI_API_KEY.")
        if isinstance(error, openai.RateLimitError):
            return DrawingError(f"{self.host} takes no more pictures now: {said}")
        if str(getattr(error, "code", None)) in _REFUSALS:
            return DrawingError(f"{self.host} refuses to draw this: {said} Change the prompt, or draw with doodle.")
        return DrawingError(f"{self.host} did not draw: {said}")


def _full_prompt(request: DrawRequest) -> str:
    """The endpoint has no negative prompt, so what to leave out is said in words."""
    return f"{request.prompt}\nWithout: {request.negative_prompt}" if request.negative_prompt else request.prompt


def _printable(text: str) -> str:
    """One line without control characters, which could write over a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text[: 2 * _LONGEST_MESSAGE])[
        :_LONGEST_MESSAGE
    ]
