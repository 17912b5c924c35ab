"""A local LinkedIn: the versioned REST API as far as posting goes, with its silent habits."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from playground.networks.tokens import Account, Grant
from playground.networks.world import Post, Upload, World, json_answer, now
from playground.pictures import MIME_TYPES, picture_facts

LONGEST_POST = 3_000
LONGEST_ALT = 4_086
MOST_PIXELS = 36_152_320
RESERVED = frozenset("\\|{}@[]()<>#*_~")
HASHTAG = re.compile(r"\{hashtag\|\\#\|(?P<tag>(?:\\.|[^\\{}|])+)\}")
MENTION = re.compile(r"@\[(?P<name>(?:\\.|[^\\\[\]])+)\]\(urn:li:(?:person|organization):[\w-]+\)")
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
BARE_HASHTAG = re.compile(r"#\w+")
WRITE_SCOPES = {"person": "w_member_social", "organization": "w_organization_social"}


def refused(status: int, code: str, message: str) -> Response:
    """LinkedIn's way to say no."""
    return json_answer({"status": status, "code": code, "message": message}, status)


def shown(little: str) -> str:
    """What readers see of little text: cut, without a word, at the first reserved character not escaped."""
    parts, place = [], 0
    while place < len(little):
        if match := HASHTAG.match(little, place):
            parts.append("#" + re.sub(r"\\(.)", r"\1", match["tag"]))
        elif match := MENTION.match(little, place):
            parts.append(re.sub(r"\\(.)", r"\1", match["name"]))
        elif match := BARE_HASHTAG.match(little, place):
            parts.append(match[0])
        elif match := ESCAPE.match(little, place):
            parts.append(match[1])
        elif little[place] in RESERVED:
            break
        else:
            parts.append(little[place])
            place += 1
            continue
        place = match.end()
    return "".join(parts)


