"""Slack comes by signed HTTP and posts go to the local X: what is paused waits, what failed is retried; all go once."""

import re
from html import unescape

import httpx2
import pytest

from bot.settings import load_settings
from tests.bot.conftest import connect_local, times_posted, unique
from tests.bot.slack.conftest import running
from tests.bot.slack.people import PATIENCE, People, buttons, words

CHANNEL = "C0LAUNCHES"


@pytest.fixture(scope="module")
def live(office, networks_process, port):
    """The office with an account on the local X, whose bot opens a door."""
    patch = pytest.MonkeyPatch()
    for name, value in {
        "NETWORKS": '["x"]',
        "X_CLIENT_ID": "playground",
        "X_CLIENT_SECRET": "playground-secret",
        "SLACK_MODE": "http",
        "SLACK_PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SETTLE_SECONDS": "0.2",
    }.items():
        patch.setenv(f"EASEL_{name}", value)
    load_settings.cache_clear()
    connect_local(office, networks_process, "x")
    yield f"http://127.0.0.1:{port}"
    patch.undo()
    load_settings.cache_clear()


@pytest.fixture(scope="module")
def door(live, slack_process):
    """The bot behind its door."""
    with running("bot"):
        slack_process.wait(lambda: is_open(f"{live}/slack/events"), PATIENCE, "the door")
        yield f"{live}/slack/events"


@pytest.fixture
def people(office, slack, networks, live, door, workers):
    office.records.set_rules(CHANNEL, {}, "cli:test", "as the file says")
    slack.change(request_url=door)
    yield People(slack)
    slack.change(request_url="")


def is_open(address):
    try:
        return httpx2.post(address).status_code == 401
    except httpx2.TransportError:
        return False


def publication_of(office, text):
    """The one publication of the newest post, once it is planned."""
    [post] = [post for post in office.records.posts_in(("approved",), 10) if post.draft == text]
    [row] = office.records.publications(post.id)
    return row


def is_in_review(office, text):
    return any(post.draft == text for post in office.records.posts_in(("review",), 10))


def is_approved(office, text):
    return any(post.draft == text for post in office.records.posts_in(("approved",), 10))


def about(office, slack, people, text, button):
    """The newest message about a post with a button of this name, and a value that names the post or its place."""
    [post] = [
        post
        for post in office.records.posts_in(("drafted", "preparing", "review", "approved"), 10)
        if post.draft == text
    ]
    names = [post.id, *(row.id for row in office.records.publications(post.id))]

    def shown():
        found = people.find("approver", button)
        return found if found and buttons(found)[button]["value"].partition(":")[0] in names else None

    return slack.wait(shown, PATIENCE, f"the button {button} of {text}")


def approve(office, slack, people, text, compose=True):
    if compose:
        people.compose(text)
    slack.wait(lambda: is_in_review(office, text), PATIENCE, "the pictures")
    people.press("approver", "Approve 1", message=about(office, slack, people, text, "Approve 1"))
    people.modal("approver", "approve_post")
    people.send("approver")
    slack.wait(lambda: is_approved(office, text), PATIENCE, "the approval")


def home(slack, who, text):
    """A person's Home, opened anew until it shows a text."""

    def shown():
        slack.do("home", who=who, tab="home")
        return text in words(slack.see(who)["home"] or {})

    slack.wait(shown, PATIENCE, f"{text!r} at home")


def test_what_is_approved_while_its_account_is_paused_waits_until_somebody_resumes_it(office, slack, networks, people):
    text = unique("paused from home")
    home(slack, "approver", "works")
    people.press_home("approver", "Pause")
    slack.wait(lambda: office.records.accounts()[0].state == "paused", PATIENCE, "the pause")
    approve(office, slack, people, text)
    other = unique("of a paused account, too")
    approve(office, slack, people, other)  # whatever could have gone out has by then
    assert publication_of(office, text).state == "planned"
    assert times_posted(networks, text) == 0
    home(slack, "approver", "paused")
    people.press_home("approver", "Resume")
    slack.wait(lambda: publication_of(office, other).state == "published", PATIENCE, "the posts")
    slack.wait(lambda: publication_of(office, text).state == "published", PATIENCE, "the posts")
    assert (times_posted(networks, text), times_posted(networks, other)) == (1, 1)
    told = [(row.person, row.to_state) for row in office.records.audit(office.records.accounts()[0].id)]
    assert told[-2:] == [("slack:U0APPROVER", "paused"), ("slack:U0APPROVER", "active")]


