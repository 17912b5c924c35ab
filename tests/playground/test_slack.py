"""The local Slack does what Slack is documented to do, to a real bolt app over HTTP and WebSockets."""

import json
import struct
import urllib.error
import urllib.request

import pytest

from playground.slack.process import running_slack

CHANNEL = "C0LAUNCHES"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 48) + bytes(9)


def plain(text):
    return {"type": "plain_text", "text": text}


def button(action_id="ok", **more):
    return {"type": "button", "action_id": action_id, "text": plain("Press"), **more}


def text_input(block_id="draft", action_id="text", **more):
    element = {"type": "plain_text_input", "action_id": action_id, **more}
    return {"type": "input", "block_id": block_id, "label": plain("Draft"), "element": element}


def modal(*blocks, **more):
    blocks = blocks or (text_input(),)
    return {"type": "modal", "callback_id": "m", "title": plain("T"), "submit": plain("Go"), "blocks": blocks, **more}


def post(app, **message):
    return app.call("chat.postMessage", **{"channel": CHANNEL, "text": "t", **message})


def upload(app, data=PNG, **more):
    begun = app.call("files.getUploadURLExternal", filename="p.png", length=len(data), alt_txt="a fox")
    urllib.request.urlopen(urllib.request.Request(begun["upload_url"], data, method="POST"), timeout=10).close()
    return app.call("files.completeUploadExternal", files=[{"id": begun["file_id"], "title": "A fox"}], **more)


# What people do reaches the app, and what it shows reaches them.


def test_a_command_opens_a_modal_whose_submission_posts(app, slack):
    async def command(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(text_input(initial_value=body["text"])))

    async def submitted(ack, view, client, body):
        await ack()
        text = view["state"]["values"]["draft"]["text"]["value"]
        await client.chat_postMessage(channel=CHANNEL, text=f"{body['user']['id']}: {text}")

    app.handle("command", "/easel", command)
    app.handle("view", "m", submitted)
    app.connect()
    done = slack.do("command", who="requester", channel="launches", command="/easel", text="hello")
    assert done == {"ok": True, "problem": ""}
    opened = slack.wait(lambda: slack.modal("requester"))
    assert opened["state"]["values"]["draft"]["text"]["value"] == "hello"
    assert slack.modal("approver") is None
    assert slack.do("submit", who="requester", values={"text": "hello there"})["ok"]
    assert slack.modal("requester") is None
    slack.wait(lambda: [m["text"] for m in slack.messages("outsider", "launches")] == ["U0REQUESTER: hello there"])


def test_an_app_that_is_not_there_or_does_not_acknowledge_is_told_to_the_person_alone(app, slack):
    done = slack.do("command", who="requester", channel="launches", command="/easel", text="")
    assert done["problem"] == "dispatch_failed"

    async def silent(body):
        pass

    app.handle("command", "/easel", silent)
    app.connect()
    slack.change(ack_seconds=0.2)
    done = slack.do("command", who="requester", channel="launches", command="/easel", text="")
    assert done["problem"] == "operation_timeout"
    said = [m["text"] for m in slack.messages("requester", "launches")]
    assert said == [f'/easel failed with the error "{p}"' for p in ("dispatch_failed", "operation_timeout")]
    assert slack.messages("approver", "launches") == []


def test_an_event_that_is_not_acknowledged_comes_again_and_says_so(app, slack):
    slack.change(ack_seconds=0.3, second_retry_seconds=0.1)
    seen, ignored = [], []

    async def ignore_the_first(body, next):
        ignored.append(body["event_id"])
        if len(ignored) > 1:
            await next()

    async def opened(body):
        seen.append(body["event_id"])

    app.bolt.use(ignore_the_first)
    app.handle("event", "app_home_opened", opened)
    app.connect()
    slack.do("home", who="requester")
    slack.wait(lambda: [e["attempt"] for e in slack.journal("delivered")] == [0, 1])
    assert [e["problem"] for e in slack.journal("delivered")] == ["http_timeout", ""]
    assert seen == ignored[:1]  # the same event again


