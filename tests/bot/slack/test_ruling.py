"""Rules are set by the admins of where they are to hold, and by nobody else."""

import asyncio

import pytest

from bot.errors import Misuse
from bot.records.tables import RequestRow
from bot.slack.ruling import save_rules

CHANNEL = "C1"


@pytest.fixture
def desk(desk_with):
    """A desk where each channel has an admin of its own."""
    return desk_with('[everywhere]\nadmins = ["UALL"]\n[channels.C1]\nadmins = ["UONE"]\n')


def asked(user, *, everywhere):
    rules = {"requesters": [], "approvers": [user], "admins": [user], "trusted": [], "two_people": False}
    body = {"user": user, "channel": CHANNEL, "everywhere": everywhere, "rules": rules}
    return RequestRow(person=f"slack:{user}", body=body)


@pytest.mark.parametrize(("user", "everywhere"), [("UONE", True), ("UALL", False), ("UOUT", True), ("UOUT", False)])
def test_who_is_no_admin_there_changes_nothing(desk, told, user, everywhere):
    with pytest.raises(Misuse, match="Only an admin"):
        asyncio.run(save_rules(desk, asked(user, everywhere=everywhere)))
    assert desk.records.rules(CHANNEL) == {}
    assert told == []


@pytest.mark.parametrize(("user", "everywhere", "place"), [("UONE", False, CHANNEL), ("UALL", True, "")])
def test_an_admin_sets_the_rules_of_their_own_place(desk, told, user, everywhere, place):
    asyncio.run(save_rules(desk, asked(user, everywhere=everywhere)))
    assert {where: rules["admins"] for where, rules in desk.records.rules(CHANNEL).items()} == {place: [user]}
    assert len(told) == 1
