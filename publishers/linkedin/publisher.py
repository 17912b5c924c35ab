"""Posts as one person or organisation on LinkedIn, and finds out, where LinkedIn lets it, whether a post is there."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from publishers.answers import Answer, Timeouts, uncertain
from publishers.credentials import OAuth2Token, Rotate, cannot_rotate
from publishers.errors import Outcome, PublishError, Reason
from publishers.limits import Limits
from publishers.linkedin.client import (
    API_ADDRESS,
    LOGIN_ADDRESS,
    VERSION,
    LinkedInClient,
    version_warning,
)
from publishers.linkedin.limits import LINKEDIN_LIMITS
from publishers.linkedin.text import escaped, plain
from publishers.pictures import picture_kind, prepare_picture
from publishers.publication import (
    Absent,
    AccountReport,
    Found,
    Lookup,
    Media,
    Publication,
    Published,
    Unknown,
)
from publishers.scopes import LINKEDIN_SCOPES
from publishers.search import SETTLING, TOO_MANY, Search, wrong_clock

WEB_ADDRESS = "https://www.linkedin.com"
AUTHOR = re.compile(r"urn:li:(?P<kind>person|organization):[A-Za-z0-9_-]{1,64}")
POST = re.compile(r"urn:li:(?:share|ugcPost):[0-9]{1,20}")
ASSET = re.compile(r"urn:li:(?:image|document):[A-Za-z0-9_-]{1,128}")
READING_SCOPE = "r_organization_social"
Visibility = Literal["PUBLIC", "CONNECTIONS", "LOGGED_IN"]
LONGEST_DOCUMENT = 100 * 1000 * 1000
PAGE, MOST_PAGES = 50, 10
GRACE_SECONDS = 5.0
"""Personal tokens cannot ask whether an upload is ready: this is how long it is given."""
LONGEST_PROCESSING, POLL_SECONDS = 60.0, 1.0
TOKEN_WARNING_DAYS = 14


class LinkedInPublisher:
    """One author on LinkedIn: `urn:li:person:...` or `urn:li:organization:...`."""

    def __init__(
        self,
        author: str,
        token: OAuth2Token,
        *,
        rotate: Rotate = cannot_rotate,
        version: str = VERSION,
        visibility: Visibility = "PUBLIC",
        address: str = API_ADDRESS,
        login_address: str = LOGIN_ADDRESS,
        web_address: str = WEB_ADDRESS,
        timeouts: Timeouts | None = None,
        settling: timedelta = SETTLING,
        grace: float = GRACE_SECONDS,
    ) -> None:
        found = AUTHOR.fullmatch(author)
        if found is None:
            raise PublishError(
                f"{author[:60]!r} is no author on LinkedIn: it should read urn:li:person:... or "
                "urn:li:organization:....",
                network="linkedin",
            )
        self._author, self._kind = author, found["kind"]
        self._version, self._visibility = version, visibility
        self._web_address = web_address.rstrip("/")
        self._settling, self._grace = settling, grace
        self._client = LinkedInClient(
            token,
            rotate=rotate,
            version=version,
            address=address,
            login_address=login_address,
            timeouts=timeouts,
        )

    @property
    def network(self) -> str:
        """ "linkedin"."""
        return "linkedin"

    @property
    def limits(self) -> Limits:
        """LinkedIn's limits."""
        return LINKEDIN_LIMITS

    def check(self) -> AccountReport:
        """Whether the token speaks for the author, and what will need attention soon."""
        if self._kind == "organization":
            self._posts(0, count=1)
            return AccountReport("linkedin", self._author, self._author, self._warnings())
        answer = self._client.call("GET", "/v2/userinfo", "checking the account")
        subject = answer.text("sub")
        if self._author != f"urn:li:person:{subject}":
            raise PublishError(
                f"LinkedIn's token belongs to urn:li:person:{subject[:40]} and not to {self._author}: "
                "connect the account again.",
                reason=Reason.UNAUTHORIZED,
                network="linkedin",
            )
        return AccountReport("linkedin", self._author, answer.text("name"), self._warnings())

    def prepare(self, picture: bytes) -> bytes:
        """The picture as JPEG or PNG under LinkedIn's 36,152,320 pixels."""
        return prepare_picture(picture, LINKEDIN_LIMITS.picture, "linkedin").data

    def upload(self, data: bytes, alt: str) -> Media:
        """Hand over a picture, or a PDF whose title is `alt`, and wait until LinkedIn has taken it in."""
        is_document = data.startswith(b"%PDF-")
        kind = picture_kind(data)
        if not is_document and kind not in LINKEDIN_LIMITS.picture.formats:
            raise PublishError("LinkedIn takes prepared pictures and PDFs: call prepare() first.", network="linkedin")
        if len(data) > (LONGEST_DOCUMENT if is_document else LINKEDIN_LIMITS.picture.bytes):
            raise PublishError("The file is too large for LinkedIn: call prepare() first.", network="linkedin")
        asset, collection = ("document", "documents") if is_document else ("image", "images")
        doing = f"uploading {'a document' if is_document else 'a picture'}"
        body = {"initializeUploadRequest": {"owner": self._author}}
        answer = self._client.call("POST", f"/rest/{collection}?action=initializeUpload", doing, body=body)
        urn = answer.text("value", asset)
        if not ASSET.fullmatch(urn):
            raise uncertain("linkedin", f"LinkedIn's answer could not be read while {doing}", Reason.UNREADABLE, True)
        mime_type = "application/pdf" if is_document else f"image/{str(kind).lower()}"
        self._client.put(answer.text("value", "uploadUrl"), data, mime_type, doing)
        self._wait_for(f"/rest/{collection}/{quote(urn, safe='')}")
        return Media(urn, alt, "document" if is_document else "image")

    def create(self, publication: Publication) -> Published:
        """Post. Where LinkedIn says that it has this very post already, that one's id is the answer."""
        if problems := self._problems(publication):
            raise PublishError(" ".join(problems), network="linkedin")
        doing = f"posting {publication.id}"
        try:
            answer = self._client.call("POST", "/rest/posts", doing, repeatable=False, body=self._body(publication))
        except PublishError as error:
            if "DUPLICATE_POST" not in str(error):
                raise
            if existing := POST.search(str(error)):
                return self._published(existing[0], "already_published")
            raise error.reclassified(Reason.DUPLICATE, Outcome.UNKNOWN) from None
        urn = answer.headers.get("x-restli-id", "")
        if not POST.fullmatch(urn):
            raise uncertain("linkedin", f"LinkedIn named no post while {doing}", Reason.UNREADABLE, False)
        return self._published(urn)

    def find(self, publication: Publication) -> Lookup:
        """Look through the organisation's posts. A person's cannot be read with the scopes that apps get."""
        unreadable = Unknown("LinkedIn does not let this app read the account's posts: see for yourself")
        if self._kind == "person" or not self._may_read():
            return unreadable
        try:
            if publication.remote_id:
                return self._find_by_urn(publication.remote_id)
            return self._find_by_text(publication)
        except PublishError as error:
            if error.reason is not Reason.FORBIDDEN:
                raise
            return unreadable

    def delete(self, publication: Publication) -> None:
        """Delete the post. Its id has to be known: LinkedIn lists no posts of people."""
        urn = publication.remote_id or ""
        if not urn:
            raise PublishError("LinkedIn's id of this post is not known: delete it on LinkedIn.", network="linkedin")
        if not POST.fullmatch(urn):
            raise PublishError(
                f"{urn[:40]!r} is no id of a post on LinkedIn: it should read urn:li:share:... or urn:li:ugcPost:....",
                network="linkedin",
            )
        try:
            self._client.call("DELETE", f"/rest/posts/{quote(urn, safe='')}", "deleting a post")
        except PublishError as error:
            if error.reason is not Reason.NOT_FOUND:
                raise

    def cost(self, publication: Publication) -> Decimal:
        """LinkedIn charges nothing."""
        return Decimal(0)

    def _body(self, publication: Publication) -> dict[str, object]:
        body: dict[str, object] = {
            "author": self._author,
            "commentary": escaped(publication.text),
            "visibility": self._visibility,
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        pictures = [{"id": media.id, "altText": media.alt} for media in publication.media]
        if publication.media and publication.media[0].kind == "document":
            document = publication.media[0]
            body["content"] = {"media": {"id": document.id, "title": document.alt or "Carousel"}}
        elif len(pictures) == 1:
            body["content"] = {"media": pictures[0]}
        elif pictures:
            body["content"] = {"multiImage": {"images": pictures}}
        return body

    def _problems(self, publication: Publication) -> tuple[str, ...]:
        kinds = [media.kind for media in publication.media]
        problems = LINKEDIN_LIMITS.problems(publication.text, [media.alt for media in publication.media])
        if "document" in kinds and len(kinds) > 1:
            problems += ("A post on LinkedIn has one document or pictures, not both: leave one out.",)
        return problems + tuple(
            f"{media.id[:40]!r} is no picture or document on LinkedIn: upload it first."
            for media in publication.media
            if not ASSET.fullmatch(media.id)
        )

    def _wait_for(self, path: str) -> None:
        """Poll until the upload is ready, or give it a grace period where the token may not ask."""
        deadline = time.monotonic() + LONGEST_PROCESSING
        while True:
            try:
                status = self._client.call("GET", path, "waiting for an upload").text("status")
            except PublishError as error:
                if error.reason is not Reason.FORBIDDEN:
                    raise
                time.sleep(self._grace)
                return
            if status == "AVAILABLE":
                return
            if status == "PROCESSING_FAILED":
                raise PublishError("LinkedIn could not process an upload: export it anew.", network="linkedin")
            if time.monotonic() > deadline:
                raise uncertain("linkedin", "LinkedIn is still processing an upload", Reason.TIMEOUT, True)
            time.sleep(min(POLL_SECONDS, self._grace))

    def _posts(self, start: int, count: int = PAGE) -> Answer:
        author = quote(self._author, safe="")
        path = f"/rest/posts?author={author}&q=author&start={start}&count={count}&sortBy=CREATED"
        return self._client.call("GET", path, "looking for a post", finder=True)

    def _find_by_text(self, publication: Publication) -> Lookup:
        search, ours = Search(publication, self._settling), plain(escaped(publication.text))
        for page in range(MOST_PAGES):
            answer = self._posts(page * PAGE)
            if wrong := wrong_clock("LinkedIn", answer.headers):
                return wrong
            posts = answer.list("elements")
            for post in posts:
                urn, commentary = str(post.get("id")), str(post.get("commentary") or "")
                if _created_at(post) < search.since or not POST.fullmatch(urn):
                    continue
                if search.is_it(ours, plain(commentary)):
                    return Found(self._published(urn))
            if len(posts) < PAGE or _created_at(posts[-1]) < search.since:
                return search.absence()
        return TOO_MANY

    def _find_by_urn(self, urn: str) -> Lookup:
        if not POST.fullmatch(urn):
            raise PublishError(f"{urn[:40]!r} is no id of a post on LinkedIn.", network="linkedin")
        try:
            self._client.call("GET", f"/rest/posts/{quote(urn, safe='')}", "looking for a post")
        except PublishError as error:
            if error.reason is not Reason.NOT_FOUND:
                raise
            return Absent()
        return Found(self._published(urn))

    def _published(self, urn: str, status: Literal["published", "already_published"] = "published") -> Published:
        return Published("linkedin", status, urn, f"{self._web_address}/feed/update/{urn}")

    def _may_read(self) -> bool:
        scopes = self._client.token.scopes
        return not scopes or READING_SCOPE in scopes

    def _warnings(self) -> tuple[str, ...]:
        token, now = self._client.token, datetime.now(UTC)
        lines = []
        missing = LINKEDIN_SCOPES[self._kind] - token.scopes if token.scopes else frozenset()
        if missing:
            lines.append(f"LinkedIn did not grant {', '.join(sorted(missing))}: connect the account again.")
        end = None if token.refresh_token else token.expires_at
        if end and end - now < timedelta(days=TOKEN_WARNING_DAYS):
            lines.append(f"LinkedIn's token ends on {end:%d %B %Y}: connect the account again before.")
        if warning := version_warning(self._version, now.date()):
            lines.append(warning)
        return tuple(lines)


def author_of(token: OAuth2Token, *, address: str = API_ADDRESS, timeouts: Timeouts | None = None) -> str:
    """The person that a token speaks for, as the author of posts."""
    client = LinkedInClient(token, address=address, timeouts=timeouts)
    author = f"urn:li:person:{client.call('GET', '/v2/userinfo', 'checking the account').text('sub')}"
    if not AUTHOR.fullmatch(author):
        what = "LinkedIn's answer could not be read while checking the account"
        raise uncertain("linkedin", what, Reason.UNREADABLE, True)
    return author


def _created_at(post: dict[str, object]) -> datetime:
    milliseconds = post.get("createdAt")
    known = isinstance(milliseconds, int) and 0 <= milliseconds < 10**14
    return datetime.fromtimestamp(milliseconds / 1000 if known else 0, UTC)  # type: ignore[operator]