def test_an_account_is_connected_anew_on_the_networks_own_page(office, slack, networks, people):
    before = office.records.accounts()[0].credentials
    home(slack, "approver", "works")
    people.press_home("approver", "Reconnect")

    def offered():
        direct = people.messages("approver", people.direct("approver"))
        return next((message for message in direct if "Open the page" in buttons(message)), None)

    page = buttons(slack.wait(offered, PATIENCE, "the link"))["Open the page"]["url"]
    assert page.startswith(networks.x)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', httpx2.get(page).text))
    allowed = {**{name: unescape(value) for name, value in form.items()}, "account": "1001", "do": "allow"}
    back = httpx2.post(page, data=allowed).headers["location"]
    answer = httpx2.get(back)
    assert (answer.status_code, "is connected as X" in answer.text) == (200, True)
    assert httpx2.get(back).status_code == 400
    [account] = office.records.accounts()
    assert account.credentials != before
    text = unique("with the new token")
    approve(office, slack, people, text)
    slack.wait(lambda: publication_of(office, text).state == "published", PATIENCE, "the post")


def test_a_post_of_a_trusted_person_goes_out_with_nobody_looking_and_the_audit_says_so(office, slack, networks, people):
    roles = office.settings.home / "roles.toml"
    shipped, text = roles.read_text(), unique("our cafe opens today")
    roles.write_text(f'{shipped}[channels.{CHANNEL}]\ntrusted = ["U0REQUESTER"]\ntrusted_score = 1.0\n')
    try:
        people.compose(text)
        slack.wait(lambda: is_approved(office, text), PATIENCE, "the approval")
    finally:
        roles.write_text(shipped)
    slack.wait(lambda: publication_of(office, text).state == "published", PATIENCE, "the post")
    assert times_posted(networks, text) == 1
    [approval] = [
        row for row in office.records.audit(publication_of(office, text).post_id) if row.to_state == "approved"
    ]
    assert (approval.person, "unseen" in approval.why) == ("easel", True)
    assert about(office, slack, people, text, "Take down")


def test_what_the_network_refused_goes_out_once_at_retry(office, slack, networks, people):
    text = unique("refused at first")
    body = {"title": "Invalid Request", "detail": "One or more parameters to your request was invalid."}
    networks.arm(network="x", method="POST", path="/2/tweets", do="status", status=400, body=body)
    approve(office, slack, people, text)
    message = about(office, slack, people, text, "Retry")
    assert "failed" in words(message)
    people.press("requester", "Retry", message=message)
    people.wait_whisper("requester", "Only an approver")
    people.press("approver", "Retry", message=message)
    people.press("approver", "Retry", message=message)
    slack.wait(lambda: publication_of(office, text).state == "published", PATIENCE, "the post")
    assert about(office, slack, people, text, "Take down")
    assert times_posted(networks, text) == 1


def test_a_message_is_painted_in_its_own_thread(office, slack, networks, people):
    text = unique("see https://example.com & come by")
    written = slack.do("message", who="requester", channel="launches", text=text)
    paint = {"who": "requester", "channel": "launches", "ts": written["ts"], "callback_id": "paint_message"}
    assert slack.do("message_shortcut", **paint)["ok"]
    form = people.modal("requester", "compose")
    assert text in str(form["blocks"])
    people.send("requester")
    slack.wait(lambda: is_in_review(office, text), PATIENCE, "the pictures")
    assert about(office, slack, people, text, "Approve 1")["thread_ts"] == written["ts"]
    approve(office, slack, people, text, compose=False)
    slack.wait(lambda: publication_of(office, text).state == "published", PATIENCE, "the post")
    assert times_posted(networks, text) == 1


def test_a_message_that_holds_a_picture_and_no_words_opens_an_empty_form_that_says_why(slack, people):
    file = slack.upload("requester", "cat.png", b"\x89PNG\r\n\x1a\n")
    written = slack.do("message", who="requester", channel="launches", text="", files=[file])
    paint = {"who": "requester", "channel": "launches", "ts": written["ts"], "callback_id": "paint_message"}
    assert slack.do("message_shortcut", **paint)["ok"]
    assert "This message holds a file and no words." in words(people.modal("requester", "compose"))
    slack.do("close", who="requester")
    outsider = {**paint, "who": "outsider"}
    assert slack.do("message_shortcut", **outsider)["ok"]
    people.wait_whisper("outsider", "not among those")
    assert slack.modal("outsider") is None