def test_a_click_carries_the_message_and_its_response_url_works_five_times(app, slack):
    clicks, answers = [], []

    async def clicked(ack, body, client):
        await ack()
        clicks.append(body)
        for number in range(6):
            answers.append(answer(body["response_url"], {"text": f"answer {number}"}))

    app.handle("action", "ok", clicked)
    app.connect()
    ts = post(app, blocks=[{"type": "actions", "block_id": "b", "elements": [button(value="v")]}])["ts"]
    assert slack.do("click", who="approver", channel=CHANNEL, ts=ts, action_id="ok")["ok"]
    slack.wait(lambda: len(answers) == 6)
    [body] = clicks
    assert body["user"]["id"] == "U0APPROVER"
    assert body["message"]["ts"] == body["container"]["message_ts"] == ts
    assert {k: body["actions"][0][k] for k in ("action_id", "block_id", "value")} == {
        "action_id": "ok",
        "block_id": "b",
        "value": "v",
    }
    assert answers == [200] * 5 + [404]
    assert [m["text"] for m in slack.messages("approver", CHANNEL) if m["is_ephemeral"]] == [
        f"answer {number}" for number in range(5)
    ]
    assert len(slack.messages("requester", CHANNEL)) == 1


def answer(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as got:
            return got.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_shortcuts_name_what_they_were_used_on(app, slack):
    seen = []

    async def shortcut(ack, body):
        await ack()
        seen.append((body["type"], body.get("message", {}).get("text")))

    app.handle("shortcut", "new_post", shortcut)
    app.handle("shortcut", "paint", shortcut)
    app.connect()
    ts = slack.do("message", who="requester", channel="launches", text="paint me")["ts"]
    slack.do("message_shortcut", who="approver", channel="launches", ts=ts, callback_id="paint")
    slack.do("shortcut", who="approver", callback_id="new_post")
    slack.wait(lambda: seen == [("message_action", "paint me"), ("shortcut", None)])


# Modals.


def triggered(app, slack, count=1):
    """Connect an app that notes trigger ids, and use a shortcut."""
    triggers = []

    async def shortcut(ack, body):
        await ack()
        triggers.append(body["trigger_id"])

    app.handle("shortcut", "s", shortcut)
    app.connect()
    for _ in range(count):
        slack.do("shortcut", who="requester", callback_id="s")
    slack.wait(lambda: len(triggers) == count)
    return triggers


def test_a_trigger_opens_one_view_and_only_for_a_while(app, slack):
    first, second = triggered(app, slack, 2)
    assert app.call("views.open", trigger_id=first, view=modal())["ok"]
    assert app.call("views.open", trigger_id=first, view=modal())["error"] == "exchanged_trigger_id"
    assert app.call("views.open", trigger_id="1.2.x", view=modal())["error"] == "invalid_trigger_id"
    slack.change(trigger_seconds=0.0)
    assert app.call("views.open", trigger_id=second, view=modal())["error"] == "expired_trigger_id"


def test_a_stack_holds_three_views_and_what_was_entered_survives_a_change(app, slack):
    pushes = []

    async def push(ack, body, client):
        await ack()
        pushes.append(app_answer(await client.api_call("views.push", json=pushed(body))))

    def pushed(body):
        actions = {"type": "actions", "elements": [button("push")]}
        return {"trigger_id": body["trigger_id"], "view": modal(text_input(), actions)}

    def app_answer(answer):
        return answer["view"]["previous_view_id"]

    app.handle("action", "push", push)
    [trigger] = triggered(app, slack)
    view = app.call("views.open", trigger_id=trigger, view=pushed({"trigger_id": ""})["view"])["view"]
    for depth in (2, 3):
        slack.do("click_view", who="requester", action_id="push")
        slack.wait(lambda depth=depth: len(slack.see("requester")["modals"]) == depth)
    slack.do("click_view", who="requester", action_id="push")
    slack.wait(lambda: [e["error"] for e in slack.journal("called")][-1] == "push_limit_reached")
    assert pushes[0] == view["id"]
    slack.do("close", who="requester")
    slack.do("close", who="requester")
    slack.do("click_view", who="requester", action_id="text", value="kept")
    changed = app.call("views.update", view_id=view["id"], view=modal(text_input(), text_input("b2", "new")))
    values = changed["view"]["state"]["values"]
    assert (values["draft"]["text"]["value"], values["b2"]["new"]["value"]) == ("kept", None)
    stale = app.call("views.update", view_id=view["id"], hash=view["hash"], view=modal())
    assert stale["error"] == "hash_conflict"
    slack.do("close", who="requester")
    assert app.call("views.update", view_id=view["id"], view=modal())["error"] == "not_found"


def test_errors_of_a_submission_stand_at_their_fields_until_it_is_right(app, slack):
    async def submitted(ack, view):
        value = view["state"]["values"]["draft"]["text"]["value"]
        await ack(response_action="errors", errors={"draft": "too loud"}) if value.isupper() else await ack()

    app.handle("view", "m", submitted)
    [trigger] = triggered(app, slack)
    app.call("views.open", trigger_id=trigger, view=modal())
    assert slack.do("submit", who="requester", values={})["errors"] == {"draft": "Please complete this required field."}
    assert slack.do("submit", who="requester", values={"text": "LOUD"})["errors"] == {"draft": "too loud"}
    assert slack.modal("requester")["errors"] == {"draft": "too loud"}
    assert slack.do("submit", who="requester", values={"text": "soft"})["ok"]
    assert slack.modal("requester") is None


def test_errors_for_a_field_that_is_not_there_are_shown_as_the_apps_mistake(app, slack):
    async def submitted(ack):
        await ack(response_action="errors", errors={"nowhere": "wrong"})

    app.handle("view", "m", submitted)
    [trigger] = triggered(app, slack)
    app.call("views.open", trigger_id=trigger, view=modal())
    assert not slack.do("submit", who="requester", values={"text": "x"})["ok"]
    assert "nowhere" in slack.modal("requester")["problem"]


# Messages and files.


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "#launches"}, "channel_not_found"),
        ({"channel": "C0RANDOM"}, "not_in_channel"),
        ({"text": " "}, "no_text"),
        ({"text": "a" * 40_001}, "msg_too_long"),
        ({"thread_ts": "1.2"}, "cannot_reply_to_message"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "hologram"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3_001}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": [button(), button()]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": [{"type": "slider"}]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": [button(value="v" * 2_001)]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "image", "alt_text": "a", "image_url": "http://127.0.0.1/p.png"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "image", "alt_text": "a", "slack_file": {"id": "F0NONE000"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": ""}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider", "colour": "red"}]}, "invalid_blocks"),
    ],
)
def test_a_message_that_slack_would_not_take_is_refused_in_its_words(app, slack, message, error):
    refused = post(app, **message)
    assert (refused["ok"], refused["error"]) == (False, error)
    assert slack.messages("requester", "launches") == []


