"""What an account's token has to allow: asked for on the consent page, and checked in what was granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["person", "organization"]

X_SCOPES = frozenset({"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"})
LINKEDIN_SCOPES: Mapping[str, frozenset[str]] = {
    "person": frozenset({"openid", "profile", "w_member_social"}),
    "organization": frozenset({"w_organization_social", "r_organization_social"}),
}


def scopes_of(network: str, kind: Kind = "person") -> frozenset[str]:
    """The scopes for posting; on X a person's and an organisation's account are alike."""
    return X_SCOPES if network == "x" else LINKEDIN_SCOPES[kind]
