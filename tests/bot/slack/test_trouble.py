"""The bot is killed, doubled, cut off, told to wait and refused; what was acknowledged is shown, and shown once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot.slack.showing import LEASE
from bot.slack.story import read_story
from bot.slack.thread import Pace, Thread
from bot.slack.workspaces import OneWorkspace, open_session
from tests.bot.slack.conftest import running
from tests.bot.slack.people import PATIENCE, People, buttons, words
from tests.bot.slack.posts import ask, draw


@pytest.fixture
def people(office, slack):
    return People(slack)


def connected(slack, count=1):
    slack.wait(lambda: slack.connections() == count, PATIENCE, "the connection")


def shown(people, text):
    """The messages that begin a post's thread."""
    return [message for message in people.messages("requester") if text in words(message.get("blocks", []))]


def posts(office, text):
    return [post for post in office.records.posts_in(("drafted", "review"), 50) if post.draft == text]


def in_review(office, text):
    """A post with two candidates and a thread that nobody began."""
    post_id = ask(office.records, text)
    draw(office, post_id)
    return post_id


def show(office, post_id):
    """Show a post's thread as a new process finds it, and end."""

    async def shown():
        async with open_session() as session:
            desk = await OneWorkspace(office, session).desk_of("local")
            await Thread(desk, office.records.lease_thread(post_id, "bot", LEASE), "bot", Pace()).show()

    asyncio.run(shown())


def lose_the_answer(slack, method):
    """Slack carries the next such call out, and who called never hears of it."""
    slack.arm(method="POST", path=f"/{method}", do="drop", acted=True)


def test_what_slack_took_and_nobody_noted_is_found_and_not_shown_again(office, slack, people):
    post_id = in_review(office, "answers that are lost")
    for method in ("chat.postMessage", "files.completeUploadExternal", "chat.postMessage"):
        lose_the_answer(slack, method)
        with pytest.raises(ClientError):
            show(office, post_id)
    assert not office.records.thread(post_id).shown_audit
    show(office, post_id)
    slack.wait(lambda: len(people.messages("requester")) == 3, PATIENCE, "all that there is to show")
    [pictures] = [message["files"] for message in people.messages("requester") if "files" in message]
    assert [file["title"] for file in pictures] == ["candidate-1.png", "candidate-2.png"]
    assert len(shown(people, "answers that are lost")) == len(shown(people, "Pick a picture")) == 1
    assert "Approve 2" in buttons(people.find("requester", "Approve 2"))
    show(office, post_id)
    assert len(people.messages("requester")) == 3
    assert office.records.thread(post_id).shown_audit == office.records.newest_audit(post_id)


def test_where_a_workspace_lets_nobody_look_a_lost_answer_is_shown_again(office, slack, people):
    post_id = in_review(office, "a workspace of few words")
    lose_the_answer(slack, "chat.postMessage")
    with pytest.raises(ClientError):
        show(office, post_id)
    for error in ("internal_error", "fatal_error"):  # no answer yet: nothing is posted before there is one
        slack.arm(path="/conversations.history", do="status", status=200, body={"ok": False, "error": error})
        with pytest.raises(SlackApiError):
            show(office, post_id)
    refusal = {"ok": False, "error": "missing_scope", "needed": "channels:history"}
    slack.arm(path="/conversations.history", do="status", status=200, body=refusal)
    show(office, post_id)
    assert len(shown(people, "a workspace of few words")) == 2
    assert office.records.thread(post_id).messages["status"]["ts"]


def tell(office, row, text):
    """Tell who asked for the row, as a new process does."""

    async def told():
        async with open_session() as session:
            await (await OneWorkspace(office, session).desk_of("local")).tell(row, text)

    asyncio.run(told())


def test_what_a_person_was_told_directly_is_not_told_again_when_its_answer_was_lost(office, slack, people):
    records = office.records
    row = records.keep_request("home:lost", "rules", "slack:U0REQUESTER", {"user": "U0REQUESTER"})
    lose_the_answer(slack, "chat.postMessage")
    with pytest.raises(ClientError):
        tell(office, row, "The rules hold.")
    records.postpone_request(row.id, datetime.now(UTC), "the answer was lost")
    [again] = records.claim_requests(1)
    for text in ("The rules hold.", "Nothing was changed.", "The rules hold."):
        tell(office, again, text)
    records.finish_request(row.id)
    told = [message["text"] for message in people.messages("requester", people.direct("requester"))]
    assert told == ["The rules hold.", "Nothing was changed."]


