"""LinkedIn's versioned REST API over httpx2: headers, renewal of the token, and what an unhappy answer means."""

from __future__ import annotations

import functools
import json
import re
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import httpx2

from publishers.answers import LONGEST_ANSWER, Answer, Timeouts, failure, not_sent, uncertain
from publishers.credentials import OAuth2Token, Rotate, cannot_rotate, renewed
from publishers.errors import PublishError, Reason
from publishers.secret import Secret

API_ADDRESS = "https://api.linkedin.com"
LOGIN_ADDRESS = "https://www.linkedin.com"
VERSION = "202609"
"""The version of LinkedIn's API that this was written for."""
VERSION_FORMAT = re.compile(r"20[2-9][0-9](0[1-9]|1[0-2])")
VERSION_LIFE_MONTHS, VERSION_WARNING_MONTHS = 12, 10
REFRESH_REFUSED = "LinkedIn no longer accepts the account's refresh token: connect the account again."
UPLOAD_HOSTS = (".linkedin.com", ".licdn.com")


def version_warning(version: str, today: date) -> str | None:
    """A line for whoever runs Easel once a version is near its end, which LinkedIn sets at about a year."""
    age = (today.year - int(version[:4])) * 12 + today.month - int(version[4:])
    if age < VERSION_WARNING_MONTHS:
        return None
    return (
        f"LinkedIn's API version {version} is {age} months old and ends after about {VERSION_LIFE_MONTHS}: "
        "set a newer one in the settings."
    )


