"""The ways of a post as people in Slack see them; the bot and its worker are real processes."""

import time

import pytest

from tests.bot.slack.people import PATIENCE, People, buttons, elements, words


@pytest.fixture
def people(office, slack, bot, workers):
    office.records.set_rules("C0LAUNCHES", {}, "cli:test", "as the file says")
    return People(slack)


def newest_post(office):
    states = ("drafted", "preparing", "review", "approved", "rejected", "failed", "blocked")
    return office.records.posts_in(states, 1)[0]


def until(slack, office, state):
    slack.wait(lambda: newest_post(office).state == state, PATIENCE, f"the state {state}")
    return newest_post(office)


def approve(people, number=1, **values):
    people.press("approver", f"Approve {number}")
    preview = people.modal("approver", "approve_post")
    people.send("approver", **values)
    return preview


def test_a_draft_becomes_a_published_post(office, slack, people):
    people.compose("big launch today 🚀🔥 no cap")
    preview = approve(people)
    assert "big launch today 🚀🔥 no cap" in words(preview)
    assert "of 280" in words(preview)
    assert "Costs nothing" in words(preview)
    people.wait_for("requester", "Take down")
    post = newest_post(office)
    assert {row.network for row in office.records.publications(post.id)} == {"x", "linkedin"}
    decisions = [(row.person, row.to_state) for row in office.records.audit(post.id)]
    assert ("slack:U0REQUESTER", "drafted") in decisions
    assert ("slack:U0APPROVER", "approved") in decisions
    people.press("approver", "Take down")
    slack.wait(lambda: "was taken down" in words(people.messages("requester")), PATIENCE, "the taking down")


def test_an_outsider_is_refused_and_nothing_changes(office, slack, people):
    done = slack.do("command", who="outsider", channel="launches", command="/easel", text="let me in")
    assert done["ok"]
    people.wait_whisper("outsider", "not among those")
    assert slack.modal("outsider") is None
    people.compose("a post of somebody else")
    message = people.wait_for("outsider", "Reject")
    people.press("outsider", "Approve 1", message=message)
    people.press("outsider", "Reject", message=message)
    slack.wait(lambda: len(people.whispers("outsider")) >= 3, PATIENCE, "two refusals")
    assert "Only an approver" in words(people.whispers("outsider")[-1])
    assert newest_post(office).state == "review"
    people.press("approver", "Reject")
    until(slack, office, "rejected")
    assert people.find("approver", "Reject") is None or slack.wait(
        lambda: people.find("approver", "Reject") is None, PATIENCE, "the buttons to go"
    )


def test_of_two_approvals_and_a_click_on_an_old_message_the_first_counts(office, slack, people):
    people.compose("two at once")
    message = people.wait_for("approver", "Approve 1")
    people.press("approver", "Approve 1", message=message)
    people.modal("approver", "approve_post")
    office.records.edit_post(newest_post(office).id, "slack:U0OTHER", "edited", draft="other words")
    people.send("approver")
    people.wait_whisper("approver", "moved on")
    assert newest_post(office).state == "review"
    people.press("approver", "Reject", message=message)
    slack.wait(lambda: len(people.whispers("approver")) >= 2, PATIENCE, "the second refusal")
    assert newest_post(office).state == "review"


def test_edit_draws_anew_and_again_keeps_the_old_candidates(office, slack, people):
    people.compose("our cafe opens")
    people.press("requester", "Edit")
    people.modal("requester", "edit_post")
    people.send("requester", prompt={"text": "a red door"}, **{"text:x": {"text": "X gets this"}})
    post = newest_post(office)
    slack.wait(lambda: len(office.records.candidates(post.id)) == 4, PATIENCE, "the second drawing")
    assert office.records.latest_brief(post.id).body["prompt"] == "a red door"
    slack.wait(lambda: "Pick a picture: 3-4" in words(people.messages("requester")), PATIENCE, "them shown")
    message = people.wait_for("requester", "Again")
    people.press("requester", "Again", message=message)
    people.press("requester", "Again", message=message)
    slack.wait(lambda: len(office.records.candidates(post.id)) == 6, PATIENCE, "the third drawing")
    slack.wait(lambda: "Pick a picture: 5-6" in words(people.messages("requester")), PATIENCE, "them shown")
    shown = words(people.messages("requester"))
    assert "Candidates 1-2" in shown
    assert "Candidates 3-4" in shown
    assert office.records.drawings() == []
    people.press("approver", "Approve several …")
    people.modal("approver", "approve_post")
    picked = slack.do("click_view", who="approver", action_id="picks", block_id="picks", value=["2", "5"])
    assert picked["ok"], picked
    slack.wait(lambda: "Several pictures" in words(slack.modal("approver")), PATIENCE, "the preview of both")
    people.send("approver")
    slack.wait(lambda: newest_post(office).state == "approved", PATIENCE, "the approval")
    x = next(row for row in office.records.publications(post.id) if row.network == "x")
    by_number = {row.number: row.picture for row in office.records.candidates(post.id)}
    assert x.text == "X gets this"
    assert [sha for sha, _ in x.pictures] == [by_number[2], by_number[5]]