def test_candidates_are_shown_also_if_somebody_looked_between_their_being_ready_and_the_drawings_end(
    office, slack, people
):
    records = office.records
    post_id = ask(records, "looked at in between")
    seeds = records.drawing(post_id).seeds
    draw(office, post_id, end=False)
    show(office, post_id)
    assert people.find("requester", "Approve 1") is None
    records.end_drawing(post_id, seeds)
    assert post_id in [row.post_id for row in records.threads_to_show(datetime.now(UTC) - timedelta(minutes=1))]
    show(office, post_id)
    assert people.find("requester", "Approve 1")


def test_a_button_names_the_post_as_it_is_when_its_drawing_ends_while_it_is_read(office, slack, monkeypatch):
    records = office.records
    post_id = ask(records, "read while it ends")
    drawing = type(records).drawing

    def ended(self, post_id):
        monkeypatch.undo()
        draw(office, post_id)
        return drawing(self, post_id)

    monkeypatch.setattr(type(records), "drawing", ended)
    story = read_story(records, post_id)
    assert (story.drawing, len(story.candidates), story.version) == (None, 2, records.version(post_id))


def test_a_bot_killed_after_its_acknowledgement_loses_nothing_and_the_next_shows_it_once(office, slack, people):
    with running("bot") as bot:
        connected(slack)
        people.compose("killed right after")
        bot.kill()
        bot.wait()
    slack.wait(lambda: slack.connections() == 0, PATIENCE, "the end of its connection")
    with running("bot"):
        slack.wait(lambda: shown(people, "killed right after"), PATIENCE, "the post")
        people.compose("and the next")  # whatever else the new process had to show is shown by then
        slack.wait(lambda: shown(people, "and the next"), PATIENCE, "the next post")
    assert len(shown(people, "killed right after")) == 1
    assert len(posts(office, "killed right after")) == 1


def test_two_bots_show_a_post_once_and_carry_a_request_out_once(office, slack, people):
    with running("bot"), running("bot", "--name", "second"):
        connected(slack, 2)
        texts = [f"{number} of four" for number in ("one", "two", "three", "four")]
        for text in texts:
            people.compose(text)
        slack.wait(lambda: all(shown(people, text) for text in texts), PATIENCE, "all of them")
    assert [len(shown(people, text)) for text in texts] == [1] * 4
    assert [len(posts(office, text)) for text in texts] == [1] * 4


def test_slacks_wait_is_waited_for_and_a_refused_carousel_becomes_pictures_with_buttons(office, slack, people):
    slack.change(card_files=False)
    refusal = {"ok": False, "error": "ratelimited"}
    wait = {"do": "status", "status": 429, "headers": {"Retry-After": "1"}, "body": refusal}
    slack.arm(method="POST", path="/chat.postMessage", times=2, **wait)
    post_id = in_review(office, "told to wait")
    with running("bot"):
        message = people.wait_for("approver", "Approve 1")
        slack.wait(lambda: "gallery" in str(office.records.thread(post_id).messages), PATIENCE, "the note of it")
    kinds = {block["type"] for block in message["blocks"]}
    assert "image" in kinds
    assert "carousel" not in kinds
    assert "Approve 2" in buttons(message)
    assert len(shown(people, "Pick a picture")) == 1


@pytest.mark.parametrize("disturbance", ["cut", "freeze"])
def test_a_connection_that_drops_is_made_anew(office, slack, people, disturbance):
    def opened():
        return len([call for call in slack.journal("called") if call["method"] == "apps.connections.open"])

    with running("bot"):
        connected(slack)
        before = opened()
        slack.disturb(disturbance)
        slack.wait(lambda: opened() > before and slack.connections() >= 1, PATIENCE, "a new connection")
        again = {"who": "requester", "channel": "launches", "command": "/easel", "text": "help"}
        slack.wait(lambda: slack.do("command", **again)["ok"], PATIENCE, "an answer over the new connection")