def test_a_refusal_points_at_the_block(app):
    blocks = [{"type": "divider"}, {"type": "section", "text": plain(""), "block_id": "b"}]
    said = post(app, blocks=blocks)["response_metadata"]["messages"]
    assert said == ["[ERROR] must be more than 0 characters [json-pointer:/blocks/1/text]"]


def test_a_persons_id_means_the_apps_direct_message_with_them(app, slack):
    assert post(app, channel="U0APPROVER", text="psst")["channel"] == "D0APPROVER"
    assert [m["text"] for m in slack.messages("approver", "D0APPROVER")] == ["psst"]
    assert "D0APPROVER" not in [c["id"] for c in slack.see("requester")["channels"]]


def test_only_the_apps_own_messages_can_be_changed_or_taken_back(app, slack):
    own = post(app)["ts"]
    other = slack.do("message", who="requester", channel="launches", text="mine")["ts"]
    assert app.call("chat.update", channel=CHANNEL, ts=own, text="new")["ok"]
    assert app.call("chat.update", channel=CHANNEL, ts=other, text="new")["error"] == "cant_update_message"
    assert app.call("chat.delete", channel=CHANNEL, ts=other)["error"] == "cant_delete_message"
    assert [m["text"] for m in slack.messages("requester", "launches")] == ["new", "mine"]
    assert app.call("chat.delete", channel=CHANNEL, ts=own)["ok"]
    assert app.call("chat.update", channel=CHANNEL, ts=own, text="new")["error"] == "message_not_found"


