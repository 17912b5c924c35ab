"""Who is a guest follows from what Slack says of a person."""

import asyncio

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.roles import Role
from bot.slack.desk import Desk

MEMBER = {"tz": "Europe/Madrid", "team_id": "T1", "is_admin": False}


@pytest.mark.parametrize(
    ("told", "may"),
    [
        (MEMBER, True),
        ({**MEMBER, "team_id": "T9", "enterprise_user": {"teams": ["T1", "T2"]}}, True),
        ({**MEMBER, "is_restricted": True}, False),
        ({**MEMBER, "is_ultra_restricted": True}, False),
        ({**MEMBER, "is_stranger": True}, False),
        ({**MEMBER, "team_id": "T9"}, False),
    ],
)
def test_only_full_members_of_the_workspace_are_everybody(studio, monkeypatch, told, may):
    async def users_info(_, user):
        return {"user": told}

    async def auth_test(_):
        return {"team_id": "T1"}

    monkeypatch.setattr(AsyncWebClient, "users_info", users_info)
    monkeypatch.setattr(AsyncWebClient, "auth_test", auth_test)
    desk = Desk(studio, AsyncWebClient())
    assert [asyncio.run(desk.may("U1", role, "C1")) for role in Role] == [may, may, False]
