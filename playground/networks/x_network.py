"""A local X: version 2 of its API as far as posting and looking up a user's own posts go."""

from __future__ import annotations

import base64
import html
import re
import secrets
import time
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.networks.tokens import Account
from playground.networks.world import Post, Upload, World, json_answer, now
from playground.pictures import MIME_TYPES, picture_facts

LONGEST_POST = 280
LONGEST_PICTURE = 5 * 1024 * 1024
LONGEST_ALT = 1_000
SIDES = range(4, 8_193)
KNOWN_FIELDS = {"text", "media", "reply_settings", "made_with_ai", "paid_partnership"}
LINK = re.compile(r"https?://[^\s<>\"]*[\w/=&#\-]|(?<![\w@./])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev)\b(?:/\S*)?", re.I)
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """X's way to say no (RFC 7807)."""
    titles = {400: "Invalid Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found Error"}
    body = {"title": titles.get(status, "Error"), "type": "about:blank", "status": status, "detail": detail}
    return json_answer(body, status, headers)


class XNetwork:
    """The routes of X, under whatever path they are mounted."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/2/oauth2/token", self.token, methods=["POST"]),
            Route("/2/users/me", self.me),
            Route("/2/media/upload", self.upload, methods=["POST"]),
            Route("/2/media/upload", self.upload_status),
            Route("/2/media/metadata", self.metadata, methods=["POST"]),
            Route("/2/tweets", self.create, methods=["POST"]),
            Route("/2/tweets/{id}", self.read),
            Route("/2/tweets/{id}", self.delete, methods=["DELETE"]),
            Route("/2/users/{id}/tweets", self.timeline),
        ]

    async def token(self, request: Request) -> Response:
        """A token for a code from the consent page, or a new one for a refresh token; either is used up."""
        form = await request.form()
        client = str(form.get("client_id", ""))
        scheme, _, basic = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client = base64.b64decode(basic).decode(errors="replace").partition(":")[0]
        given = {name: str(value) for name, value in form.items()}
        grant, event = None, "refreshed"
        if given.get("grant_type") == "refresh_token":
            grant = self._world.tokens.refresh(given.get("refresh_token", ""), client)
        elif given.get("grant_type") == "authorization_code":
            parts = (given.get(name, "") for name in ("redirect_uri", "code_verifier"))
            grant, event = self._world.tokens.redeem(given.get("code", ""), client, *parts), "connected"
        if grant is None:
            error = {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
            return json_answer(error, 400)
        self._world.journal.write("x", event, author=grant.account.id)
        answer = {
            "token_type": "bearer",
            "expires_in": int(grant.expires_at - time.time()),
            "access_token": grant.access_token,
            "scope": " ".join(sorted(grant.scopes)),
        }
        if "offline.access" in grant.scopes:
            answer["refresh_token"] = grant.refresh_token
        return json_answer(answer)

    async def me(self, request: Request) -> Response:
        """Who the token belongs to."""
        account = self._allowed(request, "users.read")
        if isinstance(account, Response):
            return account
        return json_answer({"data": {"id": account.id, "name": account.name, "username": account.name}})

    async def upload(self, request: Request) -> Response:
        """Take a picture whole."""
        account = self._allowed(request, "media.write", "uploads", self._world.settings.x_uploads_per_window)
        if isinstance(account, Response):
            return account
        form = await request.form()
        media = form.get("media")
        if media is None or isinstance(media, str) or form.get("media_category") != "tweet_image" or len(form) != 2:
            return problem(400, "One or more parameters to your request was invalid.")
        data = await media.read()
        facts = picture_facts(data)
        if facts is None or facts[1] not in SIDES or facts[2] not in SIDES:
            return problem(400, "Image dimensions must be >= 4x4 and <= 8192x8192")
        if len(data) > LONGEST_PICTURE:
            return problem(400, "File size exceeds 5242880 bytes.")
        settings = self._world.settings
        made = Upload(self._world.number(), account.id, "image", data, MIME_TYPES[facts[0]])
        made.ready_at = time.time() + settings.processing_seconds
        self._world.uploads[made.id] = made
        self._world.journal.write("x", "uploaded", id=made.id, author=account.id, size=len(data))
        return json_answer({"data": self._described(made, always_info=False)})

    async def upload_status(self, request: Request) -> Response:
        """How far a picture is."""
        account = self._allowed(request, "media.write")
        if isinstance(account, Response):
            return account
        made = self._world.uploads.get(request.query_params.get("media_id", ""))
        if made is None or made.owner != account.id:
            return problem(404, "Could not find media.")
        return json_answer({"data": self._described(made, always_info=True)})

    async def metadata(self, request: Request) -> Response:
        """Set an alt text."""
        account = self._allowed(request, "media.write")
        if isinstance(account, Response):
            return account
        body = await _body(request)
        made = self._world.uploads.get(str(body.get("id")))
        try:
            alt = body["metadata"]["alt_text"]["text"]
        except (KeyError, TypeError):
            alt = None
        if made is None or made.owner != account.id or not isinstance(alt, str) or not 1 <= len(alt) <= LONGEST_ALT:
            return problem(400, "One or more parameters to your request was invalid.")
        made.alt = alt
        return json_answer({"data": {"id": made.id, "associated_metadata": {"alt_text": {"text": alt}}}})

    async def create(self, request: Request) -> Response:
        """Post."""
        account = self._allowed(request, "tweet.write", "posts", self._world.settings.x_posts_per_window)
        if isinstance(account, Response):
            return account
        body = await _body(request)
        text = body.get("text", "")
        media = body.get("media", {})
        ids = media.get("media_ids", []) if isinstance(media, dict) else None
        if not body or set(body) - KNOWN_FIELDS or not isinstance(text, str) or not isinstance(ids, list):
            return problem(400, "One or more parameters to your request was invalid.")
        uploads = [self._world.uploads.get(str(media_id)) for media_id in ids]
        if "media" in body and not 1 <= len(ids) <= 4:
            return problem(400, "One or more parameters to your request was invalid.")
        if not all(made and made.owner == account.id and made.is_ready for made in uploads):
            return problem(400, "Your media IDs are invalid.")
        if not text.strip() and not ids:
            return problem(400, "One or more parameters to your request was invalid.")
        if len(LINK.sub("x" * 23, text)) > LONGEST_POST:
            return problem(403, "Your Tweet text is too long.")
        if self._world.duplicate("x", account.id, text.strip()):
            self._world.journal.write("x", "duplicate_refused", author=account.id, text=text)
            return problem(403, DUPLICATE)
        post = self._shown(account, text.strip(), [made for made in uploads if made], bool(body.get("made_with_ai")))
        self._world.keep("x", post)
        return json_answer({"data": {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}}, 201)

    async def read(self, request: Request) -> Response:
        """One post."""
        account = self._allowed(request, "tweet.read")
        if isinstance(account, Response):
            return account
        post = self._world.posts["x"].get(request.path_params["id"])
        if post is None:
            detail = f"Could not find tweet with id: [{request.path_params['id']}]."
            return json_answer({"errors": [{"title": "Not Found Error", "detail": detail, "parameter": "id"}]})
        return json_answer({"data": self._full(post)})

    async def delete(self, request: Request) -> Response:
        """Take one's own post down."""
        account = self._allowed(request, "tweet.write")
        if isinstance(account, Response):
            return account
        post = self._world.posts["x"].get(request.path_params["id"])
        if post is None:
            return problem(404, "Could not find tweet.")
        if post.author != account.id:
            return problem(403, "You are not allowed to delete this Tweet.")
        del self._world.posts["x"][post.id]
        self._world.journal.write("x", "deleted", id=post.id, author=account.id)
        return json_answer({"data": {"deleted": True}})

    async def timeline(self, request: Request) -> Response:
        """One user's posts, the newest first."""
        account = self._allowed(request, "tweet.read", "reads", self._world.settings.x_reads_per_window)
        if isinstance(account, Response):
            return account
        query = request.query_params
        try:
            since = datetime.fromisoformat(query["start_time"]) if "start_time" in query else None
            size, start = int(query.get("max_results", "10")), int(query.get("pagination_token", "0"))
        except ValueError:
            return problem(400, "One or more parameters to your request was invalid.")
        if not 5 <= size <= 100 or (since and (since.tzinfo is None or since > now())):
            return problem(400, "One or more parameters to your request was invalid.")
        listed = self._world.listed("x", request.path_params["id"])
        posts = [post for post in listed if since is None or post.at >= since]
        page = posts[start : start + size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if start + size < len(posts):
            meta["next_token"] = str(start + size)
        return json_answer({"data": [self._full(post) for post in page], "meta": meta} if page else {"meta": meta})

    def _allowed(self, request: Request, scope: str, counted: str = "", limit: int = 0) -> Account | Response:
        """The account behind a request, or the answer that refuses it."""
        authorization = request.headers.get("authorization", "")
        grant = self._world.tokens.bearer("x", authorization)
        account = grant.account if grant else None
        if account is None:
            account = self._world.tokens.signed(authorization, request.method, str(request.url), {})
        if account is None:
            return problem(401, "Unauthorized")
        if grant and scope not in grant.scopes:
            return problem(403, "You are not permitted to perform this action.")
        if counted:
            within, headers = self._world.count(account.id, counted, limit)
            if not within:
                return problem(429, "Too Many Requests", headers)
        return account

    def _described(self, made: Upload, *, always_info: bool) -> dict[str, Any]:
        facts: dict[str, Any] = {"id": made.id, "media_key": f"3_{made.id}", "size": len(made.data)}
        facts["expires_after_secs"] = 86_400
        if made.failed:
            facts["processing_info"] = {"state": "failed", "progress_percent": 0}
        elif not made.is_ready:
            wait = max(1, round(made.ready_at - time.time()))
            facts["processing_info"] = {"state": "in_progress", "check_after_secs": wait, "progress_percent": 50}
        elif always_info:
            facts["processing_info"] = {"state": "succeeded", "progress_percent": 100}
        return facts

    def _shown(self, account: Account, written: str, uploads: list[Upload], made_with_ai: bool) -> Post:
        """The post as X shows it: links shortened, a link for its pictures at the end, `&<>` escaped."""
        post_id, entities = self._world.number(), []

        def shortened(match: re.Match[str]) -> str:
            link = match[0]
            short = f"https://t.co/{secrets.token_hex(5)}"
            long = link if "://" in link else f"http://{link}"
            entities.append({"url": short, "expanded_url": long, "display_url": link.partition("://")[2] or link})
            return short

        text = html.escape(LINK.sub(shortened, written), quote=False)
        if uploads:
            short = f"https://t.co/{secrets.token_hex(5)}"
            text = f"{text} {short}".strip()
            photo = f"https://x.com/{account.name}/status/{post_id}/photo/1"
            entities.append({"url": short, "expanded_url": photo, "media_key": f"3_{uploads[0].id}"})
        ids, alts = tuple(made.id for made in uploads), tuple(made.alt for made in uploads)
        post = Post(post_id, account.id, text, written, ids, alts, now(), made_with_ai)
        post.entities = entities
        return post

    def _full(self, post: Post) -> dict[str, Any]:
        return {
            "id": post.id,
            "text": post.text,
            "created_at": post.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "edit_history_tweet_ids": [post.id],
            "entities": {"urls": post.entities},
        }


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