class LinkedInNetwork:
    """The routes of LinkedIn, under whatever path they are mounted."""

    def __init__(self, world: World, client_secret: str) -> None:
        self._world = world
        self._client_secret = client_secret

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/oauth/v2/accessToken", self.token, methods=["POST"]),
            Route("/v2/userinfo", self.userinfo),
            Route("/rest/images", self.start_upload, methods=["POST"]),
            Route("/rest/documents", self.start_upload, methods=["POST"]),
            Route("/dms-uploads/{urn}", self.upload, methods=["PUT"]),
            Route("/rest/images/{urn}", self.upload_status),
            Route("/rest/documents/{urn}", self.upload_status),
            Route("/rest/posts", self.create, methods=["POST"]),
            Route("/rest/posts", self.find),
            Route("/rest/posts/{urn}", self.read),
            Route("/rest/posts/{urn}", self.delete, methods=["DELETE"]),
        ]

    async def token(self, request: Request) -> Response:
        """A token for a code from the consent page, or a new one for the partners that may renew theirs."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") == "authorization_code":
            return self._connected(form)
        grant = self._world.tokens.refresh(form.get("refresh_token", ""), form.get("client_id", ""))
        if form.get("grant_type") != "refresh_token" or grant is None:
            error = {"error": "invalid_request", "error_description": "The provided refresh token is invalid."}
            return json_answer(error, 400)
        self._world.journal.write("linkedin", "refreshed", author=grant.account.id)
        return json_answer(
            {
                "access_token": grant.access_token,
                "expires_in": int(grant.expires_at - time.time()),
                "refresh_token": grant.refresh_token,
                "scope": ",".join(sorted(grant.scopes)),
            }
        )

    def _connected(self, form: dict[str, str]) -> Response:
        if form.get("client_secret") != self._client_secret:
            error = {"error": "invalid_client", "error_description": "Client authentication failed"}
            return json_answer(error, 401)
        code, client, redirect = (form.get(name, "") for name in ("code", "client_id", "redirect_uri"))
        grant = self._world.tokens.redeem(code, client, redirect, "")
        if grant is None:
            error = {"error": "invalid_request", "error_description": "Unable to retrieve access token"}
            return json_answer(error, 400)
        self._world.journal.write("linkedin", "connected", author=grant.account.id)
        return json_answer(
            {
                "access_token": grant.access_token,
                "expires_in": int(grant.expires_at - time.time()),
                "scope": ",".join(sorted(grant.scopes)),
            }
        )

    async def userinfo(self, request: Request) -> Response:
        """Who the token belongs to (OpenID Connect)."""
        grant = self._granted(request, versioned=False)
        if isinstance(grant, Response):
            return grant
        return json_answer({"sub": grant.account.id.rpartition(":")[2], "name": grant.account.name})

    async def start_upload(self, request: Request) -> Response:
        """Name a place for the bytes."""
        grant = self._granted(request)
        if isinstance(grant, Response):
            return grant
        body = await _body(request)
        owner = body.get("initializeUploadRequest", {})
        owner = owner.get("owner") if isinstance(owner, dict) else None
        if request.query_params.get("action") != "initializeUpload" or owner != grant.account.id:
            return refused(400, "INVALID_REQUEST", "owner does not match the token")
        kind = "image" if request.url.path.endswith("/images") else "document"
        made = Upload(f"urn:li:{kind}:C4E10AQ{self._world.number()}", grant.account.id, kind)
        self._world.uploads[made.id] = made
        address = f"{str(request.url).partition('/rest/')[0]}/dms-uploads/{made.id}"
        return json_answer({"value": {"uploadUrl": address, kind: made.id, "uploadUrlExpiresAt": 86_400_000}})

    async def upload(self, request: Request) -> Response:
        """Take the bytes."""
        grant = self._granted(request, versioned=False)
        if isinstance(grant, Response):
            return grant
        made = self._world.uploads.get(request.path_params["urn"])
        if made is None or made.owner != grant.account.id:
            return refused(404, "NOT_FOUND", "no such upload")
        made.data = await request.body()
        made.ready_at = time.time() + self._world.settings.processing_seconds
        if made.kind == "image":
            facts = picture_facts(made.data)
            fits = facts and facts[0] in {"png", "jpeg", "gif"} and facts[1] * facts[2] < MOST_PIXELS
            made.failed, made.mime_type = not fits, MIME_TYPES[facts[0]] if facts else ""
        else:
            made.failed, made.mime_type = not made.data.startswith(b"%PDF-"), "application/pdf"
        self._world.journal.write("linkedin", "uploaded", id=made.id, author=made.owner, size=len(made.data))
        return Response(status_code=201)

    async def upload_status(self, request: Request) -> Response:
        """How far an upload is; a person's token may not ask."""
        grant = self._granted(request)
        if isinstance(grant, Response):
            return grant
        if "r_organization_social" not in grant.scopes:
            return refused(403, "ACCESS_DENIED", "Not enough permissions to access: GET /images")
        made = self._world.uploads.get(request.path_params["urn"])
        if made is None:
            return refused(404, "NOT_FOUND", "no such upload")
        status = "AVAILABLE" if made.is_ready else "WAITING_UPLOAD" if not made.data else "PROCESSING"
        return json_answer(
            {"id": made.id, "owner": made.owner, "status": "PROCESSING_FAILED" if made.failed else status}
        )

    async def create(self, request: Request) -> Response:
        """Post."""
        grant = self._granted(request)
        if isinstance(grant, Response):
            return grant
        body = await _body(request)
        account = grant.account
        if WRITE_SCOPES[account.id.split(":")[2]] not in grant.scopes:
            return refused(403, "ACCESS_DENIED", "Not enough permissions to access: posts.CREATE")
        if problem := self._problem(body, account):
            return refused(*problem)
        within, _ = self._world.count(account.id, "posts", self._world.settings.linkedin_posts_per_day, 86_400.0)
        if not within:
            return refused(429, "TOO_MANY_REQUESTS", "Resource level throttle APPLICATION_AND_MEMBER DAY limit reached")
        commentary = str(body["commentary"])
        if existing := self._world.duplicate("linkedin", account.id, commentary):
            self._world.journal.write("linkedin", "duplicate_refused", author=account.id, text=shown(commentary))
            return refused(422, "DUPLICATE_POST", f"Content is a duplicate of {existing.id}")
        post = self._shown(account, commentary, _media_of(body))
        self._world.keep("linkedin", post)
        return Response(status_code=201, headers={"x-restli-id": post.id})

    async def find(self, request: Request) -> Response:
        """An organisation's posts, the newest first."""
        grant = self._granted(request)
        if isinstance(grant, Response):
            return grant
        query = request.query_params
        if query.get("q") != "author" or request.headers.get("x-restli-method", "").upper() != "FINDER":
            return refused(400, "ILLEGAL_ARGUMENT", "unknown finder")
        if "r_organization_social" not in grant.scopes or query.get("author") != grant.account.id:
            return refused(403, "ACCESS_DENIED", "Not enough permissions to access: posts.FINDER-author")
        start, count = int(query.get("start", "0")), min(100, int(query.get("count", "10")))
        posts = self._world.listed("linkedin", grant.account.id)
        page = [_full(post) for post in posts[start : start + count]]
        return json_answer({"paging": {"start": start, "count": count, "total": len(posts)}, "elements": page})

    async def read(self, request: Request) -> Response:
        """One post of an organisation."""
        grant = self._granted(request)
        if isinstance(grant, Response):
            return grant
        if "r_organization_social" not in grant.scopes:
            return refused(403, "ACCESS_DENIED", "Not enough permissions to access: posts.GET")
        post = self._world.posts["linkedin"].get(request.path_params["urn"])
        return json_answer(_full(post)) if post else refused(404, "NOT_FOUND", "no such post")

    async def delete(self, request: Request) -> Response:
        """Take one's own post down; a second time is no error."""
        grant = self._granted(request)
        if isinstance(grant, Response):
            return grant
        post = self._world.posts["linkedin"].get(request.path_params["urn"])
        if post and post.author != grant.account.id:
            return refused(403, "ACCESS_DENIED", "not the author")
        if post:
            del self._world.posts["linkedin"][post.id]
            self._world.journal.write("linkedin", "deleted", id=post.id, author=post.author)
        return Response(status_code=204)

    def _granted(self, request: Request, *, versioned: bool = True) -> Grant | Response:
        """The grant behind a request, or the answer that refuses it."""
        grant = self._world.tokens.bearer("linkedin", request.headers.get("authorization", ""))
        if grant is None:
            return refused(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
        if not versioned:
            return grant
        version = request.headers.get("linkedin-version", "")
        if not re.fullmatch(r"20\d{4}", version):
            return refused(400, "VERSION_MISSING", "A version must be present.")
        if version < self._world.settings.oldest_linkedin_version:
            return refused(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            return refused(400, "PROTOCOL_VERSION", "X-Restli-Protocol-Version must be 2.0.0")
        return grant

    def _problem(self, body: dict[str, Any], account: Account) -> tuple[int, str, str] | None:
        wanted = {
            "author": account.id,
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": body.get("isReshareDisabledByAuthor"),
        }
        missing = [name for name, value in wanted.items() if value is None or body.get(name) != value]
        if missing or body.get("visibility") not in {"PUBLIC", "CONNECTIONS", "LOGGED_IN"}:
            return 422, "MISSING_FIELD", f"{', '.join([*missing, 'visibility'])} is required"
        if not isinstance(body.get("distribution"), dict) or not isinstance(body.get("commentary"), str):
            return 422, "MISSING_FIELD", "distribution and commentary are required"
        if len(body["commentary"]) > LONGEST_POST:
            return 422, "FIELD_LENGTH_TOO_LONG", "commentary length is longer than 3000"
        images = body.get("content", {}).get("multiImage", {}).get("images")
        if images is not None and not 2 <= len(images) <= 20:
            return 422, "INVALID_CONTENT", "multiImage has 2 to 20 images"
        for media in _media_of(body):
            made = self._world.uploads.get(str(media.get("id")))
            if made is None or made.owner != account.id or not made.is_ready:
                return 422, "INVALID_CONTENT", f"{str(media.get('id'))[:80]} is not available"
            if len(str(media.get("altText", ""))) > LONGEST_ALT:
                return 422, "FIELD_LENGTH_TOO_LONG", "altText length is longer than 4086"
        return None

    def _shown(self, account: Account, commentary: str, media: list[dict[str, Any]]) -> Post:
        ids = tuple(str(item["id"]) for item in media)
        alts = tuple(str(item.get("altText", "")) for item in media)
        title = str(media[0].get("title", "")) if media else ""
        urn = f"urn:li:share:{self._world.number()}"
        return Post(urn, account.id, shown(commentary), commentary, ids, alts, now(), title=title)


def _media_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    content = body.get("content") or {}
    if "media" in content:
        return [content["media"]]
    return list(content.get("multiImage", {}).get("images", []))


def _full(post: Post) -> dict[str, Any]:
    milliseconds = _milliseconds(post.at)
    return {
        "id": post.id,
        "author": post.author,
        "commentary": post.written,
        "createdAt": milliseconds,
        "publishedAt": milliseconds,
        "lifecycleState": "PUBLISHED",
    }


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
