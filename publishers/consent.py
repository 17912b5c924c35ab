"""Connecting an account through the browser: OAuth 2's authorization code flow (RFC 6749, 4.1), on X with PKCE.

    consent = ask_consent("x", app, redirect)     # keep it; send the person's browser to consent.address
    code = code_of(consent, query)                # the browser comes back to `redirect` with a query
    token = fetch_token(consent, app, code)       # once: a code is used up by asking

Nothing is kept here: a `Consent` is plain but for its verifier, so that whoever serves `redirect` may be another
process than the one that asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from publishers.answers import NAMES, Timeouts, failure, tidy
from publishers.credentials import OAuth2Token, renewed
from publishers.errors import Outcome, PublishError, Reason
from publishers.exchange import exchange
from publishers.scopes import Kind, scopes_of
from publishers.secret import Secret


@dataclass(frozen=True)
class App:
    """An app as it is registered at a network. LinkedIn gives each a secret; on X a public app has none."""

    client_id: str
    client_secret: Secret | None = None


@dataclass(frozen=True)
class Consent:
    """A person's way to a consent page and back. `state` comes back with them; `verifier` goes out with the code."""

    network: str
    address: str
    redirect: str
    state: str
    verifier: Secret


@dataclass(frozen=True)
class _Doors:
    """Where a network asks people and where it hands out tokens, below which addresses."""

    web_address: str
    consent_path: str
    grant_address: str
    grant_path: str
    pkce: bool


# Sources: the networks' published OAuth 2 pages, docs/networks.md. LinkedIn's flow with PKCE is for native apps that
# it admits one by one; the flow with the app's secret is for all.
_DOORS = {
    "x": _Doors(
        web_address="https://x.com",
        consent_path="/i/oauth2/authorize",
        grant_address="https://api.x.com",
        grant_path="/2/oauth2/token",
        pkce=True,
    ),
    "linkedin": _Doors(
        web_address="https://www.linkedin.com",
        consent_path="/oauth/v2/authorization",
        grant_address="https://www.linkedin.com",
        grant_path="/oauth/v2/accessToken",
        pkce=False,
    ),
}


def ask_consent(network: str, app: App, redirect: str, *, kind: Kind = "person", web_address: str = "") -> Consent:
    """Begin: the consent's `address` is where the person's browser has to go.

    `redirect` must be registered at the network, letter by letter. `kind` is whom the posts will be by.
    """
    doors = _doors_of(network)
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect,
        "scope": " ".join(sorted(scopes_of(network, kind))),
        "state": state,
    }
    if doors.pkce:
        query |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
    address = (web_address or doors.web_address).rstrip("/") + doors.consent_path
    return Consent(network, f"{address}?{urlencode(query)}", redirect, state, Secret(verifier))


def code_of(consent: Consent, query: Mapping[str, str]) -> Secret:
    """The code in the query that the browser came back with.

    Raises PublishError where the person declined, or where the query answers another consent than this.
    """
    name = NAMES[consent.network]
    if not hmac.compare_digest(query.get("state", "").encode("utf-8", "surrogatepass"), consent.state.encode()):
        raise PublishError(f"This answer of {name} belongs to another attempt: connect the account again.")
    if error := query.get("error", ""):
        said = tidy(query.get("error_description", "") or error)
        raise PublishError(
            f"{name} did not connect the account ({said}): connect it again and allow it.",
            reason=Reason.FORBIDDEN,
            network=consent.network,
        )
    if not query.get("code"):
        raise PublishError(f"{name} sent no code back: connect the account again.", network=consent.network)
    return Secret(query["code"])


def fetch_token(consent: Consent, app: App, code: Secret, *, token_address: str = "") -> OAuth2Token:
    """The token for a code. What scopes were granted is in it: LinkedIn drops some without a word."""
    doors, doing = _doors_of(consent.network), "connecting the account"
    fields = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": consent.redirect,
        "client_id": app.client_id,
    }
    authorization = None
    if doors.pkce:
        fields["code_verifier"] = consent.verifier.reveal()
        authorization = _basic(app) if app.client_secret else None
    elif app.client_secret:
        fields["client_secret"] = app.client_secret.reveal()
    try:
        answer = exchange(
            consent.network,
            "POST",
            (token_address or doors.grant_address).rstrip("/") + doors.grant_path,
            doing,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=Secret(urlencode(fields)),
            authorization=authorization,
            timeouts=Timeouts(),
        )
        if answer.status != 200:
            detail = answer.text("error_description") or answer.text("error")
            raise failure(consent.network, answer, detail, repeatable=True, doing=doing)
        return renewed(OAuth2Token(Secret(""), app.client_id, app.client_secret), answer.body, consent.network)
    except PublishError as error:
        raise _used_up(consent, error) from None


def _used_up(consent: Consent, error: PublishError) -> PublishError:
    """The code is gone, whatever went wrong: only the person can begin again."""
    if error.outcome is Outcome.REFUSED and error.reason is not Reason.UNREADABLE:
        return error
    what = f"{NAMES[consent.network]} did not give the account's token ({error.reason}): connect the account again."
    return PublishError(what, reason=error.reason, network=consent.network)


def _doors_of(network: str) -> _Doors:
    if network not in _DOORS:
        raise PublishError(f"There is no network {network[:40]!r} to connect to. Choose from {', '.join(_DOORS)}.")
    return _DOORS[network]


def _challenge(verifier: str) -> str:
    """RFC 7636, 4.2: the S256 challenge."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _basic(app: App) -> Secret:
    secret = app.client_secret.reveal() if app.client_secret else ""
    return Secret("Basic " + base64.b64encode(f"{app.client_id}:{secret}".encode()).decode())
