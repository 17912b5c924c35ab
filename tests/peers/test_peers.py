"""The bot talks to a Slack that others wrote. `make test-peers` installs the two stand-ins and runs this."""

import time
from urllib.request import Request, urlopen

import pytest

from playground.slack.inputs import initial
from tests.bot.slack.people import buttons, words
from tests.peers.waiting import wait

pytestmark = pytest.mark.timeout(600)
PNG = b"\x89PNG\r\n\x1a\n"


def asked(peer, text):
    """A post asked for by the command and its form: the message with its candidates."""
    before = {message["ts"] for message in peer.messages()}
    peer.command("requester", text)
    form = wait(lambda: peer.form("compose"), "the form")
    values = initial(form["blocks"])
    assert values["draft"]["draft"]["value"] == text
    assert peer.submit("requester", form, values) == {}

    def shown():
        new = [message for message in peer.messages() if message["ts"] not in before]
        return next((message for message in new if "Approve 1" in buttons(message)), None)

    return wait(shown, "the candidates")


def click(peer, who, message, text):
    peer.click(who, message, buttons(message)[text])


def found(peer, ids, text):
    """The message with this button, about one of these posts or publications; None while there is none."""
    shown = ((message, buttons(message).get(text)) for message in peer.messages())
    return next((message for message, button in shown if button and button["value"].partition(":")[0] in ids), None)


def post_of(records, message):
    return records.post(buttons(message)["Approve 1"]["value"].partition(":")[0])


def test_a_draft_becomes_a_published_post(peer, records):
    gallery = asked(peer, "big launch today 🚀🔥 no cap")
    thread = [message for message in peer.messages() if message.get("thread_ts") == gallery["thread_ts"]]
    files = [file for message in thread for file in message.get("files", ())]
    assert [file["title"] for file in files][:2] == ["candidate-1.png", "candidate-2.png"]
    authorized = Request(files[0]["url_private"], headers={"Authorization": f"Bearer {peer.token}"})
    with urlopen(authorized, timeout=30) as answer:
        assert answer.read().startswith(PNG)

    click(peer, "approver", gallery, "Approve 1")
    preview = wait(lambda: peer.form("approve_post"), "the preview")
    assert "big launch today 🚀🔥 no cap" in words(preview)
    assert "of 280" in words(preview)
    assert peer.submit("approver", preview, initial(preview["blocks"])) == {}
    wait(lambda: any("Take down" in buttons(message) for message in peer.messages()), "the word that it is out")
    post = post_of(records, gallery)
    assert {(row.network, row.state) for row in records.publications(post.id)} == {
        ("x", "published"),
        ("linkedin", "published"),
    }
    people = {row.to_state: row.person for row in records.audit(post.id)}
    assert people["drafted"] == f"slack:{peer.people['requester']}"
    assert people["approved"] == f"slack:{peer.people['approver']}"


def test_an_outsider_is_refused_and_a_rejected_post_loses_its_buttons(peer, records):
    gallery = asked(peer, "our cafe opens")
    click(peer, "outsider", gallery, "Reject")
    refusal = wait(lambda: peer.whispers("outsider"), "the refusal")[0]
    assert "Nothing was changed" in refusal["text"]
    assert post_of(records, gallery).state == "review"
    click(peer, "approver", gallery, "Reject")
    wait(lambda: post_of(records, gallery).state == "rejected", "the rejection")

    def now():
        return next(message for message in peer.messages() if message["ts"] == gallery["ts"])

    wait(lambda: not buttons(now()), "the buttons to go")


def test_edit_and_again_draw_new_candidates_below_the_old_ones(peer, records):
    gallery = asked(peer, "a door")
    post = post_of(records, gallery)
    click(peer, "requester", gallery, "Edit")
    form = wait(lambda: peer.form("edit_post"), "the brief")
    values = initial(form["blocks"])
    values["prompt"]["text"]["value"] = "a red door"
    assert peer.submit("requester", form, values) == {}
    second = wait(lambda: found(peer, {post.id}, "Approve 3"), "the second drawing")
    assert records.latest_brief(post.id).body["prompt"] == "a red door"
    click(peer, "requester", second, "Again")
    wait(lambda: found(peer, {post.id}, "Approve 5"), "the third drawing")
    assert len(records.candidates(post.id)) == 6


def test_a_post_is_scheduled_and_one_network_taken_off_the_plan(peer, records):
    gallery = asked(peer, "for later")
    post = post_of(records, gallery)
    click(peer, "approver", gallery, "Schedule …")
    form = wait(lambda: peer.form("approve_post"), "the preview")
    values = initial(form["blocks"])
    later = int(time.time()) + 7200
    values["at"]["at"]["selected_date_time"] = later
    assert peer.submit("approver", form, values) == {}
    wait(lambda: records.publications(post.id), "the plan")
    assert {int(row.due_at.timestamp()) for row in records.publications(post.id)} == {later}
    ids = {row.id for row in records.publications(post.id)}

    told = wait(lambda: found(peer, ids, "Take off the plan"), "the word of the plan")
    click(peer, "approver", told, "Take off the plan")

    def states():
        return sorted(row.state for row in records.publications(post.id))

    wait(lambda: states() == ["cancelled", "planned"], "the cancellation")


def test_what_is_wrong_in_a_form_is_told_at_its_field(peer, records):
    peer.command("requester", "to nowhere")
    form = wait(lambda: peer.form("compose"), "the form")
    values = initial(form["blocks"])
    values["targets"]["targets"]["selected_options"] = []
    assert peer.submit("requester", form, values) == {"targets": "Pick where the post goes."}


def test_home_lists_what_a_person_asked_for(peer, records):
    asked(peer, "home sweet home")
    peer.open_home("requester")
    wait(lambda: peer.home("requester") and "home sweet home" in words(peer.home("requester")), "the Home tab")