class LinkedInClient:
    """Sends requests for one account. Every method raises PublishError for any answer but a 2xx."""

    def __init__(
        self,
        token: OAuth2Token,
        *,
        rotate: Rotate = cannot_rotate,
        version: str = VERSION,
        address: str = API_ADDRESS,
        login_address: str = LOGIN_ADDRESS,
        timeouts: Timeouts | None = None,
    ) -> None:
        if not VERSION_FORMAT.fullmatch(version):
            raise PublishError(f"LinkedIn's API version {version[:20]!r} is none: write it as 202609.")
        self._token = token
        self._rotate = rotate
        self._version = version
        self._address = address.rstrip("/")
        self._login_address = login_address.rstrip("/")
        self._timeouts = timeouts or Timeouts()

    @property
    def token(self) -> OAuth2Token:
        """The token in use; another one after it was renewed."""
        return self._token

    def call(
        self,
        method: str,
        path: str,
        doing: str,
        *,
        repeatable: bool = True,
        body: object = None,
        finder: bool = False,
    ) -> Answer:
        """One request to the API. A 401 renews the token once and repeats what LinkedIn refused."""
        headers = {"LinkedIn-Version": self._version, "X-Restli-Protocol-Version": "2.0.0"}
        if finder:
            headers["X-RestLi-Method"] = "FINDER"
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        return self._authorized(method, self._address + path, doing, headers, content, repeatable)

    def put(self, address: str, data: bytes, mime_type: str, doing: str) -> None:
        """Hand over bytes at an address that LinkedIn named."""
        self._authorized("PUT", self._trusted(address), doing, {"Content-Type": mime_type}, data, repeatable=True)

    def _trusted(self, address: str) -> str:
        """The token goes only to LinkedIn's own hosts, whatever an answer says."""
        parts, own = urlsplit(address), urlsplit(self._address)
        same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        if not same and not (parts.scheme == "https" and (parts.hostname or "").endswith(UPLOAD_HOSTS)):
            raise PublishError(
                f"LinkedIn named an upload address that is not its own ({(parts.hostname or '')[:60]}): nothing sent.",
                reason=Reason.UNREADABLE,
                network="linkedin",
            )
        return address

    def _authorized(
        self, method: str, address: str, doing: str, headers: dict[str, str], content: bytes | None, repeatable: bool
    ) -> Answer:
        if self._token.is_ending(datetime.now(UTC)) and self._token.refresh_token:
            self._token = self._rotate(self._token, self._refreshed)
        answer = self._exchange(method, address, doing, headers, content, repeatable, self._token.access_token)
        if answer.status == 401 and self._token.refresh_token:
            self._token = self._rotate(self._token, self._refreshed)
            answer = self._exchange(method, address, doing, headers, content, repeatable, self._token.access_token)
        if 200 <= answer.status < 300:
            return answer
        raise failure("linkedin", answer, detail_of(answer), repeatable=repeatable, doing=doing)

    def _refreshed(self, stale: OAuth2Token) -> OAuth2Token:
        doing = "renewing the account's token"
        address = f"{self._login_address}/oauth/v2/accessToken"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._exchange("POST", address, doing, headers, _refresh_form(stale), True, None)
        if answer.status == 200:
            return renewed(stale, answer.body, "linkedin")
        error = failure("linkedin", answer, detail_of(answer), repeatable=True, doing=doing)
        if error.reason in {Reason.INVALID, Reason.UNAUTHORIZED}:
            raise PublishError(REFRESH_REFUSED, reason=Reason.UNAUTHORIZED, network="linkedin")
        raise error

    def _exchange(
        self,
        method: str,
        address: str,
        doing: str,
        headers: dict[str, str],
        content: bytes | Secret | None,
        repeatable: bool,
        bearer: Secret | None,
    ) -> Answer:
        """Send once and read the answer; tell apart what surely was not sent from what may have been.

        The error is raised outside of the except blocks and so holds none of httpx2's exceptions: those carry the
        request with its token.
        """
        trouble: PublishError
        try:
            return self._sent(method, address, headers, content, bearer)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
            trouble = not_sent("linkedin", type(error).__name__)
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL):
            trouble = PublishError("LinkedIn's address in the settings is no web address: correct it.")
        except httpx2.TimeoutException:
            what = f"LinkedIn did not answer in time while {doing}"
            trouble = uncertain("linkedin", what, Reason.TIMEOUT, repeatable)
        except httpx2.DecodingError:
            what = f"LinkedIn's answer could not be read while {doing}"
            trouble = uncertain("linkedin", what, Reason.UNREADABLE, repeatable)
        except httpx2.TransportError:
            what = f"The connection to LinkedIn broke while {doing}"
            trouble = uncertain("linkedin", what, Reason.CONNECTION, repeatable)
        raise trouble

    def _sent(
        self, method: str, address: str, headers: dict[str, str], content: bytes | Secret | None, bearer: Secret | None
    ) -> Answer:
        # A connection kept open may be closed just as a post goes out over it: each request has its own.
        timeout = httpx2.Timeout(self._timeouts.read, connect=self._timeouts.connect)
        deadline = time.monotonic() + self._timeouts.whole
        with (
            httpx2.Client(verify=_tls(), timeout=timeout, follow_redirects=False) as client,
            client.stream(
                method,
                address,
                headers=headers | {"User-Agent": "easel-bot"},
                content=content.reveal().encode() if isinstance(content, Secret) else content,
                auth=_Bearer(bearer) if bearer else None,
            ) as response,
        ):
            body = b"".join(_pieces(response, deadline))
            return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, _json(body))


@functools.cache
def _tls() -> ssl.SSLContext:
    """Reading the certificate authorities takes a tenth of a second: once is enough."""
    return httpx2.create_ssl_context()


class _Bearer(httpx2.Auth):
    """Adds the token as the request leaves, so that no variable holds it in plain text."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def auth_flow(self, request: httpx2.Request) -> Iterator[httpx2.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


def _pieces(response: httpx2.Response, deadline: float) -> Iterator[bytes]:
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > LONGEST_ANSWER:
            raise httpx2.DecodingError("The answer is too long.")
        if time.monotonic() > deadline:
            raise httpx2.ReadTimeout("The answer took too long.")
        yield piece


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _refresh_form(stale: OAuth2Token) -> Secret:
    """The body that asks for a new token."""
    secret = stale.client_secret.reveal() if stale.client_secret else ""
    refresh = stale.refresh_token.reveal() if stale.refresh_token else ""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": stale.client_id}
    return Secret(str(httpx2.QueryParams(fields | {"client_secret": secret})))


def detail_of(answer: Answer) -> str:
    """What LinkedIn says went wrong: its code and message."""
    code, message = answer.text("code"), answer.text("message") or answer.text("error_description")
    return ": ".join(filter(None, (code, message)))
