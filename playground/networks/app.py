"""The two networks as one web application, with the controls that tests and the playground use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from playground.controls import CommonControls
from playground.faults import Faults, FaultyNetworks
from playground.journal import Journal
from playground.networks.consent import ConsentPages
from playground.networks.linkedin_network import LinkedInNetwork
from playground.networks.pages import feed_page
from playground.networks.tokens import ACCESS_SECONDS, Account, Grant, Tokens
from playground.networks.world import Settings, World, now
from playground.networks.x_network import XNetwork

X_SCOPES = frozenset({"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"})
PERSON_SCOPES = frozenset({"openid", "profile", "w_member_social"})
ORGANIZATION_SCOPES = frozenset({"w_organization_social", "r_organization_social"})
CLIENT_ID, CLIENT_SECRET = "playground", "playground-secret"


def networks_app(*, journal: Path | None = None, seed: int = 0, settings: dict[str, Any] | None = None) -> ASGIApp:
    """Both networks with three accounts to begin with: one on X, a person and an organisation on LinkedIn.

    `journal` is a file that gets a line for everything that happens; `seed` decides over faults by chance;
    `settings` are those of `world.Settings`. The accounts and their tokens are under `/_accounts`. They are the
    same at each start, so that what was set up once goes on working.
    """
    world = World(Journal(journal), first_accounts(), Settings())
    world.settings.change(settings or {})
    faults = Faults(seed)
    controls = Controls(world, faults)
    consent = ConsentPages(world, CLIENT_ID)
    x = [*consent.routes("x"), *XNetwork(world).routes(), *controls.pages("x", "/i/web/status/{id}")]
    linkedin = [
        *consent.routes("linkedin"),
        *LinkedInNetwork(world, CLIENT_SECRET).routes(),
        *controls.pages("linkedin", "/feed/update/{id}"),
    ]
    common = CommonControls(world.journal, faults)
    mounts = [Mount("/x", routes=x), Mount("/linkedin", routes=linkedin)]
    app = Starlette(routes=[*mounts, *common.routes(), *controls.routes()])
    return FaultyNetworks(app, faults)


def first_accounts() -> Tokens:
    """The three accounts, with tokens that are the same each time: they open nothing but the playground."""
    tokens = Tokens()
    x = Account("x", "1001", "easel", "local-consumer", "local-consumer-secret", "1001-local", "local-secret")
    person = Account("linkedin", "urn:li:person:ada1815", "Ada Painter")
    organization = Account("linkedin", "urn:li:organization:2001", "Easel Studio")
    for account, scopes in ((x, X_SCOPES), (person, PERSON_SCOPES), (organization, ORGANIZATION_SCOPES)):
        tokens.add(account)
        name = f"{account.network}-{account.id.rpartition(':')[2]}"
        ends = now().timestamp() + ACCESS_SECONDS[account.network]
        tokens.remember(Grant(account, f"{name}-access", f"{name}-refresh", CLIENT_ID, scopes, ends))
    return tokens


class Controls:
    """Pages to look at, and addresses under `/_` that change how the networks behave."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def pages(self, network: str, post_path: str) -> list[Route]:
        """A network's feed, and each post by its own address."""

        async def feed(request: Request) -> Response:
            return HTMLResponse(feed_page(self._world, network))

        async def one(request: Request) -> Response:
            post_id = request.path_params["id"]
            status = 200 if post_id in self._world.posts[network] else 404
            return HTMLResponse(feed_page(self._world, network, post_id), status)

        return [Route("/", feed), Route(post_path, one)]

    def routes(self) -> list[Route]:
        """The controls."""
        return [
            Route("/", self.start),
            Route("/_media/{id}", self.media),
            Route("/_accounts", self.accounts),
            Route("/_settings", self.settings, methods=["GET", "POST"]),
            Route("/_tokens", self.tokens, methods=["POST"]),
            Route("/_reset", self.reset, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        """The first page is X's feed."""
        return RedirectResponse("/x/")

    async def media(self, request: Request) -> Response:
        """A picture or document that was handed over."""
        made = self._world.uploads.get(request.path_params["id"])
        if made is None or not made.data:
            return PlainTextResponse("There is no such upload.", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}
        return Response(made.data, media_type=made.mime_type or "application/octet-stream", headers=headers)

    async def accounts(self, request: Request) -> Response:
        """The accounts with all that unlocks them."""
        grants = {grant.account.id: grant for grant in self._world.tokens.grants.values()}
        listed = []
        for account in self._world.tokens.accounts.values():
            grant = grants.get(account.id)
            oauth2 = {**vars(grant), "scopes": sorted(grant.scopes)} if grant else {}
            oauth2.pop("account", None)
            listed.append({**vars(account), "oauth2": oauth2})
        return JSONResponse(listed)

    async def settings(self, request: Request) -> Response:
        """How the networks behave; a POST changes what it names."""
        if request.method == "POST":
            try:
                self._world.settings.change(await request.json())
            except (ValueError, AttributeError) as error:
                return PlainTextResponse(f"{error}\n", 400)
        return JSONResponse(vars(self._world.settings))

    async def tokens(self, request: Request) -> Response:
        """End the access tokens of a network ("end"), or take all of its tokens back ("revoke")."""
        try:
            wish = await request.json()
            action = {"end": self._world.tokens.end_access, "revoke": self._world.tokens.revoke}[wish["do"]]
            action(wish["network"])
        except (ValueError, KeyError, TypeError):
            return PlainTextResponse('Send {"network": "x" or "linkedin", "do": "end" or "revoke"}.\n', 400)
        return PlainTextResponse("ok")

    async def reset(self, request: Request) -> Response:
        """Begin anew, with the first accounts and no posts, settings or faults."""
        self._world.begin_anew(first_accounts())
        self._faults.clear()
        return PlainTextResponse("ok")
