"""The accounts of the local networks and what they are unlocked by, checked as the networks check it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, unquote

ACCESS_SECONDS = {"x": 7_200.0, "linkedin": 60 * 86_400.0}
CODE_SECONDS = 30.0
CLOCK_SECONDS = 300.0
"""How far an OAuth 1.0a timestamp may be off."""


@dataclass(frozen=True)
class Account:
    """Someone who can post: their id on the network, and the keys of OAuth 1.0a (X only)."""

    network: str
    id: str
    name: str
    consumer_key: str = ""
    consumer_secret: str = ""
    access_token: str = ""
    access_token_secret: str = ""


@dataclass(frozen=True)
class Grant:
    """An OAuth 2 access token as the network remembers it."""

    account: Account
    access_token: str
    refresh_token: str
    client_id: str
    scopes: frozenset[str]
    expires_at: float


@dataclass(frozen=True)
class Permission:
    """What somebody allowed on the consent page, until the app fetches its token for it."""

    account: Account
    client_id: str
    redirect: str
    scopes: frozenset[str]
    challenge: str
    expires_at: float


@dataclass
class Tokens:
    """All accounts and tokens of both networks."""

    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Grant] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    _nonces: set[str] = field(default_factory=set)

    def add(self, account: Account) -> Account:
        """Let someone in."""
        self.accounts[account.network, account.id] = account
        return account

    def grant(self, account: Account, client_id: str, scopes: frozenset[str]) -> Grant:
        """A new access token with a new refresh token."""
        made = Grant(
            account,
            f"{account.network}-access-{secrets.token_urlsafe(24)}",
            f"{account.network}-refresh-{secrets.token_urlsafe(24)}",
            client_id,
            scopes,
            time.time() + ACCESS_SECONDS[account.network],
        )
        self.remember(made)
        return made

    def remember(self, made: Grant) -> None:
        """Accept a token from now on."""
        self.grants[made.access_token] = made
        self.refreshes[made.refresh_token] = made

    def permit(self, account: Account, client_id: str, redirect: str, scopes: frozenset[str], challenge: str) -> str:
        """The code that the browser takes back to the app: good once, and for half a minute as on X."""
        code = secrets.token_urlsafe(24)
        ends = time.time() + CODE_SECONDS
        self.permissions[code] = Permission(account, client_id, redirect, scopes, challenge, ends)
        return code

    def redeem(self, code: str, client_id: str, redirect: str, verifier: str) -> Grant | None:
        """A token for a code (RFC 6749, 4.1.3; RFC 7636, 4.6). None for a used, late or wrong one."""
        given = self.permissions.pop(code, None)
        if given is None or given.expires_at < time.time():
            return None
        if (given.client_id, given.redirect) != (client_id, redirect):
            return None
        if given.challenge and given.challenge != challenge_of(verifier):
            return None
        return self.grant(given.account, client_id, given.scopes)

    def refresh(self, refresh_token: str, client_id: str) -> Grant | None:
        """Use up a refresh token: its access token ends, and new ones come instead. None for a used or wrong one."""
        old = self.refreshes.get(refresh_token)
        if old is None or old.client_id != client_id:
            return None
        del self.refreshes[refresh_token]
        self.grants.pop(old.access_token, None)
        return self.grant(old.account, client_id, old.scopes)

    def end_access(self, network: str) -> None:
        """Let every access token of a network run out."""
        self.grants = {
            token: replace(grant, expires_at=0.0) if grant.account.network == network else grant
            for token, grant in self.grants.items()
        }

    def revoke(self, network: str) -> None:
        """Take back every token of a network, as an owner does who removes the app."""
        self.grants = {k: g for k, g in self.grants.items() if g.account.network != network}
        self.refreshes = {k: g for k, g in self.refreshes.items() if g.account.network != network}

    def bearer(self, network: str, authorization: str) -> Grant | None:
        """The grant of a bearer header, if it is known and has not run out."""
        scheme, _, token = authorization.partition(" ")
        grant = self.grants.get(token) if scheme.lower() == "bearer" else None
        return grant if grant and grant.account.network == network and grant.expires_at > time.time() else None

    def signed(self, authorization: str, method: str, address: str, form: Mapping[str, str]) -> Account | None:
        """The account that signed a request with OAuth 1.0a (RFC 5849, HMAC-SHA1), or None.

        `address` is the full URL with its query; `form` holds a form-encoded body's fields, which are signed too.
        """
        given = _oauth_fields(authorization)
        account = next(
            (a for a in self.accounts.values() if a.access_token and a.access_token == given.get("oauth_token")), None
        )
        if account is None or given.get("oauth_consumer_key") != account.consumer_key:
            return None
        if given.get("oauth_signature_method") != "HMAC-SHA1" or not _recent(given.get("oauth_timestamp", "")):
            return None
        signature = given.pop("oauth_signature", "")
        if not hmac.compare_digest(signature.encode(), sign(account, method, address, {**given, **form}).encode()):
            return None
        nonce = f"{given['oauth_timestamp']} {given.get('oauth_nonce', '')}"
        if nonce in self._nonces:
            return None
        self._nonces.add(nonce)
        return account


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def sign(account: Account, method: str, address: str, fields: Mapping[str, str]) -> str:
    """The OAuth 1.0a signature of a request (RFC 5849, 3.4)."""
    base_address, _, query = address.partition("?")
    pairs = [*fields.items(), *parse_qsl(query, keep_blank_values=True)]
    normal = "&".join(f"{name}={value}" for name, value in sorted((_escaped(n), _escaped(v)) for n, v in pairs))
    base = "&".join(map(_escaped, (method.upper(), base_address, normal)))
    key = f"{_escaped(account.consumer_secret)}&{_escaped(account.access_token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


def _escaped(value: str) -> str:
    return quote(value, safe="-._~")


def _oauth_fields(authorization: str) -> dict[str, str]:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {name: unquote(value.strip('"')) for name, _, value in pairs if name.startswith("oauth_")}


def _recent(timestamp: str) -> bool:
    return timestamp.isdigit() and abs(int(timestamp) - time.time()) <= CLOCK_SECONDS
