"""How the C2PA library is set: it verifies against what it is given, and opens no connection whatsoever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishers.pictures import picture_kind

if TYPE_CHECKING:
    import c2pa

MIME_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def mime_type(data: bytes) -> str:
    """What the first bytes announce: a picture, a PDF, or "" for anything else."""
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    return MIME_TYPES.get(picture_kind(data) or "", "")


def offline(anchor: bytes = b"") -> c2pa.Context:
    """A context without remote manifests, revocation lookups and shipped trust lists; `anchor` (PEM) is trusted."""
    import c2pa

    settings = {
        "version": 1,
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"allowed_network_hosts": []},
        "builder": {"thumbnail": {"enabled": False}},  # a small copy of the picture inside itself
    }
    if anchor:
        settings["trust"] = {"user_anchors": anchor.decode()}
    return c2pa.Context.from_dict(settings)
