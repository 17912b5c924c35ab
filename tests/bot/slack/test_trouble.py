"""The bot is killed, doubled, cut off, told to wait and refused; what was acknowledged is shown, and shown once."""

import pytest

from tests.bot.slack.conftest import running
from tests.bot.slack.people import PATIENCE, People, buttons, words


@pytest.fixture
def people(office, slack):
    return People(slack)


def connected(slack, count=1):
    slack.wait(lambda: slack.connections() == count, PATIENCE, "the connection")


def candidates_shown(people):
    return [m for m in people.messages("requester") if "Pick a picture" in words(m.get("blocks", []))]


def test_a_bot_killed_after_its_acknowledgement_loses_nothing_and_the_next_shows_it_once(office, slack, people):
    with running("bot") as bot:
        connected(slack)
        people.compose("killed right after")
        bot.kill()
        bot.wait()
    slack.wait(lambda: slack.connections() == 0, PATIENCE, "the end of its connection")
    with running("bot"), running("worker", "--queues", "draw"):
        slack.wait(lambda: candidates_shown(people), PATIENCE, "the candidates")
    assert len(candidates_shown(people)) == 1
    [post] = [post for post in office.records.posts_in(("review",), 10) if post.draft == "killed right after"]
    assert len(office.records.candidates(post.id)) == 2


def test_two_bots_show_a_post_once_and_carry_a_request_out_once(office, slack, people):
    with running("bot"), running("bot", "--name", "second"), running("worker", "--queues", "draw"):
        connected(slack, 2)
        for text in ("one of two", "two of two"):
            people.compose(text)
        slack.wait(lambda: len(candidates_shown(people)) >= 2, PATIENCE, "the candidates of both")
        slack.wait(lambda: not office.records.drawings(), PATIENCE, "the end")
    assert len(candidates_shown(people)) == 2
    drafts = [post.draft for post in office.records.posts_in(("review",), 10)]
    assert (drafts.count("one of two"), drafts.count("two of two")) == (1, 1)


def test_slacks_wait_is_waited_for_and_a_refused_carousel_becomes_pictures_with_buttons(office, slack, people):
    slack.change(card_files=False)
    wait = {
        "do": "status",
        "status": 429,
        "headers": {"Retry-After": "1"},
        "body": {"ok": False, "error": "ratelimited"},
    }
    slack.arm(method="POST", path="/chat.postMessage", times=2, **wait)
    with running("bot"), running("worker", "--queues", "draw"):
        connected(slack)
        people.compose("told to wait")
        message = people.wait_for("approver", "Approve 1")
    kinds = {block["type"] for block in message["blocks"]}
    assert "image" in kinds
    assert "carousel" not in kinds
    assert "Approve 2" in buttons(message)


@pytest.mark.parametrize("disturbance", ["cut", "freeze"])
def test_a_connection_that_drops_is_made_anew(office, slack, people, disturbance):
    with running("bot"):
        connected(slack)
        before = len([call for call in slack.journal("called") if call["method"] == "apps.connections.open"])
        slack.disturb(disturbance)

        def reopened():
            calls = [call for call in slack.journal("called") if call["method"] == "apps.connections.open"]
            return len(calls) > before and slack.connections() >= 1

        slack.wait(reopened, PATIENCE, "a new connection")
        again = {"who": "requester", "channel": "launches", "command": "/easel", "text": "help"}
        slack.wait(lambda: slack.do("command", **again)["ok"], PATIENCE, "an answer over the new connection")
