"""Signing a finished picture or carousel: its metadata out, its credentials in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from hashlib import sha256
from hmac import new as keyed_hash
from importlib.metadata import version
from typing import TYPE_CHECKING

from bot.errors import EaselError, Misuse
from bot.provenance.engine import mime_type, offline
from bot.provenance.facts import Drawing, Facts, manifest
from bot.provenance.identity import Identity
from bot.provenance.metadata import labelled
from bot.provenance.reading import State, read_credentials

if TYPE_CHECKING:
    from bot.settings import Settings


@dataclass(frozen=True)
class Signer:
    """Signs pictures with one identity. Safe to share between threads."""

    identity: Identity

    @classmethod
    def open(cls, settings: Settings) -> Signer:
        """The signer of these settings, tried on a small picture.

        Raises:
            Misuse: the certificate or its key cannot sign credentials that verify.
        """
        from PIL import Image

        signer = cls(Identity.open(settings))
        trial = io.BytesIO()
        Image.new("RGB", (16, 16)).save(trial, "PNG")
        try:
            signer.sign(trial.getvalue(), Facts((Drawing("trial", "1", 0, ""),)))
        except EaselError as error:
            raise Misuse(f"{signer.identity.file} cannot sign pictures: {error}") from None
        return signer

    def sign(self, data: bytes, facts: Facts) -> bytes:
        """The PNG or JPEG (without other metadata) or PDF with signed credentials; the pixels stay as they are.

        Two signatures of one picture differ (each has an id and a time of its own); what they say does not.

        Raises:
            EaselError: it is no such file, or what was signed does not verify.
        """
        import c2pa

        kind = mime_type(data)
        plain = data if kind == "application/pdf" else labelled(data)
        identity = self.identity
        signed = io.BytesIO()
        try:
            key = c2pa.C2paSignerInfo(identity.algorithm, identity.chain, identity.key, None)  # no time stamp authority
            with (
                c2pa.Signer.from_info(key) as signer,
                offline(identity.anchor) as context,
                c2pa.Builder(manifest(facts, version("easel-bot")), context=context) as builder,
            ):
                builder.sign(signer, kind, io.BytesIO(plain), signed)
        except c2pa.C2paError as error:
            raise EaselError(f"The content credentials could not be signed ({error}).") from None
        found = read_credentials(signed.getvalue(), identity.anchor)
        if found.state is not State.TRUSTED:
            raise EaselError(f"The signed credentials do not verify ({'; '.join(found.problems)}).")
        return signed.getvalue()

    def unreadable(self, person: str) -> str:
        """A person's id as a hash that only who has this signer's key can make, and so compare."""
        return keyed_hash(sha256(self.identity.key).digest(), person.encode(), sha256).hexdigest()