def test_a_post_is_scheduled_moved_and_taken_off_the_plan(office, slack, people):
    people.compose("for later")
    people.press("approver", "Schedule …")
    people.modal("approver", "approve_post")
    refused = people.submit("approver", at=int(time.time()) - 60)
    assert refused["errors"] == {"at": "This time is in the past: pick a later one."}
    later = int(time.time()) // 60 * 60 + 7200
    people.send("approver", at=later)
    people.press("approver", "Move …")
    people.modal("approver", "move_publication")
    people.send("approver", at=later + 3600)

    def times():
        rows = [row for row in office.records.publications(newest_post(office).id) if row.state == "planned"]
        return sorted(int(row.due_at.timestamp()) for row in rows)

    slack.wait(lambda: times() == [later, later + 3600], PATIENCE, "the move")

    for _ in range(2):
        rows = [row for row in office.records.publications(newest_post(office).id) if row.state == "planned"]
        current = [f"{row.id}:{row.attempt}" for row in rows]

        def shown(current=current):
            message = people.find("approver", "Take off the plan")
            buttons = elements(message, "Take off the plan") if message else []
            return message if [button["value"] for button in buttons] == current else None

        message = slack.wait(shown, PATIENCE, "the plan as it is")
        press = {"who": "approver", "channel": "launches", "ts": message["ts"], "action_id": "cancel"}
        assert slack.do("click", value=current[0], **press)["ok"]
        slack.wait(lambda current=current: len(times()) < len(current), PATIENCE, "the cancellation")
    assert times() == []


def test_a_blocked_draft_says_why_and_a_channel_without_the_app_goes_on_in_a_direct_message(office, slack, people):
    elsewhere = People(slack, "random")
    elsewhere.compose("kill yourself you worthless idiot")
    until(slack, office, "blocked")

    def told():
        direct = elsewhere.direct("requester")
        return next((m for m in elsewhere.messages("requester", direct) if "Stopped before drawing" in words(m)), None)

    message = slack.wait(told, PATIENCE, "the reason")
    assert "I am not in <#C0RANDOM>" in words(message) or "this goes on here" in words(message)


def test_home_shows_drafts_what_waits_and_what_went_out(office, slack, people):
    people.compose("see me at home")
    people.wait_for("approver", "Approve 1")
    slack.do("home", who="requester", tab="home")
    slack.wait(lambda: "My drafts" in words(slack.see("requester")["home"] or {}), PATIENCE, "the requester's Home")
    slack.do("home", who="approver", tab="home")
    slack.wait(lambda: "Waiting for me" in words(slack.see("approver")["home"] or {}), PATIENCE, "the approver's Home")
    people.press_home("approver", "Decide …")
    people.modal("approver", "approve_post")
    people.send("approver")
    people.wait_for("approver", "Take down")
    slack.do("home", who="approver", tab="home")
    slack.wait(lambda: "Recently posted" in words(slack.see("approver")["home"]), PATIENCE, "what went out")
    people.press_home("approver", "Take down")
    slack.wait(lambda: office.records.planned(("taken_down",)), PATIENCE, "the taking down")
    people.press_home("requester", "New post")
    people.modal("requester", "compose")


def test_an_admin_sets_the_brand_in_slack_and_the_next_brief_has_it(office, slack, people):
    slack.do("home", who="approver", tab="home")
    slack.wait(lambda: "Brand" in words(slack.see("approver")["home"] or {}), PATIENCE, "the approver's Home")
    people.press_home("approver", "Brand")
    people.modal("approver", "brand")
    people.send("approver", palette="teal, orange", style="thick outlines")
    slack.wait(lambda: office.records.brand(), PATIENCE, "the brand")
    try:
        people.compose("our bakery opens 🥐")
        people.wait_for("approver", "Approve 1")
        post = newest_post(office)
        assert office.records.latest_brief(post.id).body["prompt"].endswith("teal and orange colours, thick outlines")
    finally:
        office.records.set_brand({}, "cli:test", "as the file says")


def test_an_admin_sets_rules_in_slack_and_they_hold(office, slack, people):
    slack.do("command", who="approver", channel="launches", command="/easel", text="rules")
    people.modal("approver", "rules")
    people.send("approver", two_people={"two_people": ["yes"]}, requesters={"people": ["U0APPROVER"]})
    people.wait_whisper("approver", "The rules hold")
    slack.do("command", who="requester", channel="launches", command="/easel", text="may I?")
    people.wait_whisper("requester", "not among those")
    people.compose("mine, but not by me alone", who="approver")
    people.press("approver", "Approve 1")
    people.wait_whisper("approver", "Two people are needed")
    assert newest_post(office).state == "review"
    assert buttons(people.wait_for("approver", "Approve 1"))
