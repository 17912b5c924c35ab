"""Many workspaces by signed HTTP: one installs the app in a browser, uses it, and removes it again."""

import http.client
import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from bot.settings import load_settings
from playground.slack.credentials import Credentials
from tests.bot.slack.conftest import running
from tests.bot.slack.people import PATIENCE


def get(address, cookie=""):
    """A page as a browser asks for it, redirects not followed."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def public_bot(office, slack, port, monkeypatch):
    usual = Credentials()
    monkeypatch.setenv("EASEL_SLACK_CLIENT_ID", usual.client_id)
    monkeypatch.setenv("EASEL_SLACK_CLIENT_SECRET", usual.client_secret)
    monkeypatch.setenv("EASEL_SLACK_PORT", str(port))
    monkeypatch.setenv("EASEL_PUBLIC_URL", f"http://127.0.0.1:{port}")
    load_settings.cache_clear()

    def open_door():
        try:
            return get(f"http://127.0.0.1:{port}/slack/install")[0] == 200
        except OSError:
            return False

    with running("bot"):
        slack.wait(open_door, PATIENCE, "the door")
        yield f"http://127.0.0.1:{port}"
    load_settings.cache_clear()


def offered(bot):
    """The link to Slack's page on the bot's own, and the cookie that comes with it."""
    status, headers, page = get(f"{bot}/slack/install")
    assert status == 200
    link = unescape(re.search(r'href="([^"]*oauth/v2/authorize[^"]*)"', page)[1])
    return link, headers["Set-Cookie"].partition(";")[0]


def test_a_workspace_installs_the_app_uses_it_removes_it_and_installs_it_again(office, slack, public_bot):
    link, cookie = offered(public_bot)
    back = get(link)[1]["location"]
    assert get(back)[0] >= 400  # another browser, without the cookie
    assert office.records.installations() == []
    back = get(link)[1]["location"]
    status, _, page = get(back, cookie)
    assert status == 200, page
    [row] = office.records.installations()
    assert row.team == "T0PLAYGROUND"
    assert Credentials().bot_token not in row.token
    assert get(back, cookie)[0] >= 400  # the code is used up
    status, _, page = get(get(link)[1]["location"], cookie)
    assert (status, "invalid_state" in page) == (401, True)  # and with a new code, the state is

    slack.change(request_url=f"{public_bot}/slack/events")
    done = slack.do("command", who="requester", channel="launches", command="/easel", text="by HTTP")
    assert done["ok"], done
    slack.wait(lambda: slack.modal("requester"), PATIENCE, "the form")
    assert slack.do("submit", who="requester", values={})["ok"]
    team = office.records.in_workspace("T0PLAYGROUND")
    slack.wait(lambda: team.posts_in(("drafted",), 1), PATIENCE, "the post in the workspace of its own")
    assert office.records.posts_in(("drafted",), 1) == []

    slack.uninstall()
    slack.wait(lambda: office.records.installations() == [], PATIENCE, "the forgetting")
    link, cookie = offered(public_bot)
    assert get(get(link)[1]["location"], cookie)[0] == 200
    assert [row.team for row in office.records.installations()] == ["T0PLAYGROUND"]
