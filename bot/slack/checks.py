"""What `easel doctor` asks Slack: tokens, scopes, Socket Mode or the door, the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.settings import Settings
from bot.slack.manifest import needed_scopes

CALL_SECONDS = 10


class Look(NamedTuple):
    """One thing that was looked at, whether it is a problem, and what to say of it."""

    what: str
    problem: bool
    told: str


def look_at_slack(settings: Settings, most_skew: timedelta) -> Iterator[Look]:
    """Everything that the bot needs of Slack; nothing is changed."""
    client = WebClient(base_url=settings.slack_api_url, timeout=CALL_SECONDS)
    if settings.slack_client_id:
        needed = ("slack_signing_secret", "slack_client_secret", "public_url")
        missing = [name for name in needed if not getattr(settings, name)]
        yield Look("slack", bool(missing), f"set {missing[0]}." if missing else "open to workspaces that install it")
        return
    yield from look_at_token(client, settings, most_skew)
    if settings.slack_by_http:
        unset = not settings.slack_signing_secret
        told = "set slack_signing_secret, from the app's Basic Information." if unset else "requests are checked"
        yield Look("slack door", unset, told)
    else:
        yield look_at_socket_mode(client, settings)


def look_at_token(client: WebClient, settings: Settings, most_skew: timedelta) -> Iterator[Look]:
    """The bot token, its scopes, and the time that Slack has."""
    try:
        answer = client.auth_test(token=settings.slack_bot_token)
    except SlackApiError as error:
        why = error.response.get("error", "")
        yield Look("slack", True, f"slack_bot_token is refused ({why}): copy it anew from OAuth & Permissions.")
        return
    except (OSError, TimeoutError) as error:
        yield Look("slack", True, f"{settings.slack_api_url} cannot be reached: {error}")
        return
    headers = {name.lower(): value for name, value in answer.headers.items()}
    granted = [scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()]
    missing = [scope for scope in needed_scopes() if granted and scope not in granted]
    if missing:
        told = f"the app lacks {', '.join(missing)}: add them under OAuth & Permissions and install it again."
        yield Look("slack", True, told)
    else:
        yield Look("slack", False, f"{answer.get('user', 'the app')} in {answer.get('team', 'its workspace')}")
    yield from look_at_clock(headers, most_skew)


def look_at_clock(headers: Mapping[str, str], most_skew: timedelta) -> Iterator[Look]:
    """This machine's clock against Slack's: signatures older than five minutes are refused."""
    try:
        skew = datetime.now(UTC) - parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return
    if abs(skew) > most_skew:
        seconds = abs(skew).total_seconds()
        yield Look("slack", True, f"this machine's clock is {seconds:,.0f} s off Slack's: set it by a time server.")


def look_at_socket_mode(client: WebClient, settings: Settings) -> Look:
    """The app token, and whether Socket Mode is switched on."""
    if not settings.slack_app_token:
        return Look("slack socket", True, "set slack_app_token, from Basic Information > App-Level Tokens.")
    try:
        client.apps_connections_open(app_token=settings.slack_app_token)
    except SlackApiError as error:
        why = error.response.get("error", "")
        told = f"slack_app_token is refused ({why}): it needs connections:write, and Socket Mode has to be on."
        return Look("slack socket", True, told)
    except (OSError, TimeoutError) as error:
        return Look("slack socket", True, f"{settings.slack_api_url} cannot be reached: {error}")
    return Look("slack socket", False, "Socket Mode is on")
