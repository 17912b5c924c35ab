"""Reading the credentials of any file: whose they are, what they say, and whether the bytes are still those signed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from bot.errors import EaselError
from bot.provenance.engine import mime_type, offline
from bot.provenance.facts import GENERATION, TRAINED_ALGORITHMIC_MEDIA

UNTRUSTED = "signingCredential.untrusted"


class State(StrEnum):
    """What became of a file's credentials."""

    NONE = "none"
    TRUSTED = "trusted"
    """Unchanged since it was signed, by this Easel's certificate."""
    VALID = "valid"
    """Unchanged since it was signed, by somebody whom nobody here vouches for."""
    INVALID = "invalid"
    """Damaged, changed after it was signed, or signed wrongly."""


@dataclass(frozen=True)
class Credentials:
    """What a file's credentials say.

    Attributes:
        state: whether they hold.
        problems: in words, what does not.
        signer: the name on the certificate, with its organisation.
        generator: the program that wrote them.
        made_with_ai: whether they say that a model made the picture.
        generation: how Easel made it (pictures, approved_by, approver); None in others' files.
    """

    state: State
    problems: tuple[str, ...] = ()
    signer: str = ""
    generator: str = ""
    made_with_ai: bool = False
    generation: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return {**asdict(self), "problems": list(self.problems)}


def read_credentials(data: bytes, anchor: bytes = b"") -> Credentials:
    """Read and verify the credentials in a PNG, JPEG, WebP or PDF; `anchor` (PEM) is the certificate that is trusted.

    Raises:
        EaselError: it is no such file.
    """
    import c2pa

    kind = mime_type(data)
    if not kind:
        raise EaselError("This is no PNG, JPEG, WebP or PDF file: others are not looked into.")
    try:
        with offline(anchor) as context, c2pa.Reader(kind, io.BytesIO(data), context=context) as reader:
            report = json.loads(reader.json())
            state = reader.get_validation_state()
    except c2pa.C2paError.ManifestNotFound:
        return Credentials(State.NONE)
    except c2pa.C2paError as error:
        kept_elsewhere = str(error).startswith("Remote")
        return Credentials(State.NONE if kept_elsewhere else State.INVALID, (" ".join(str(error).split()),))
    return _summary(report, State(str(state).lower()))


def _summary(report: Mapping[str, Any], state: State) -> Credentials:
    """What a person wants to know of the library's report; what a foreign file asserts may have any shape."""
    manifest = report.get("manifests", {}).get(report.get("active_manifest"), {})
    asserted = [(str(item.get("label")), item.get("data")) for item in manifest.get("assertions", [])]
    signature = manifest.get("signature_info", {})
    generator = (manifest.get("claim_generator_info") or [{}])[0]
    return Credentials(
        state=state,
        problems=tuple(_problems(report)),
        signer=", ".join(str(signature[part]) for part in ("common_name", "issuer") if signature.get(part)),
        generator=" ".join(str(generator[part]) for part in ("name", "version") if generator.get(part)),
        made_with_ai=any(
            action.get("digitalSourceType") == TRAINED_ALGORITHMIC_MEDIA
            for label, data in asserted
            if label.startswith("c2pa.actions")
            for action in _tables(data, "actions")
        ),
        generation=next((data for label, data in asserted if label == GENERATION and _tables(data, "pictures")), None),
    )


def _tables(data: Any, key: str) -> list[dict[str, Any]]:
    """The tables in the list `key` of `data`, if it is anything like that."""
    listed = data.get(key) if isinstance(data, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _problems(report: Mapping[str, Any]) -> Iterator[str]:
    """What failed, in the library's words. That nobody here vouches for the signer is a state, not a failure."""
    for status in report.get("validation_status") or []:
        if status.get("code") != UNTRUSTED:
            yield f"{status.get('explanation') or ''} [{status.get('code')}]".strip()
