"""Connecting an account on a network's own consent page, against those of the local networks."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from publishers import (
    App,
    LinkedInPublisher,
    PublishError,
    Secret,
    XPublisher,
    ask_consent,
    author_of,
    code_of,
    fetch_token,
)

REDIRECT = "http://127.0.0.1:8765/callback"
PUBLIC, WITH_SECRET = App("playground"), App("playground", Secret("playground-secret"))


def begin(networks, network, app=WITH_SECRET, kind="person"):
    return ask_consent(network, app, REDIRECT, kind=kind, web_address=getattr(networks, network))


def decide(consent, do="allow", **changes):
    """What a person does on the consent page; the query that the browser comes back with."""
    page = httpx2.get(consent.address)
    assert page.status_code == 200, page.text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    account = re.search(r'name="account" value="([^"]*)"', page.text)[1]
    answer = httpx2.post(consent.address, data={**form, "account": account, "do": do, **changes})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{REDIRECT}?")
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def connect(networks, consent, app=WITH_SECRET):
    code = code_of(consent, decide(consent))
    return fetch_token(consent, app, code, token_address=getattr(networks, consent.network))


@pytest.mark.parametrize("app", [PUBLIC, WITH_SECRET])
def test_a_token_of_x_works_and_renews_itself(networks, app):
    token = connect(networks, begin(networks, "x", app), app)
    assert XPublisher(token, address=networks.x).check().name == "@easel"
    assert token.refresh_token
    assert timedelta(hours=1) < token.expires_at - datetime.now(UTC) <= timedelta(hours=2)
    assert networks.journal("connected", "x")


def test_a_persons_token_of_linkedin_names_its_author_and_ends_in_sixty_days(networks):
    token = connect(networks, begin(networks, "linkedin"))
    author = author_of(token, address=networks.linkedin)
    assert author == "urn:li:person:ada1815"
    report = LinkedInPublisher(author, token, address=networks.linkedin).check()
    assert (report.name, report.warnings) == ("Ada Painter", ())
    assert token.refresh_token is None
    assert timedelta(days=59) < token.expires_at - datetime.now(UTC) <= timedelta(days=60)


def test_an_organisation_asks_for_its_own_scopes(networks):
    token = connect(networks, begin(networks, "linkedin", kind="organization"))
    assert token.scopes == {"w_organization_social", "r_organization_social"}
    assert LinkedInPublisher("urn:li:organization:2001", token, address=networks.linkedin).check().warnings == ()


def test_a_scope_that_linkedin_dropped_without_a_word_is_told(networks):
    networks.change(linkedin_drops_scope="w_member_social")
    token = connect(networks, begin(networks, "linkedin"))
    report = LinkedInPublisher("urn:li:person:ada1815", token, address=networks.linkedin).check()
    assert "did not grant w_member_social" in report.warnings[0]


@pytest.mark.parametrize(("network", "said"), [("x", "access_denied"), ("linkedin", "user_cancelled_authorize")])
def test_who_declines_is_told_so(networks, network, said):
    consent = begin(networks, network)
    with pytest.raises(PublishError, match=said):
        code_of(consent, decide(consent, do="deny"))


def test_an_answer_to_another_attempt_is_refused(networks):
    mine, other = begin(networks, "x"), begin(networks, "x")
    for query in (decide(other), {}, {"state": ""}, {"state": "\udc80"}):
        with pytest.raises(PublishError, match="another attempt"):
            code_of(mine, query)
    with pytest.raises(PublishError, match="no code"):
        code_of(mine, {"state": mine.state})


@pytest.mark.parametrize("network", ["x", "linkedin"])
def test_a_code_works_once(networks, network):
    consent = begin(networks, network)
    code = code_of(consent, decide(consent))
    address = getattr(networks, network)
    fetch_token(consent, WITH_SECRET, code, token_address=address)
    with pytest.raises(PublishError):
        fetch_token(consent, WITH_SECRET, code, token_address=address)


def test_a_stolen_code_is_worth_nothing_without_the_verifier(networks):
    consent, thief = begin(networks, "x", PUBLIC), begin(networks, "x", PUBLIC)
    code = code_of(consent, decide(consent))
    with pytest.raises(PublishError, match="invalid"):
        fetch_token(thief, PUBLIC, code, token_address=networks.x)


def test_a_wrong_secret_is_refused_in_linkedins_words(networks):
    consent = begin(networks, "linkedin")
    code = code_of(consent, decide(consent))
    with pytest.raises(PublishError, match="Client authentication failed"):
        fetch_token(consent, App("playground", Secret("guess")), code, token_address=networks.linkedin)


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop", "acted": True},
        {"do": "half"},
        {"do": "corrupt"},
        {"do": "status", "status": 503},
        {"do": "status", "status": 200, "body": {"token_type": "bearer"}},
    ],
)
@pytest.mark.parametrize(("network", "path"), [("x", "/2/oauth2/token"), ("linkedin", "/oauth/v2/accessToken")])
def test_whatever_goes_wrong_the_person_is_asked_to_begin_again_and_nothing_secret_is_told(
    networks, network, path, fault
):
    consent = begin(networks, network)
    code = code_of(consent, decide(consent))
    networks.arm(network=network, path=path, **fault)
    with pytest.raises(PublishError, match="connect the account again") as caught:
        fetch_token(consent, WITH_SECRET, code, token_address=getattr(networks, network))
    for secret in (code.reveal(), consent.verifier.reveal(), "playground-secret"):
        assert secret not in str(caught.value)
        assert secret not in repr(consent)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"client_id": "stranger"}, "not known"),
        ({"redirect_uri": "https://evil.example/callback"}, "did not register"),
        ({"scope": ""}, "did not say"),
        ({"code_challenge": ""}, "no code challenge"),
    ],
)
def test_the_consent_page_sends_nobody_away_with_a_wrong_request(networks, change, told):
    address, _, query = begin(networks, "x").address.partition("?")
    answer = httpx2.get(f"{address}?{urlencode(dict(parse_qsl(query)) | change)}")
    assert (answer.status_code, told in answer.text) == (400, True)


def test_the_consent_page_shows_nothing_it_was_sent_as_markup(networks):
    address, _, query = begin(networks, "x").address.partition("?")
    hostile = dict(parse_qsl(query)) | {"state": '"><script>1</script>', "scope": "<b>tweet.read</b>"}
    shown = httpx2.get(f"{address}?{urlencode(hostile)}").text
    assert "<script>1" not in shown
    assert "<b>tweet" not in shown
