"""The publishers' peers: local networks in a process of their own, spoken to over HTTP."""

import contextlib
import io
import socket
import traceback
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from playground.networks.process import LocalNetworks
from publishers import (
    LinkedInPublisher,
    OAuth1Token,
    OAuth2Token,
    Publication,
    PublishError,
    Secret,
    Timeouts,
    XPublisher,
)

PATIENCE = Timeouts(connect=20.0, read=30.0, whole=60.0)
IMPATIENCE = Timeouts(connect=5.0, read=0.5, whole=2.0)


def failure(publisher, publication) -> PublishError:
    """The error that posting meets."""
    with pytest.raises(PublishError) as caught:
        publisher.create(publication)
    return caught.value


def seen(error: PublishError) -> str:
    """All that an error shows wherever it is printed, the variables of its traceback too."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    chain = [error.__cause__, error.__context__]
    return "".join([*lines, *map(repr, chain), repr(error), str(error), repr(error.args)])


def saving(save):
    """The simplest `Rotate`, for a single process: refresh, `save`, use."""

    def rotate(stale, refresh):
        fresh = refresh(stale)
        save(fresh)
        return fresh

    return rotate


@pytest.fixture
def networks(networks_process):
    """Both networks with nothing on them yet."""
    networks_process.reset()
    return networks_process


@pytest.fixture
def unanswered():
    """An address whose connections hang: nobody accepts there, and its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        probe = stack.enter_context(socket.socket())
        probe.settimeout(0.3)
        if probe.connect_ex(listener.getsockname()) == 0:
            pytest.skip("this system queues more connections than it was asked to")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


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


@pytest.fixture
def linkedin_token(networks):
    """The OAuth 2 token of an author on the local LinkedIn."""
    return lambda author: oauth2(account(networks, author))


@pytest.fixture
def linkedin(networks, linkedin_token):
    """Makes publishers for authors, with whatever options differ from those of an impatient test."""

    def make(author: str, token: OAuth2Token | None = None, **options) -> LinkedInPublisher:
        addresses = dict.fromkeys(("address", "login_address", "web_address"), networks.linkedin)
        quick = {"timeouts": PATIENCE, "settling": timedelta(0), "grace": 0.05}
        return LinkedInPublisher(author, token or linkedin_token(author), **(addresses | quick | options))

    return make


@pytest.fixture
def person(linkedin) -> LinkedInPublisher:
    return linkedin("urn:li:person:ada1815")


@pytest.fixture
def organization_tokens(linkedin_token) -> Tokens:
    return Tokens(linkedin_token("urn:li:organization:2001"))


@pytest.fixture
def organization(linkedin, organization_tokens) -> LinkedInPublisher:
    tokens = organization_tokens
    return linkedin("urn:li:organization:2001", tokens.saved[0], rotate=saving(tokens.save))


@pytest.fixture
def make_publication():
    def make(text: str = "no cap, the fox ate", media=(), **changes) -> Publication:
        return Publication("p-1", text, datetime.now(UTC), tuple(media), **changes)

    return make
