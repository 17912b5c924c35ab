"""Connecting an account in the browser, from the command line and from whatever else serves the way back."""

import os
import re
import subprocess
import sys
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from bot.accounts import NewAccount, open_publisher
from bot.accounts.consent import begin_consent, finish_consent
from bot.errors import Misuse
from publishers import PublishError

REDIRECT = "http://127.0.0.1:9/connected"


@pytest.fixture
def home(home, monkeypatch):
    for network in ("X", "LINKEDIN"):
        monkeypatch.setenv(f"EASEL_{network}_CLIENT_ID", "playground")
        monkeypatch.setenv(f"EASEL_{network}_CLIENT_SECRET", "playground-secret")
    return home


def addresses(networks, network):
    if network == "x":
        return {"address": networks.x, "web_address": networks.x}
    return {"address": networks.linkedin, "login_address": networks.linkedin}


def begin(studio, networks, network="x", name="main", owner="ana"):
    account = NewAccount(network, name, owner, addresses(networks, network))
    return begin_consent(studio.settings, studio.records, account, REDIRECT)


def finish(studio, query):
    return finish_consent(studio.settings, studio.records, query)


def come_back(address, do="allow"):
    """Decide on the consent page; where the browser is sent."""
    page = httpx2.get(address).text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    account = re.search(r'name="account" value="([^"]*)"', page)[1]
    return httpx2.post(address, data={**form, "account": account, "do": do}).headers["location"]


def query_of(address):
    return dict(parse_qsl(urlsplit(address).query))


@pytest.mark.parametrize(("network", "name"), [("x", "@easel"), ("linkedin", "Ada Painter")])
def test_an_account_is_connected_where_it_was_begun_by_whichever_process_the_browser_comes_back_to(
    studio, networks, network, name
):
    from bot.pipeline.studio import Studio

    team = Studio(studio.settings.model_copy(update={"workspace": "T1"}))
    address = begin(team, networks, network, name="brand", owner="U1")
    back = come_back(address)
    assert back.startswith(f"{REDIRECT}?")
    row, report = finish(studio, query_of(back))
    assert (row.workspace, row.owner, row.name, report.name) == ("T1", "U1", "brand", name)
    assert open_publisher(team.settings, team.records, network, "brand").check().name == name
    assert studio.records.accounts() == []
    team.records.engine.dispose()


def test_a_way_back_works_once_and_not_for_ever(studio, networks):
    query = query_of(come_back(begin(studio, networks)))
    finish(studio, query)
    for wrong in (query, {}, {"state": "guess", "code": "guess"}):
        with pytest.raises(Misuse, match="connect the account again"):
            finish(studio, wrong)
    late = query_of(come_back(begin(studio, networks)))
    with studio.records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE consents SET created_at = '2026-01-01 00:00:00'")
    with pytest.raises(Misuse, match="older than a quarter of an hour"):
        finish(studio, late)


def test_who_declines_leaves_everything_as_it_was(studio, networks):
    address = begin(studio, networks)
    with pytest.raises(PublishError, match="allow it"):
        finish(studio, query_of(come_back(address, do="deny")))
    assert studio.records.accounts() == []


def test_what_is_remembered_meanwhile_says_nothing_without_the_key(studio, networks):
    begin(studio, networks)
    with studio.records.engine.connect() as connection:
        sealed = connection.exec_driver_sql("SELECT sealed FROM consents").scalar()
    assert "verifier" not in sealed
    assert "ana" not in sealed


@pytest.mark.parametrize(
    ("network", "variable"), [("x", "EASEL_X_CLIENT_ID"), ("linkedin", "EASEL_LINKEDIN_CLIENT_SECRET")]
)
def test_an_app_that_is_not_set_up_is_named(studio, network, variable):
    name = variable.removeprefix("EASEL_").lower()
    studio.settings = studio.settings.model_copy(update={name: ""})
    with pytest.raises(Misuse, match=f"Set {name}"):
        begin_consent(studio.settings, studio.records, NewAccount(network, "main", "ana"), REDIRECT)


class TestCommand:
    @pytest.fixture
    def running(self, networks, home):
        """`easel accounts add x --browser`, whose browser is this test; the process and the page it asks for."""
        command = [sys.executable, "-m", "bot.cli", "accounts", "add", "x", "--browser", "--port", "0"]
        process = subprocess.Popen(
            [*command, "--address", networks.x],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "BROWSER": "true"},
        )
        process.stdout.readline()
        yield process, process.stdout.readline().strip()
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()

    def test_the_browser_connects_the_account_and_strangers_do_not_disturb(self, running, easel):
        process, address = running
        back = come_back(address)
        host = "http://" + urlsplit(back).netloc
        assert httpx2.get(f"{host}/").status_code == 404
        assert httpx2.get(f"{host}/callback?state=guess&code=guess").status_code == 404
        page = httpx2.get(back)
        assert (page.status_code, "@easel is connected as main" in page.text) == (200, True)
        assert process.wait(20) == 0
        assert "x: @easel is connected as main." in process.stdout.read()
        assert b"@easel works" in easel("accounts", "check").stdout

    def test_who_declines_reads_so_in_the_browser_and_the_terminal(self, running):
        process, address = running
        page = httpx2.get(come_back(address, do="deny"))
        assert (page.status_code, "access_denied" in page.text) == (400, True)
        assert process.wait(20) == 1
        error = process.stderr.read()
        assert error.startswith("easel: X did not connect the account (access_denied)")
        assert "Traceback" not in error
