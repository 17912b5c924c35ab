"""What `easel doctor` asks Slack: tokens, scopes, Socket Mode or the door, the clock."""

from __future__ import annotations

from collections.abc import Iterator

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.clocks import check_clock
from bot.findings import Finding, Health
from bot.settings import Settings
from bot.slack.manifest import needed_scopes

CALL_SECONDS = 10


def check_connection(settings: Settings) -> Iterator[Finding]:
    """Everything that the bot needs of Slack; nothing is changed."""
    client = WebClient(base_url=settings.slack_api_url, timeout=CALL_SECONDS)
    if settings.slack_client_id:
        needed = ("slack_signing_secret", "slack_client_secret", "public_url")
        missing = [name for name in needed if not getattr(settings, name)]
        if missing:
            yield Finding("slack", Health.BROKEN, f"set {missing[0]}.")
        else:
            yield Finding("slack", Health.GOOD, "open to workspaces that install it")
        return
    yield from check_token(client, settings)
    if not settings.slack_by_http:
        yield check_socket_mode(client, settings)
    elif settings.slack_signing_secret:
        yield Finding("slack door", Health.GOOD, "requests are checked")
    else:
        told = "set slack_signing_secret, from the app's Basic Information."
        yield Finding("slack door", Health.BROKEN, told)


def check_token(client: WebClient, settings: Settings) -> Iterator[Finding]:
    """The bot token, its scopes, and the time that Slack has."""
    try:
        answer = client.auth_test(token=settings.slack_bot_token)
    except SlackApiError as error:
        why = error.response.get("error", "")
        told = f"slack_bot_token is refused ({why}): copy it anew from OAuth & Permissions."
        yield Finding("slack", Health.BROKEN, told)
        return
    except (OSError, TimeoutError) as error:
        yield Finding("slack", Health.BROKEN, f"{settings.slack_api_url} cannot be reached: {error}")
        return
    headers = {name.lower(): value for name, value in answer.headers.items()}
    granted = [scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()]
    missing = [scope for scope in needed_scopes() if granted and scope not in granted]
    if missing:
        told = f"the app lacks {', '.join(missing)}: add them under OAuth & Permissions and install it again."
        yield Finding("slack", Health.BROKEN, told)
    else:
        yield Finding("slack", Health.GOOD, f"{answer.get('user', 'the app')} in {answer.get('team', 'its workspace')}")
    yield from check_clock("slack", "Slack's", headers)


def check_socket_mode(client: WebClient, settings: Settings) -> Finding:
    """The app token, and whether Socket Mode is switched on."""
    if not settings.slack_app_token:
        return Finding("slack socket", Health.BROKEN, "set slack_app_token, from Basic Information > App-Level Tokens.")
    try:
        client.apps_connections_open(app_token=settings.slack_app_token)
    except SlackApiError as error:
        why = error.response.get("error", "")
        told = f"slack_app_token is refused ({why}): it needs connections:write, and Socket Mode has to be on."
        return Finding("slack socket", Health.BROKEN, told)
    except (OSError, TimeoutError) as error:
        return Finding("slack socket", Health.BROKEN, f"{settings.slack_api_url} cannot be reached: {error}")
    return Finding("slack socket", Health.GOOD, "Socket Mode is on")
