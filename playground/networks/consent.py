"""The page on which a person allows an app to post for an account: OAuth 2's authorization endpoint (RFC 6749, 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from playground.networks.pages import NAMES, page
from playground.networks.tokens import Account
from playground.networks.world import World

PATHS = {"x": "/i/oauth2/authorize", "linkedin": "/oauth/v2/authorization"}
DENIED = {"x": "access_denied", "linkedin": "user_cancelled_authorize"}
LOOPBACK = ("127.0.0.1", "localhost")
FIELDS = ("client_id", "redirect_uri", "scope", "state", "code_challenge")


class ConsentPages:
    """The consent pages of both networks; they know one app, and send nobody away from this machine."""

    def __init__(self, world: World, client_id: str) -> None:
        self._world = world
        self._client_id = client_id

    def routes(self, network: str) -> list[Route]:
        """The page of one network and its form."""

        async def ask(request: Request) -> Response:
            return self._ask(network, request.query_params)

        async def decide(request: Request) -> Response:
            return self._decide(network, dict(parse_qsl((await request.body()).decode(errors="replace"))))

        return [Route(PATHS[network], ask), Route(PATHS[network], decide, methods=["POST"])]

    def _ask(self, network: str, query: Mapping[str, str]) -> Response:
        """What the app wants, for which account, and two buttons."""
        if problem := self._problem(network, query):
            return _refused(network, problem)
        choices = "".join(
            f'<label><input type="radio" name="account" value="{escape(account.id)}"{" checked" * (not index)}>'
            f"{escape(account.name)}</label>"
            for index, account in enumerate(self._accounts(network, query["scope"]))
        )
        wanted = "".join(f"<li>{escape(scope)}</li>" for scope in query["scope"].split())
        kept = "".join(f'<input type="hidden" name="{name}" value="{escape(query.get(name, ""))}">' for name in FIELDS)
        body = f"""<article class="consent"><p class="who">Easel wants to use {NAMES[network]} for you</p>
<ul>{wanted}</ul><form method="post">{kept}{choices}
<button name="do" value="allow">Allow</button><button name="do" value="deny">Cancel</button></form></article>"""
        return HTMLResponse(page(network, body))

    def _decide(self, network: str, form: Mapping[str, str]) -> Response:
        """Back to the app, with a code or with the news that there is none."""
        if problem := self._problem(network, form):
            return _refused(network, problem)
        answer = {"state": form["state"]}
        account = {known.id: known for known in self._accounts(network, form["scope"])}.get(form.get("account", ""))
        if form.get("do") != "allow" or account is None:
            answer |= {"error": DENIED[network]}
        else:
            scopes = frozenset(form["scope"].split()) - {self._world.settings.linkedin_drops_scope}
            challenge = form.get("code_challenge", "")
            tokens = self._world.tokens
            answer["code"] = tokens.permit(account, form["client_id"], form["redirect_uri"], scopes, challenge)
        return RedirectResponse(f"{form['redirect_uri']}?{urlencode(answer)}", 303)

    def _problem(self, network: str, asked: Mapping[str, str]) -> str:
        """Why a request is shown to the person instead of going back to whoever made it; empty if it is in order."""
        redirect = urlsplit(asked.get("redirect_uri", ""))
        if asked.get("client_id") != self._client_id:
            return "This app is not known."
        if redirect.scheme != "http" or redirect.hostname not in LOOPBACK or redirect.query or redirect.fragment:
            return "The app wants to send you to an address that it did not register."
        if not asked.get("state") or not asked.get("scope"):
            return "The app did not say what it wants."
        if network == "x" and not asked.get("code_challenge"):
            return "The app sent no code challenge."
        return ""

    def _accounts(self, network: str, scope: str) -> list[Account]:
        """Whom the person can speak for with such scopes."""
        accounts = [account for account in self._world.tokens.accounts.values() if account.network == network]
        organizations = "organization" in scope
        return [account for account in accounts if network == "x" or ("organization" in account.id) == organizations]


def _refused(network: str, problem: str) -> Response:
    return HTMLResponse(page(network, f'<p class="empty">{escape(problem)}</p>'), 400)
