"""The publishers' peers: local networks in a process of their own, spoken to over HTTP."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from playground.networks.process import LocalNetworks, running_networks
from publishers import (
    LinkedInPublisher,
    OAuth1Token,
    OAuth2Token,
    Publication,
    Secret,
    Timeouts,
    XPublisher,
    saving,
)

PATIENCE = Timeouts(connect=2.0, read=1.0, whole=3.0)


@pytest.fixture(scope="session")
def running():
    with running_networks() as networks:
        yield networks


@pytest.fixture
def networks(running):
    """Both networks with nothing on them yet."""
    running.reset()
    return running


@pytest.fixture
def png() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((48, 32), 60).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


class Tokens:
    """What a bot keeps of an account: the token, and every one that came after it."""

    def __init__(self, token: OAuth2Token) -> None:
        self.saved = [token]

    def save(self, token: OAuth2Token) -> None:
        self.saved.append(token)


def account(networks: LocalNetworks, account_id: str) -> dict:
    return next(account for account in networks.accounts() if account["id"] == account_id)


def oauth2(known: dict) -> OAuth2Token:
    grant = known["oauth2"]
    return OAuth2Token(
        access_token=Secret(grant["access_token"]),
        client_id=grant["client_id"],
        refresh_token=Secret(grant["refresh_token"]),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        scopes=frozenset(grant["scopes"]),
    )


@pytest.fixture
def x_tokens(networks) -> Tokens:
    return Tokens(oauth2(account(networks, "1001")))


@pytest.fixture
def x(networks, x_tokens) -> XPublisher:
    return XPublisher(
        x_tokens.saved[0],
        rotate=saving(x_tokens.save),
        address=networks.x,
        web_address=networks.x,
        timeouts=PATIENCE,
        settling=timedelta(0),
    )


@pytest.fixture
def x_oauth1(networks) -> XPublisher:
    known = account(networks, "1001")
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    token = OAuth1Token(*(Secret(known[name]) for name in names))
    return XPublisher(token, address=networks.x, web_address=networks.x, timeouts=PATIENCE, settling=timedelta(0))


def linkedin_publisher(networks: LocalNetworks, author: str, tokens: Tokens | None = None, **options):
    token = oauth2(account(networks, author)) if tokens is None else tokens.saved[0]
    return LinkedInPublisher(
        author,
        token,
        rotate=saving((tokens or Tokens(token)).save),
        address=networks.linkedin,
        login_address=networks.linkedin,
        web_address=networks.linkedin,
        timeouts=PATIENCE,
        settling=timedelta(0),
        grace=0.05,
        **options,
    )


@pytest.fixture
def person(networks) -> LinkedInPublisher:
    return linkedin_publisher(networks, "urn:li:person:ada1815")


@pytest.fixture
def organization_tokens(networks) -> Tokens:
    return Tokens(oauth2(account(networks, "urn:li:organization:2001")))


@pytest.fixture
def organization(networks, organization_tokens) -> LinkedInPublisher:
    return linkedin_publisher(networks, "urn:li:organization:2001", organization_tokens)


@pytest.fixture
def make_publication():
    def make(text: str = "no cap, the fox ate", media=(), **changes) -> Publication:
        return Publication("p-1", text, datetime.now(UTC), tuple(media), **changes)

    return make
