"""LinkedIn's versioned REST API over HTTP: headers, renewal of the token, and what an unhappy answer means."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from urllib.parse import urlencode, urlsplit

from publishers.answers import Answer, Timeouts, failure
from publishers.credentials import OAuth2Token, Rotate, cannot_rotate, renewed
from publishers.errors import PublishError, Reason
from publishers.exchange import exchange
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
        answer = self._exchange(method, address, doing, headers, content, repeatable)
        if answer.status == 401 and self._token.refresh_token:
            self._token = self._rotate(self._token, self._refreshed)
            answer = self._exchange(method, address, doing, headers, content, repeatable)
        if 200 <= answer.status < 300:
            return answer
        raise failure("linkedin", answer, detail_of(answer), repeatable=repeatable, doing=doing)

    def _refreshed(self, stale: OAuth2Token) -> OAuth2Token:
        doing = "renewing the account's token"
        address = f"{self._login_address}/oauth/v2/accessToken"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        form = _refresh_form(stale)
        answer = exchange("linkedin", "POST", address, doing, headers=headers, content=form, timeouts=self._timeouts)
        if answer.status == 200:
            return renewed(stale, answer.body, "linkedin")
        error = failure("linkedin", answer, detail_of(answer), repeatable=True, doing=doing)
        if error.reason in {Reason.INVALID, Reason.UNAUTHORIZED}:
            raise PublishError(REFRESH_REFUSED, reason=Reason.UNAUTHORIZED, network="linkedin")
        raise error

    def _exchange(
        self, method: str, address: str, doing: str, headers: dict[str, str], content: bytes | None, repeatable: bool
    ) -> Answer:
        return exchange(
            "linkedin",
            method,
            address,
            doing,
            headers=headers,
            content=content,
            repeatable=repeatable,
            authorization=Secret(f"Bearer {self._token.access_token.reveal()}"),
            timeouts=self._timeouts,
        )


def _refresh_form(stale: OAuth2Token) -> Secret:
    """The body that asks for a new token."""
    secret = stale.client_secret.reveal() if stale.client_secret else ""
    refresh = stale.refresh_token.reveal() if stale.refresh_token else ""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": stale.client_id}
    return Secret(urlencode(fields | {"client_secret": secret}))


def detail_of(answer: Answer) -> str:
    """What LinkedIn says went wrong: its code and message."""
    code, message = answer.text("code"), answer.text("message") or answer.text("error_description")
    return ": ".join(filter(None, (code, message)))
