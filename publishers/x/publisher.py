"""Posts to one account on X, and finds out whether a post is there."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import requests

from publishers.answers import Answer, Timeouts, uncertain
from publishers.credentials import OAuth1Token, OAuth2Token, Rotate, cannot_rotate
from publishers.errors import PublishError, Reason
from publishers.limits import Limits
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
from publishers.scopes import X_SCOPES
from publishers.search import SETTLING, TOO_MANY, Search, wrong_clock
from publishers.x.client import API_ADDRESS, XClient, answered
from publishers.x.limits import X_LIMITS
from publishers.x.text import has_link
from publishers.x.timeline import text_of, written_at

WEB_ADDRESS = "https://x.com"
# X's pay-per-use prices in US dollars, docs/networks.md.
POST_PRICE, LINK_POST_PRICE, ALT_TEXT_PRICE = Decimal("0.015"), Decimal("0.20"), Decimal("0.005")
MIME_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
IDENTIFIER = re.compile(r"[0-9]{1,19}")  # X's ids are unsigned 64 bit numbers
DUPLICATE = "duplicate content"  # X's words; the answer has no code of its own
PAGE, MOST_PAGES = 100, 10
LONGEST_PROCESSING = 60.0
"""Seconds that X may take over a picture."""


class XPublisher:
    """One account on X, through its API version 2."""

    def __init__(
        self,
        token: OAuth1Token | OAuth2Token,
        *,
        rotate: Rotate = cannot_rotate,
        user_id: str = "",
        address: str = API_ADDRESS,
        web_address: str = WEB_ADDRESS,
        timeouts: Timeouts | None = None,
        settling: timedelta = SETTLING,
    ) -> None:
        self._client = XClient(token, rotate=rotate, address=address, timeouts=timeouts)
        self._user_id = user_id
        self._web_address = web_address.rstrip("/")
        self._settling = settling

    @property
    def network(self) -> str:
        """ "x"."""
        return "x"

    @property
    def limits(self) -> Limits:
        """X's limits."""
        return X_LIMITS

    def check(self) -> AccountReport:
        """Who the token belongs to, and whether it may do all that is needed."""
        answer = answered(lambda: self._client.get_me(), "checking the account")
        user_id, name = answer.text("data", "id"), answer.text("data", "username")
        if not IDENTIFIER.fullmatch(user_id):
            raise uncertain("x", "X's answer could not be read while checking the account", Reason.UNREADABLE, True)
        self._user_id = user_id
        return AccountReport("x", user_id, f"@{name}", self._warnings())

    def prepare(self, picture: bytes) -> bytes:
        """The picture within X's 5 MB and 8,192 pixels a side."""
        return prepare_picture(picture, X_LIMITS.picture, "x").data

    def upload(self, data: bytes, alt: str) -> Media:
        """Hand over a picture, wait until X has taken it in, and set its alt text."""
        kind = picture_kind(data)
        if kind not in X_LIMITS.picture.formats or len(data) > X_LIMITS.picture.bytes:
            raise PublishError("X takes prepared pictures only: call prepare() first.", network="x")
        doing = "uploading a picture"
        answer = answered(lambda: self._client.upload_picture(data, MIME_TYPES[str(kind)]), doing)
        media_id = answer.text("data", "id")
        if not IDENTIFIER.fullmatch(media_id):
            raise uncertain("x", f"X's answer could not be read while {doing}", Reason.UNREADABLE, True)
        self._wait_for(media_id, answer)
        if alt:
            answered(lambda: self._client.describe_picture(media_id, alt), "setting an alt text")
        return Media(media_id, alt)

    def create(self, publication: Publication) -> Published:
        """Post. Where X says that it has this text already, look which post it means before answering."""
        if problems := X_LIMITS.problems(publication.text, [media.alt for media in publication.media]):
            raise PublishError(" ".join(problems), network="x")
        doing = f"posting {publication.id}"
        try:
            answer = answered(lambda: self._send(publication), doing, repeatable=False)
        except PublishError as error:
            if error.reason is not Reason.FORBIDDEN or DUPLICATE not in str(error):
                raise
            return self._duplicated(publication)
        post_id = answer.text("data", "id")
        if not IDENTIFIER.fullmatch(post_id):
            raise uncertain("x", f"X's answer could not be read while {doing}", Reason.UNREADABLE, False)
        return self._published(post_id)

    def find(self, publication: Publication) -> Lookup:
        """Look through the account's own timeline from the attempt on, comparing texts."""
        if publication.remote_id:
            return self._find_by_id(publication.remote_id)
        user_id = self._user_id or self.check().remote_id
        search, older = Search(publication, self._settling), ""
        for _ in range(MOST_PAGES):
            answer = self._timeline(user_id, search.since, older)
            if wrong := wrong_clock("X", answer.headers):
                return wrong
            for post in answer.list("data"):
                at, post_id = written_at(post), str(post.get("id"))
                if not at or at < search.since or not IDENTIFIER.fullmatch(post_id):
                    continue
                if search.is_it(publication.text, text_of(post)):
                    return Found(self._published(post_id))
            older = answer.text("meta", "next_token")
            if not older:
                return search.absence()
        return TOO_MANY

    def delete(self, publication: Publication) -> None:
        """Delete the post; look it up first where its id is not known."""
        post_id = publication.remote_id
        if post_id is None:
            lookup = self.find(publication)
            if isinstance(lookup, Unknown):
                raise PublishError(f"It is not known whether the post is on X: {lookup.why}.", network="x")
            if isinstance(lookup, Absent):
                return
            post_id = lookup.published.remote_id
        try:
            answered(lambda: self._client.delete_tweet(_checked(post_id)), "deleting a post")
        except PublishError as error:
            if error.reason is not Reason.NOT_FOUND:
                raise

    def cost(self, publication: Publication) -> Decimal:
        """By X's price list: more for a post with a link, a little for each alt text."""
        post = LINK_POST_PRICE if has_link(publication.text) else POST_PRICE
        return post + ALT_TEXT_PRICE * sum(bool(media.alt) for media in publication.media)

    def _send(self, publication: Publication) -> requests.Response:
        media_ids = [media.id for media in publication.media]
        return self._client.create_post(publication.text, media_ids, made_with_ai=publication.made_with_ai)

    def _duplicated(self, publication: Publication) -> Published:
        """X named no post. It is this publication's own if an earlier attempt was made, else likely an older one."""
        try:
            lookup = self.find(publication)
        except PublishError as error:
            lookup = Unknown(str(error))
        if isinstance(lookup, Found):
            return replace(lookup.published, status="already_published")
        if publication.last_attempted_at in {None, publication.attempted_at}:
            raise PublishError(
                "X has had a post with this text before and refuses to repeat it: change the text.",
                reason=Reason.DUPLICATE,
                network="x",
            )
        raise uncertain("x", "X says that it has this post already, but does not list it", Reason.DUPLICATE, False)

    def _wait_for(self, media_id: str, answer: Answer) -> None:
        """Poll until the picture is ready, as often as X asks to."""
        deadline = time.monotonic() + LONGEST_PROCESSING
        while state := answer.text("data", "processing_info", "state"):
            if state == "succeeded":
                return
            if state == "failed":
                raise PublishError("X could not process a picture: export it anew or choose another.", network="x")
            time.sleep(_check_after(answer))
            if time.monotonic() > deadline:
                raise uncertain("x", "X is still processing a picture", Reason.TIMEOUT, True)
            answer = answered(lambda: self._client.picture_status(media_id), "waiting for a picture")

    def _timeline(self, user_id: str, since: datetime, older: str) -> Answer:
        return answered(
            lambda: self._client.get_users_tweets(
                user_id,
                start_time=since,
                exclude=["replies", "retweets"],
                max_results=PAGE,
                pagination_token=older or None,
                tweet_fields=["created_at", "entities"],
            ),
            "looking for a post",
        )

    def _find_by_id(self, post_id: str) -> Lookup:
        try:
            answer = answered(lambda: self._client.get_tweet(_checked(post_id)), "looking for a post")
        except PublishError as error:
            if error.reason is not Reason.NOT_FOUND:
                raise
            return Absent()
        # A deleted post answers 200 with errors and without data.
        return Found(self._published(post_id)) if answer.text("data", "id") == post_id else Absent()

    def _published(self, post_id: str) -> Published:
        return Published("x", "published", post_id, f"{self._web_address}/i/web/status/{post_id}")

    def _warnings(self) -> tuple[str, ...]:
        token = self._client.token
        missing = X_SCOPES - token.scopes if isinstance(token, OAuth2Token) and token.scopes else frozenset()
        if not missing:
            return ()
        return (f"X did not grant {', '.join(sorted(missing))}: connect the account again and allow it.",)


def _checked(post_id: str) -> str:
    if not IDENTIFIER.fullmatch(post_id):
        raise PublishError(f"{post_id[:40]!r} is no id of a post on X: it should be digits.", network="x")
    return post_id


def _check_after(answer: Answer) -> float:
    info = answer.body.get("data") if isinstance(answer.body, dict) else None
    info = info.get("processing_info") if isinstance(info, dict) else None
    seconds = info.get("check_after_secs") if isinstance(info, dict) else None
    return min(max(float(seconds), 0.05), 10.0) if isinstance(seconds, int | float) else 1.0
