"""The whole loop in a real browser: the real bot, the local Slack, X and LinkedIn, started as a person starts them."""

import os
import re
import signal
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from playground.slack.process import LocalSlack

pytestmark = pytest.mark.timeout(600)
CHANNEL = "C0LAUNCHES"
TEAM = ["U0REQUESTER", "U0APPROVER"]
PATIENCE = 120.0
"""Seconds before a test gives up; on an idle machine each of these takes a few."""


@pytest.fixture(scope="module")
def slack(browser, tmp_path_factory, make_tiny_bundle):
    """`easel playground` with a model that draws noise in no time."""
    home = tmp_path_factory.mktemp("playground")
    make_tiny_bundle(home / "models" / "tiny")
    (home / "easel.toml").write_text('model = "tiny"\ncount = 2\nupscale = 1\n')
    (home / "roles.toml").write_text(f"[everywhere]\nrequesters = {TEAM}\napprovers = {TEAM}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "playground", "--home", str(home), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(home / "cache")},
    )
    try:
        said = process.stdout.readline()
        assert "The playground is open: " in said, (home / "serve.log").read_text()
        yield LocalSlack(said.partition(": ")[2].strip())
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        process.stdout.close()


@pytest.fixture
def look(browser, slack):
    """A window of somebody's; errors of its scripts fail the test."""
    contexts, wrong = [], []

    def look(who, place=CHANNEL, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE * 1_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{slack.address}/as/{who}/{place}")
        return page

    yield look
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def ask(slack):
    """A post by Ana that is up for review: its draft, and the address of its thread."""

    def ask(**values):
        draft = f"opening number {uuid.uuid4().hex[:8]} 🚀"
        slack.do("command", who="ana", channel="launches", command="/easel", text=draft)
        slack.wait(lambda: slack.modal("ana"), PATIENCE, "the form")
        done = slack.do("submit", who="ana", values=values)
        assert done["ok"], done
        root = slack.wait(lambda: root_of(slack, draft), PATIENCE, "the gallery")
        return draft, f"{CHANNEL}?thread={root['ts']}"

    return ask


def root_of(slack, draft):
    """The message of a draft, once its gallery is in the thread."""
    for channel in slack.see("ben")["channels"]:
        for message in channel["messages"] if channel["id"] == CHANNEL else ():
            if draft in str(message.get("blocks")) and "carousel" in str(message["replies"]):
                return message
    return None


def thread_says(page, text):
    page.locator(".thread .message", has_text=re.compile(text)).first.wait_for()


def test_a_slash_command_ends_as_a_post_in_the_feed(slack, look):
    ana, ben = look("ana"), look("ben", viewport={"width": 1700, "height": 900})
    draft = f"grand opening {uuid.uuid4().hex[:8]} ☕🥐 come thru"
    ana.fill("#composer textarea", f"/easel {draft}")
    ana.press("#composer textarea", "Enter")
    ana.wait_for_selector(".modal")
    assert ana.input_value("[data-action=draft]") == draft
    ana.click(".modal .primary")
    ana.wait_for_selector(".modal", state="detached")
    slack.wait(lambda: root_of(slack, draft), PATIENCE, "the gallery")
    ben.locator(".message", has_text=draft).locator(".replies").click()
    ben.locator(".thread .card").first.wait_for()
    assert ben.locator(".thread .card img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    ben.locator(".thread .card button", has_text="Approve").first.click()
    ben.locator(".modal", has_text=draft).wait_for()  # the preview
    ben.click(".modal .primary")
    thread_says(ben, r"X · main.*is live")
    ben.frame_locator(".feeds iframe").locator("article", has_text=draft).wait_for()


def test_a_post_that_is_rejected_goes_nowhere(slack, look, ask):
    draft, thread = ask()
    ben = look("ben", thread)
    ben.locator(".thread button", has_text="Reject").click()
    ben.click("#sure [value=no]")
    ben.locator(".thread button", has_text="Reject").click()
    ben.click("#sure [value=yes]")
    thread_says(ben, "Rejected by @Ben Okafor")
    assert ben.locator(".thread .card button").count() == 0
    assert "approve" not in str(root_of(slack, draft)["replies"])


def test_an_outsider_is_refused_and_only_the_outsider_hears_of_it(slack, look, ask):
    _, thread = ask()
    mira = look("mira", thread)
    mira.locator(".thread .card button", has_text="Approve").first.click()
    mira.locator(".modal, .whisper").first.wait_for()
    told = mira.locator(".modal, .whisper").first.inner_text()
    assert re.search(r"approve", told, re.IGNORECASE)
    assert mira.locator(".modal button.primary").count() == 0
    assert "whisper" not in look("ben", thread).locator(".thread").inner_html()


def test_of_two_approvals_at_once_one_wins_and_the_other_is_told(slack, look, ask):
    draft, thread = ask()
    windows = {who: look(who, thread) for who in ("ana", "ben")}
    for window in windows.values():
        window.locator(".thread .card button", has_text="Approve").first.click()
        window.locator(".modal", has_text=draft).wait_for()
    presses = [threading.Thread(target=slack.do, args=("submit",), kwargs={"who": who}) for who in windows]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    thread_says(windows["ben"], r"X · main.*is live")
    told = slack.wait(lambda: [w for w in windows if whispers(slack, w)], PATIENCE, "a word to the loser")
    assert len(told) == 1
    windows["ana"].click(".feeds-button")
    articles = windows["ana"].frame_locator(".feeds iframe").locator("article", has_text=draft)
    articles.first.wait_for()
    assert articles.count() == 1


def whispers(slack, who):
    """That somebody, and nobody else, was told that others were faster."""
    return [m["text"] for m in slack.messages(who, CHANNEL) if m["is_ephemeral"] and "moved on" in m["text"]]


def test_edited_words_and_other_pictures_keep_the_old_ones_in_sight(slack, look, ask):
    draft, thread = ask()
    ana = look("ana", thread)
    ana.locator(".thread button", has_text=re.compile("^Edit$")).click()
    ana.wait_for_selector(".modal [name='prompt/text']")
    ana.fill(".modal [name='prompt/text']", "a blue door in the sun")
    ana.click(".modal .primary")
    ana.wait_for_selector(".modal", state="detached")
    slack.wait(lambda: str(root_of(slack, draft)["replies"]).count("carousel") == 2, PATIENCE, "new pictures")
    assert "a blue door in the sun" in ana.inner_text(".thread")
    ana.locator(".thread button", has_text=re.compile("^Again$")).last.click()
    slack.wait(lambda: str(root_of(slack, draft)["replies"]).count("carousel") == 3, PATIENCE, "other pictures")
    ana.locator(".thread .carousel").nth(2).wait_for()
    assert "There are newer pictures below" in ana.inner_text(".thread")


def test_a_post_is_scheduled_moved_and_goes_out_at_once_after_all(slack, look, ask):
    draft, thread = ask()
    ben = look("ben", thread)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    ben.locator(".thread button", has_text="Schedule").click()
    ben.wait_for_selector(".modal [data-action=at]")
    ben.select_option(".modal [data-action=when]", label="At a time of my own")
    ben.fill(".modal [data-action=at]", f"{tomorrow}T09:30")
    ben.click(".modal .primary")
    thread_says(ben, r"9:30")
    ben.locator(".thread button", has_text="Move").first.click()
    ben.fill(".modal [data-action=at]", f"{tomorrow}T10:45")
    ben.click(".modal .primary")
    thread_says(ben, r"10:45")
    ben.goto(f"{slack.address}/as/ben/home")
    ben.locator(".home", has_text=draft).wait_for()
    ben.goto(f"{slack.address}/as/ben/{thread}")
    ben.locator(".thread button", has_text="Publish now").first.click()
    thread_says(ben, r"is live")
