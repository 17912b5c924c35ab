"""tweepy's client with what it lacks: version 2 media upload, timeouts, a base URL, and token refresh.

tweepy 4.17 uploads media only through version 1.1 of the API, which X is ending; sends requests to one fixed host
without any timeout; and logs its authorization header at DEBUG. So `request` is replaced, while tweepy's
methods, authentication and exceptions stay.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import requests
import tweepy
import urllib3
from tweepy.auth import OAuth1UserHandler

from publishers.answers import LONGEST_ANSWER, Answer, Timeouts, failure, not_sent, uncertain
from publishers.credentials import OAuth1Token, OAuth2Token, Rotate, cannot_rotate, renewed
from publishers.errors import PublishError, Reason
from publishers.secret import Secret

API_ADDRESS = "https://api.x.com"
ERRORS = {
    400: tweepy.BadRequest,
    401: tweepy.Unauthorized,
    403: tweepy.Forbidden,
    404: tweepy.NotFound,
    429: tweepy.TooManyRequests,
}
REFRESH_REFUSED = "X no longer accepts the account's refresh token, used or revoked: connect the account again."
LOGS_WITH_TOKENS = ("requests_oauthlib", "oauthlib")


class Bearer(requests.auth.AuthBase):
    """Sends a bearer token. An `auth` object, unlike a bare header, keeps requests from preferring ~/.netrc."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class XClient(tweepy.Client):  # type: ignore[misc]  # tweepy carries no types
    """X's API for one account. Methods give a `requests.Response` or raise tweepy's or requests' exceptions."""

    def __init__(
        self,
        token: OAuth1Token | OAuth2Token,
        *,
        rotate: Rotate = cannot_rotate,
        address: str = API_ADDRESS,
        timeouts: Timeouts | None = None,
    ) -> None:
        super().__init__(return_type=requests.Response)
        self._token = token
        self._rotate = rotate
        self._address = address.rstrip("/")
        self._timeouts = timeouts or Timeouts()
        for name in LOGS_WITH_TOKENS:  # they write whole authorization headers at DEBUG
            logging.getLogger(name).setLevel(logging.INFO)

    @property
    def token(self) -> OAuth1Token | OAuth2Token:
        """The token in use; another one after an OAuth 2 token was renewed."""
        return self._token

    def upload_picture(self, data: bytes, mime_type: str) -> requests.Response:
        """Hand over one picture for a post, whole."""
        files = {"media": ("picture", data, mime_type)}
        return self.request("POST", "/2/media/upload", files=files, data={"media_category": "tweet_image"})

    def picture_status(self, media_id: str) -> requests.Response:
        """How far X is with a picture."""
        return self.request("GET", "/2/media/upload", params={"command": "STATUS", "media_id": media_id})

    def describe_picture(self, media_id: str, alt: str) -> requests.Response:
        """Set a picture's alt text."""
        json = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
        return self.request("POST", "/2/media/metadata", json=json)

    def create_post(self, text: str, media_ids: list[str], *, made_with_ai: bool) -> requests.Response:
        """Post. tweepy's `create_tweet` cannot say `made_with_ai`."""
        json: dict[str, object] = {"text": text} if text else {}
        if media_ids:
            json |= {"media": {"media_ids": media_ids}}
        if made_with_ai:
            json |= {"made_with_ai": True}
        return self.request("POST", "/2/tweets", json=json)

    def request(
        self,
        method: str,
        route: str,
        params: dict[str, Any] | None = None,
        json: object = None,
        user_auth: bool = False,
        *,
        files: dict[str, tuple[str, bytes, str]] | None = None,
        data: dict[str, str] | None = None,
    ) -> requests.Response:
        """One request. `user_auth` is tweepy's and means nothing here: the account's one token decides.

        A 401 renews an OAuth 2 token once and repeats the request, which X refused without acting on it.
        """
        renewable = self._token if isinstance(self._token, OAuth2Token) and self._token.refresh_token else None
        if renewable and renewable.is_ending(datetime.now(UTC)):
            self._token = renewable = self._rotate(renewable, self._refreshed)
        sending = {"params": params, "json": json, "files": files, "data": data}
        response = self._send(method, route, sending, self._authentication())
        if response.status_code == 401 and renewable:
            self._token = self._rotate(renewable, self._refreshed)
            response = self._send(method, route, sending, self._authentication())
        if 200 <= response.status_code < 300:
            return response
        raise _exception(response)

    def _authentication(self) -> requests.auth.AuthBase:
        token = self._token
        if isinstance(token, OAuth2Token):
            return Bearer(token.access_token)
        keys = (token.consumer_key, token.consumer_secret, token.access_token, token.access_token_secret)
        signing: requests.auth.AuthBase = OAuth1UserHandler(*(key.reveal() for key in keys)).apply_auth()
        return signing

    def _refreshed(self, stale: OAuth2Token) -> OAuth2Token:
        """New tokens from X; the refresh token is used up by asking."""
        try:
            answer = answered(lambda: self._ask_for_tokens(stale), "renewing the account's token")
        except PublishError as error:
            if error.reason not in {Reason.INVALID, Reason.UNAUTHORIZED}:
                raise
            raise PublishError(REFRESH_REFUSED, reason=Reason.UNAUTHORIZED, network="x") from None
        return renewed(stale, answer.body, "x")

    def _ask_for_tokens(self, stale: OAuth2Token) -> requests.Response:
        refresh, secret = stale.refresh_token or Secret(""), stale.client_secret
        response = self._send(
            "POST",
            "/2/oauth2/token",
            {
                "data": {
                    "grant_type": "refresh_token",
                    "refresh_token": refresh.reveal(),
                    "client_id": stale.client_id,
                }
            },
            requests.auth.HTTPBasicAuth(stale.client_id, secret.reveal()) if secret else None,
        )
        if response.status_code != 200:
            raise _exception(response)
        return response

    def _send(
        self, method: str, route: str, sending: dict[str, Any], authentication: requests.auth.AuthBase | None
    ) -> requests.Response:
        """Send once and read the answer whole, within its limits of size and time."""
        # A connection kept open may be closed by X just as a post goes out over it, with an unknown outcome.
        headers = {"User-Agent": "easel-bot", "Connection": "close", "Accept-Encoding": "identity"}
        deadline = time.monotonic() + self._timeouts.whole
        with self.session.request(
            method,
            self._address + route,
            headers=headers,
            auth=authentication,
            timeout=(self._timeouts.connect, self._timeouts.read),
            allow_redirects=False,
            stream=True,
            **sending,
        ) as answer:
            response: requests.Response = answer
            response._content = b"".join(_pieces(response, deadline))
        return response


