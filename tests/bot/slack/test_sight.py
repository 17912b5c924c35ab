"""Home shows a person what they may decide about, where they could read it; the local Slack says who is where."""

import asyncio

import pytest

from bot.settings import load_settings
from bot.slack.desk import Desk
from bot.slack.home import publish_home
from bot.slack.workspaces import open_session, web_client
from playground.slack.credentials import Credentials
from tests.bot.slack import posts
from tests.bot.slack.people import words

PUBLIC, DIRECT = "C0LAUNCHES", "D0REQUESTER"
ANA, BEN, MIRA = "U0REQUESTER", "U0APPROVER", "U0OUTSIDER"


@pytest.fixture
def rules(studio):
    def write(text):
        studio.settings.home.mkdir(exist_ok=True)
        (studio.settings.home / "roles.toml").write_text(text)

    return write


@pytest.fixture
def ask(studio):
    """A post in review, asked for in a channel."""

    def ask(draft, channel, user=ANA):
        posts.draw(studio, posts.ask(studio.records, draft, channel, user))

    return ask


@pytest.fixture
def home_of(studio, slack, monkeypatch):
    """The words under "Waiting for me" in a person's Home, after it is published anew."""
    monkeypatch.setenv("EASEL_SLACK_API_URL", slack.api)
    load_settings.cache_clear()

    async def publish(user):
        async with open_session() as session:
            desk = Desk(studio, web_client(load_settings(), Credentials().bot_token, session))
            await publish_home(desk, user)

    def home_of(user):
        asyncio.run(publish(user))
        home = words(slack.see(user)["home"])
        return home.partition("Waiting for me")[2].partition("My drafts")[0]

    return home_of


@pytest.fixture
def private(slack, monkeypatch):
    """A conversation of Ana, Ben and the app."""
    monkeypatch.setenv("EASEL_SLACK_API_URL", slack.api)
    load_settings.cache_clear()

    async def opened():
        async with open_session() as session:
            client = web_client(load_settings(), Credentials().bot_token, session)
            return (await client.conversations_open(users=[ANA, BEN]))["channel"]["id"]

    return asyncio.run(opened())


def test_where_everybody_approves_a_private_place_is_shown_to_those_in_it_alone(ask, home_of, private):
    ask("for all to see", PUBLIC)
    ask("among us", private)
    ask("a word in private", DIRECT)
    seen = {user: home_of(user) for user in (ANA, BEN, MIRA)}
    assert all("for all to see" in waiting for waiting in seen.values())
    assert [user for user, waiting in seen.items() if "among us" in waiting] == [ANA, BEN]
    assert [user for user, waiting in seen.items() if "a word in private" in waiting] == [ANA]


def test_an_approver_by_name_sees_what_is_asked_in_private_and_others_only_their_channels(rules, ask, home_of):
    rules(f'[everywhere]\nadmins = ["U0BOSS"]\napprovers = ["{BEN}"]\n[channels.{PUBLIC}]\napprovers = ["{MIRA}"]\n')
    ask("launches", PUBLIC)
    ask("a word in private", DIRECT)
    ben, mira, ana = home_of(BEN), home_of(MIRA), home_of(ANA)
    assert ("launches" in ben, "a word in private" in ben) == (False, True)
    assert ("launches" in mira, "a word in private" in mira) == (True, False)
    assert ana == ""


def test_where_two_are_needed_nobody_is_asked_about_their_own(rules, ask, home_of):
    rules("[everywhere]\ntwo_people = true\n")
    ask("by Ana", PUBLIC)
    ask("by Ben", PUBLIC, BEN)
    assert ("by Ana" in home_of(ANA), "by Ben" in home_of(ANA)) == (False, True)
    assert ("by Ana" in home_of(BEN), "by Ben" in home_of(BEN)) == (True, False)


def test_a_planned_post_is_shown_to_who_asked_and_who_decides_and_nobody_else(rules, studio, approve, home_of, slack):
    rules(f'[everywhere]\napprovers = ["{BEN}"]\n')
    [row] = approve("from the terminal")
    with studio.records.transaction() as session:
        session.merge(studio.records.post(row.post_id)).requested_by = f"slack:{ANA}"
    for user, sees in ((ANA, True), (BEN, True), (MIRA, False)):
        home_of(user)
        assert ("from the terminal" in words(slack.see(user)["home"])) is sees