def test_a_file_cannot_be_shown_before_slack_is_done_with_it(app, slack):
    slack.change(processing_seconds=0.4)
    [file] = upload(app)["files"]
    image = {"type": "image", "alt_text": "a", "slack_file": {"id": file["id"]}}
    refused = post(app, blocks=[image])
    assert refused["response_metadata"]["messages"] == [
        "[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"
    ]
    assert (file["mimetype"], file["shares"]) == ("", {})
    slack.wait(lambda: app.call("files.info", file=file["id"])["file"]["mimetype"] == "image/png")
    assert post(app, blocks=[image])["ok"]


def test_a_file_is_shared_by_a_message_and_needs_the_token_to_be_read(app, slack):
    ts = post(app)["ts"]
    [file] = upload(app, channel_id=CHANNEL, thread_ts=ts, initial_comment="look")["files"]
    slack.wait(lambda: len(slack.messages("requester", "launches")) == 2)
    reply = slack.messages("requester", "launches")[1]
    assert (reply["thread_ts"], reply["text"], reply["files"][0]["alt_txt"]) == (ts, "look", "a fox")
    ready = app.call("files.info", file=file["id"])["file"]
    assert ready["shares"]["public"][CHANNEL][0]["thread_ts"] == ts
    request = urllib.request.Request(ready["url_private"], headers={"Authorization": "Bearer xoxb-playground-bot"})
    with urllib.request.urlopen(request, timeout=10) as got:
        assert got.read() == PNG
    assert app.call("files.delete", file=file["id"])["ok"]
    assert app.call("files.info", file=file["id"])["error"] == "file_not_found"


def test_a_persons_file_reaches_the_app_only_once_it_was_handed_over(app, slack):
    kept = slack.upload("requester", "mine.png", PNG)
    given = slack.upload("requester", "given.png", PNG, for_app=True)
    assert app.call("files.info", file=kept)["error"] == "file_not_found"
    assert app.call("files.info", file=given)["file"]["name"] == "given.png"


# Tokens, scopes, limits, and the two ways to the app.


def test_tokens_are_checked(app, slack):
    app.client.token = "xoxb-other"
    assert app.call("auth.test")["error"] == "invalid_auth"
    app.client.token = "xapp-1-playground-app"
    assert app.call("auth.test")["error"] == "not_allowed_token_type"
    app.client.token = "xoxb-playground-bot"
    assert app.call("auth.test")["user_id"] == "U0EASELBOT"
    assert app.call("chat.shout")["error"] == "unknown_method"
    slack.uninstall()
    assert app.call("auth.test")["error"] == "account_inactive"


def test_messages_to_a_channel_are_counted_and_the_wait_is_told(app, slack):
    slack.change(limits=True, post_burst=1)
    answers = [post(app) for _ in range(10)]  # on a busy machine a second passes between some of them
    assert [answer["ok"] for answer in answers[:2]] == [True, True]
    refused = [(answer["error"], answer["status"]) for answer in answers if not answer["ok"]]
    assert set(refused) == {("ratelimited", 429)}
    assert post(app, channel="D0APPROVER")["ok"]  # another channel has a limit of its own
    slack.wait(lambda: post(app)["ok"], 60, "the end of the limit")


