"""Accounts: encrypted at rest, checked before they are kept, renewed by one process at a time."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from bot.accounts import Vault, open_publisher
from bot.accounts.opening import keeper
from bot.accounts.tokens import token_from
from bot.errors import EaselError, Misuse
from publishers import OAuth2Token, Secret

OAUTH1 = {"consumer_key": "key", "consumer_secret": "s1", "access_token": "t", "access_token_secret": "s2"}
OAUTH2 = {
    "access_token": "access",
    "refresh_token": "refresh",
    "client_id": "client",
    "expires_at": "2026-12-01T09:00:00+00:00",
    "scopes": ["tweet.read"],
}


@pytest.mark.parametrize("fields", [OAUTH1, OAUTH2, {"access_token": "only"}])
def test_a_sealed_token_opens_to_the_same_and_shows_nothing(tmp_path, fields):
    token = token_from(fields)
    vault = Vault(tmp_path)
    sealed = vault.seal(token)
    assert vault.open(sealed) == token
    assert Vault(tmp_path).open(sealed) == token
    for value in ("access", "refresh", "consumer"):
        assert value not in sealed
    assert "Secret(…)" in repr(token)


def test_the_key_file_is_for_its_owner_alone(tmp_path):
    Vault(tmp_path)
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    (tmp_path / "secret.key").chmod(0o644)
    with pytest.raises(EaselError, match="chmod 600"):
        Vault(tmp_path)


def test_a_key_from_the_environment_leaves_no_file_and_can_be_replaced(tmp_path, monkeypatch):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("EASEL_SECRET_KEY", old)
    sealed = Vault(tmp_path).seal(token_from(OAUTH1))
    monkeypatch.setenv("EASEL_SECRET_KEY", f"{new},{old}")
    assert Vault(tmp_path).open(sealed) == token_from(OAUTH1)
    monkeypatch.setenv("EASEL_SECRET_KEY", new)
    with pytest.raises(EaselError, match="cannot be decrypted"):
        Vault(tmp_path).open(sealed)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("EASEL_SECRET_KEY", "hunter2")
    with pytest.raises(Misuse, match="holds no key"):
        Vault(tmp_path)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "access_token is missing"),
        ({"access_token": ""}, "access_token is missing"),
        ({"access_token": 7}, "access_token is missing or no plain text"),
        ({**OAUTH1, "consumer_secret": None}, "consumer_secret is missing"),
        ({**OAUTH2, "expires_at": "soon"}, "no ISO time"),
        ({**OAUTH2, "expires_at": "2026-12-01T09:00:00"}, "no time zone"),
        ({**OAUTH2, "scopes": {"a": 1}}, "no list of names"),
    ],
)
def test_token_fields_that_are_wrong_are_named_and_not_shown(fields, told):
    with pytest.raises(Misuse, match=told):
        token_from(fields)


def test_of_many_renewals_at_once_one_spends_the_refresh_token(studio, tmp_path):
    vault = Vault(studio.settings.home)
    stale = token_from(OAUTH2)
    row = studio.records.add_account("x", "main", "ana", {}, vault.seal(stale), None)
    spent = []

    def refresh(token):
        spent.append(token.refresh_token.reveal())
        return OAuth2Token(Secret(f"fresh {len(spent)}"), refresh_token=Secret("next"))

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: keeper(studio.records, vault, row)(stale, refresh), range(8)))
    assert spent == ["refresh"]
    assert {token.access_token.reveal() for token in tokens} == {"fresh 1"}
    assert vault.open(studio.records.credentials(row.id)).refresh_token.reveal() == "next"


def test_the_first_connected_account_of_a_network_gets_its_posts(studio, approve, connect):
    [outbox] = approve("hello")
    connect("x", "1001", name="brand")
    connect("x", "1001", name="other")
    [row] = approve("hello")
    assert (outbox.account, row.account) == ("outbox", "brand")


def test_the_owner_sees_why_an_account_is_paused(studio, approve, connect, networks):
    connect("linkedin", "organization")
    networks.arm(network="linkedin", method="POST", path="/rest/images*", do="status", status=401, times=5)
    from bot.pipeline.publish import publish

    [row] = approve("hello", networks=("linkedin",))
    row = publish(studio, row.id)
    assert row.state == "planned"
    [account] = studio.records.accounts()
    assert account.state == "paused"
    assert "token" in account.notice
    assert studio.records.audit(account.id)[-1].to_state == "paused"


class TestCommand:
    @pytest.fixture
    def token_file(self, networks, tmp_path):
        account = next(item for item in networks.accounts() if item["network"] == "x")
        file = tmp_path / "token.json"
        file.write_text(json.dumps({name: account[name] for name in OAUTH1}))
        return file

    def test_an_account_is_added_listed_checked_and_removed(self, easel, networks, token_file, home, studio):
        added = easel("accounts", "add", "x", "--token", str(token_file), "--address", networks.x)
        assert added.returncode == 0, added.stderr.decode()
        assert b"@easel is connected as main" in added.stdout
        assert b"active" in easel("accounts", "list").stdout
        assert b"@easel works" in easel("accounts", "check").stdout
        secret = json.loads(token_file.read_text())["consumer_secret"].encode()
        for file in home.glob("easel.db*"):
            assert secret not in file.read_bytes()
        assert easel("accounts", "remove", "x").returncode == 0
        assert b"No account is connected" in easel("accounts", "list").stdout
        with studio.records.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT credentials FROM accounts").scalar() == ""

    def test_a_token_that_the_network_refuses_is_not_kept(self, easel, networks, tmp_path, studio):
        file = tmp_path / "token.json"
        file.write_text(json.dumps(OAUTH1))
        refused = easel("accounts", "add", "x", "--token", str(file), "--address", networks.x)
        assert refused.returncode == 1
        assert refused.stderr.decode().startswith("easel: X no longer accepts the account's token")
        assert studio.records.accounts() == []

    @pytest.mark.parametrize(
        ("arguments", "stdin", "told"),
        [
            (["accounts", "add", "myspace"], b"", "no network 'myspace'"),
            (["accounts", "add", "x", "--token", "/nowhere"], b"", "cannot be read"),
            (["accounts", "add", "x", "--token", "-"], b"not json", "no JSON"),
            (["accounts", "add", "x", "--token", "-"], b"[1]", "no JSON object"),
            (["accounts", "add", "x", "--token", "-"], b"{}", "access_token is missing"),
            (["accounts", "add", "linkedin", "--token", "-"], b'{"access_token": "a"}', "no author on LinkedIn"),
            (["accounts", "add", "linkedin", "--author", "ana", "--token", "-"], b'{"access_token": "a"}', "no author"),
            (["accounts", "remove", "x"], b"", "no x account"),
            (["slots", "add", "x", "someday"], b"", "not understood"),
            (["slots", "remove", "x", "mon 9:00"], b"", "no slot"),
        ],
    )
    def test_misuse_is_one_line(self, easel, arguments, stdin, told):
        result = easel(*arguments, stdin=stdin)
        assert result.returncode in (1, 2)
        assert told in result.stderr.decode()
        assert "Traceback" not in result.stderr.decode()


def test_a_workspace_that_leaves_takes_its_tokens_along_and_its_posts_wait(studio, approve, connect):
    from bot.pipeline.publish import publish

    connect("x", "1001")
    connect("linkedin", "organization")
    [row] = approve("hello")
    studio.records.in_workspace("another").add_account("x", "main", "ben", {}, "theirs", None)
    rows = studio.records.disconnect_accounts("slack", "Easel was removed from the Slack workspace")
    assert {account.network for account in rows} == {"x", "linkedin"}
    for account in studio.records.accounts():
        assert (account.state, account.credentials) == ("paused", "")
        assert studio.records.audit(account.id)[-1].why == "Easel was removed from the Slack workspace"
    assert studio.records.in_workspace("another").account("x", "main").credentials == "theirs"
    assert publish(studio, row.id).state == "planned"
    with pytest.raises(EaselError, match="has no token any more"):
        open_publisher(studio.settings, studio.records, "x", "main")
    connect("x", "1001")
    assert publish(studio, row.id).state == "published"