def _pieces(response: requests.Response, deadline: float) -> Iterator[bytes]:
    """The answer as it comes. `iter_content` would wait for whole pieces, and so past the deadline."""
    size = 0
    while piece := _piece(response):
        size += len(piece)
        if size > LONGEST_ANSWER:
            raise requests.exceptions.ContentDecodingError("The answer is too long.")
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("The answer took too long.")
        yield piece


def _piece(response: requests.Response) -> bytes:
    try:
        return bytes(response.raw.read1(65_536))
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.ReadTimeout("The answer stopped coming.") from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError("The answer broke off.") from error


def _exception(response: requests.Response) -> tweepy.HTTPException:
    """tweepy's exception for an answer, whatever its body is."""
    fallback = tweepy.TwitterServerError if response.status_code >= 500 else tweepy.HTTPException
    # tweepy would fail on a body with other types than it expects; what X says is read by `detail_of` instead.
    return ERRORS.get(response.status_code, fallback)(response, response_json={})


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def answered(send: Callable[[], requests.Response], doing: str, *, repeatable: bool = True) -> Answer:
    """The answer to a request, or a PublishError that says whether X may have acted.

    The error is raised outside of the except blocks and so holds none of tweepy's or requests' exceptions:
    those carry the request with its token.
    """
    trouble: PublishError
    try:
        response = send()
        if response.status_code == 204 or _json(response):
            return _answer(response)
        trouble = uncertain("x", f"X's answer could not be read while {doing}", Reason.UNREADABLE, repeatable)
    except tweepy.HTTPException as error:
        answer = _answer(error.response)
        trouble = failure("x", answer, detail_of(answer), repeatable=repeatable, doing=doing)
    except requests.RequestException as error:
        trouble = _trouble(error, doing, repeatable)
    raise trouble


def _answer(response: requests.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, _json(response))


def detail_of(answer: Answer) -> str:
    """What X says went wrong: the problem's detail, or its errors' messages, or OAuth's description."""
    messages = [str(error.get("message") or error.get("detail") or "") for error in answer.list("errors")]
    options = (answer.text("detail"), "; ".join(filter(None, messages)), answer.text("error_description"))
    return next(filter(None, options), answer.text("title"))


def _trouble(error: requests.RequestException, doing: str, repeatable: bool) -> PublishError:
    """No answer, or half of one: what surely was not sent, and what may have been."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout):
        return not_sent("x", "no answer in time")
    if isinstance(error, requests.exceptions.ProxyError | requests.exceptions.SSLError) and reason is not None:
        return not_sent("x", type(reason).__name__)
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return not_sent("x", "the address cannot be reached")
    if isinstance(error, ValueError) and not isinstance(error, requests.JSONDecodeError):
        return PublishError("X's address in the settings is no web address: correct it.", network="x")
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return uncertain("x", f"X did not answer in time while {doing}", Reason.TIMEOUT, repeatable)
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return uncertain("x", f"X's answer could not be read while {doing}", Reason.UNREADABLE, repeatable)
    return uncertain("x", f"The connection to X broke while {doing}", Reason.CONNECTION, repeatable)