def test_payloads_are_posted_and_signed_to_a_request_url_that_answers_the_challenge(app, slack):
    seen = []

    async def command(ack, body):
        await ack("only for you")
        seen.append(body["text"])

    async def opened(event):
        seen.append(event["user"])

    app.handle("command", "/easel", command)
    app.handle("event", "app_home_opened", opened)
    with pytest.raises(ValueError, match="challenge"):
        slack.change(request_url=f"{slack.address}/_health")
    slack.change(request_url=app.serve())
    assert slack.do("command", who="requester", channel="launches", command="/easel", text="by post")["ok"]
    slack.do("home", who="approver")
    slack.wait(lambda: seen == ["by post", "U0APPROVER"])
    assert [m["text"] for m in slack.messages("requester", "launches")] == ["only for you"]
    assert slack.messages("approver", "launches") == []


@pytest.mark.parametrize("disturbance", ["refresh", "cut"])
def test_an_app_that_lost_its_connection_comes_back(app, slack, disturbance):
    seen = []

    async def command(ack, body):
        await ack()
        seen.append(body["text"])

    app.handle("command", "/easel", command)
    app.connect()
    slack.disturb(disturbance)
    slack.wait(lambda: slack.connections() == 1)
    assert slack.do("command", who="requester", channel="launches", command="/easel", text="again")["ok"]
    assert seen == ["again"]


def test_a_ticket_opens_one_connection(app, slack):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    app.client.token = "xapp-1-playground-app"
    url = app.call("apps.connections.open")["url"]
    with connect(url) as socket:
        assert json.loads(socket.recv())["type"] == "hello"
    with pytest.raises(InvalidStatus), connect(url):
        pass


def test_faults_leave_the_caller_in_doubt(app, slack):
    slack.arm(path="/chat.postMessage", do="status", status=503, body={"ok": False, "error": "internal_error"})
    assert post(app)["error"] == "internal_error"
    assert post(app)["ok"]
    assert len(slack.messages("requester", "launches")) == 1


# Walkthroughs.


def test_what_people_did_can_be_done_again_in_another_workspace(start_app, tmp_path):
    file = tmp_path / "demo.json"

    def behave(app):
        """An app whose ids and times are other ones each time."""
        told = []

        async def command(ack, body, client):
            await ack()
            block = text_input(f"draft {len(told)} {app.slack.address}", initial_value=body["text"])
            choice = {"type": "static_select", "action_id": "n", "options": options("X", "LinkedIn")}
            networks = {"type": "input", "block_id": "n", "label": plain("Networks"), "element": choice}
            await client.views_open(trigger_id=body["trigger_id"], view=modal(block, networks))

        async def submitted(ack, view, client):
            await ack()
            told.append({a: v for b in view["state"]["values"].values() for a, v in b.items()})
            for number in range(3):
                approve = button("approve", value=f"{number}")
                blocks = [{"type": "actions", "elements": [approve]}]
                await client.chat_postMessage(channel=CHANNEL, text=f"review {number}", blocks=blocks)

        async def approved(ack, body):
            await ack()
            told.append((body["user"]["id"], body["actions"][0]["value"]))

        app.handle("command", "/easel", command)
        app.handle("view", "m", submitted)
        app.handle("action", "approve", approved)
        app.connect()
        return told

    with running_slack(record=file) as first:
        told = behave(start_app(first))
        first.do("command", who="requester", channel="launches", command="/easel", text="hello")
        first.wait(lambda: first.modal("requester"))
        first.do("submit", who="requester", values={"text": "hello there", "n": "linkedin"})
        ts = first.wait(lambda: [m["ts"] for m in first.messages("approver", "launches") if m["text"] == "review 1"])[0]
        first.do("click", who="approver", channel=CHANNEL, ts=ts, action_id="approve")
    assert told[1] == ("U0APPROVER", "1")
    assert json.loads(file.read_text())["actions"][1]["values"] == {"Draft": "hello there", "Networks": "LinkedIn"}
    with running_slack(replay=file) as second:
        again = behave(start_app(second))
        second.wait(lambda: len(again) == 2)
    assert again == told


def options(*names):
    return [{"text": plain(name), "value": name.lower()} for name in names]
