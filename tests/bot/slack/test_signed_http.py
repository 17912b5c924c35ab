"""The door for signed HTTP: what Slack signed is kept and acknowledged; what it did not send changes nothing."""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import threading
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.records.tables import AccountRow, AuditRow, Post, PublicationRow, RequestRow, RulesRow
from bot.settings import load_settings

SECRET = "a signing secret"
FORM = "application/x-www-form-urlencoded"
MUTATIONS = int(os.environ.get("EASEL_TEST_MUTATIONS", "600"))
"""How many mutated payloads; 10,000 take a few minutes (`benchmarks/README.md` says how they went)."""

PERSON, TRIGGER = {"id": "U0REQUESTER", "team_id": "T1"}, "1.2.abc"
METADATA = json.dumps({"source": "command:1", "channel": "C0LAUNCHES", "thread": "", "long": False})


def signature(body, at=None, secret=SECRET):
    stamp = str(int(time.time() if at is None else at))
    made = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={made}"}


class Door:
    """The bot's door, open in a thread, with nobody carrying anything out."""

    def __init__(self, studio):
        from bot.slack.app import one_workspace_app
        from bot.slack.door import open_door
        from bot.slack.inbox import Inbox
        from bot.slack.workspaces import OneWorkspace

        self.loop = asyncio.new_event_loop()
        self.studio = studio

        async def opened():
            workspaces = OneWorkspace(studio)
            client = (await workspaces.desk_of("local")).client
            app = one_workspace_app(studio.settings, Inbox(workspaces.records_of), client)
            self.context = open_door(app, studio, host="127.0.0.1")
            return await self.context.__aenter__()

        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.port = asyncio.run_coroutine_threadsafe(opened(), self.loop).result(30)

    def close(self):
        asyncio.run_coroutine_threadsafe(self.context.__aexit__(None, None, None), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)
        self.loop.close()

    def send(self, body, kind=FORM, headers=None):
        body = body if isinstance(body, bytes) else body.encode()
        headers = {"Content-Type": kind, **(signature(body) if headers is None else headers)}
        request = Request(f"http://127.0.0.1:{self.port}/slack/events", body, headers)
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def interact(self, payload):
        return self.send(urlencode({"payload": json.dumps(payload)}))

    def rows(self, *tables):
        with self.studio.records.reading() as session:
            return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    def kept(self):
        with self.studio.records.reading() as session:
            return list(session.scalars(select(RequestRow).order_by(RequestRow.id)))


@pytest.fixture(scope="module")
def door(tmp_path_factory, slack_process):
    patch = pytest.MonkeyPatch()

    patch.setenv("EASEL_HOME", str(tmp_path_factory.mktemp("door")))
    for name, value in {
        "API_URL": slack_process.api,
        "BOT_TOKEN": "xoxb-playground-bot",
        "SIGNING_SECRET": SECRET,
    }.items():
        patch.setenv(f"EASEL_SLACK_{name}", value)
    patch.setenv("EASEL_SLACK_PORT", "0")
    load_settings.cache_clear()
    from bot.pipeline.studio import Studio

    studio = Studio(load_settings())
    assert studio.records.drawings() == []  # the database is made before the door opens, as the process does it
    made = Door(studio)
    yield made
    made.close()
    studio.records.engine.dispose()
    patch.undo()
    load_settings.cache_clear()


def command(trigger=TRIGGER, text="big launch"):
    return urlencode(
        {
            "command": "/easel",
            "text": text,
            "team_id": "T1",
            "user_id": "U0REQUESTER",
            "channel_id": "C0LAUNCHES",
            "trigger_id": trigger,
            "response_url": "https://hooks.slack.com/commands/1",
        }
    )


def click(action="again", value="post_0123456789ab:3", at="1.5"):
    element = {"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": at}
    return {
        "type": "block_actions",
        "user": PERSON,
        "team": {"id": "T1"},
        "trigger_id": TRIGGER,
        "container": {"type": "message", "message_ts": "1.1"},
        "channel": {"id": "C0LAUNCHES"},
        "response_url": "https://hooks.slack.com/actions/1",
        "actions": [element],
    }


def submission(callback="compose", values=None, metadata=METADATA, view="V1"):
    state = {
        "draft": {"draft": {"type": "plain_text_input", "value": "our cafe opens"}},
        "targets": {"targets": {"type": "multi_static_select", "selected_options": [{"value": "x/outbox"}]}},
        "when": {"when": {"type": "static_select", "selected_option": {"value": "now"}}},
        "count": {"count": {"type": "static_select", "selected_option": {"value": "2"}}},
        **(values or {}),
    }
    return {
        "type": "view_submission",
        "user": PERSON,
        "team": {"id": "T1"},
        "view": {
            "id": view,
            "type": "modal",
            "callback_id": callback,
            "hash": "1.a",
            "private_metadata": metadata,
            "state": {"values": state},
        },
    }


def text_field(text):
    return {"draft": {"draft": {"type": "plain_text_input", "value": text}}}


def test_a_command_is_kept_once_however_often_it_is_delivered(door):
    for _ in range(3):
        assert door.send(command("once.1")) == (200, "")
    [row] = [row for row in door.kept() if row.key == "command:once.1"]
    assert (row.person, row.body["text"]) == ("slack:U0REQUESTER", "big launch")


def brand_field(text):
    return {"element": {"type": "plain_text_input", "value": text}}


def test_a_brand_with_a_fault_is_told_at_its_field_and_a_good_one_is_kept(door):
    values = {"palette": brand_field("red, blue, green, teal, pink"), "style": brand_field("thick outlines")}
    status, answer = door.interact(submission("brand", values, metadata="{}", view="V-brand"))
    assert (status, json.loads(answer)["response_action"]) == (200, "errors")
    assert "more than 4 colours" in json.loads(answer)["errors"]["palette"]
    assert not [row for row in door.kept() if row.kind == "brand"]
    values["palette"] = brand_field("red, blue")
    assert door.interact(submission("brand", values, metadata="{}", view="V-brand")) == (200, "")
    [row] = [row for row in door.kept() if row.kind == "brand"]
    assert row.body["brand"]["palette"] == ["red", "blue"]


def test_a_click_delivered_twice_is_kept_once_and_two_clicks_are_two(door):
    before = len(door.kept())
    for at in ("7.1", "7.1", "7.2"):
        assert door.interact(click(at=at))[0] == 200
    assert len(door.kept()) - before == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signature(command().encode(), secret="another"),
        signature(command().encode(), at=time.time() - 3_600),
        signature(b"other bytes"),
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=ab"},
        {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "ü"},
    ],
)
def test_what_is_not_signed_or_is_old_is_refused_unread(door, headers):
    before = len(door.kept())
    status, told = door.send(command(), headers={name: v.encode().decode("latin-1") for name, v in headers.items()})
    assert status == 401
    assert "signature" in told
    assert len(door.kept()) == before


@pytest.mark.parametrize(
    ("values", "block", "told"),
    [
        (text_field(""), "draft", "empty"),
        (text_field("\u200b\u202e"), "draft", "empty"),
        (text_field("x" * 40_001), "draft", "40,001"),
        ({"targets": {"targets": {"selected_options": []}}}, "targets", "Pick where"),
        ({"count": {"count": {"selected_option": {"value": "99"}}}}, "count", "1 to 10"),
        ({"guidance": {"guidance": {"value": "-3"}}}, "guidance", "0 to 100"),
        ({"article": {"article": {"value": "file:///etc/passwd"}}}, "article", "http or https"),
        (
            {
                "when": {"when": {"selected_option": {"value": "at"}}},
                "at": {"at": {"selected_date_time": 1_000_000_000}},
            },
            "at",
            "in the past",
        ),
        ({"when": {"when": {"selected_option": {"value": "at"}}}}, "at", "Pick the time"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(door, values, block, told):
    before = len(door.kept())
    status, answer = door.interact(submission(values=values))
    assert status == 200
    said = json.loads(answer)
    assert said["response_action"] == "errors"
    assert told in said["errors"][block]
    assert len(door.kept()) == before


def test_a_text_that_is_too_long_for_x_leads_to_the_words_for_each_network(door):
    long = "a sentence that goes on. " * 20
    status, answer = door.interact(submission(values=text_field(long), view="VLONG"))
    said = json.loads(answer)
    assert (status, said["response_action"], said["view"]["callback_id"]) == (200, "update", "words")
    assert "too long" in answer
    source = said["view"]["private_metadata"]
    short = {"text:x": {"text": {"type": "plain_text_input", "value": long}}}
    refused = json.loads(door.interact(submission("words", short, source, "VLONG"))[1])
    assert "of 280" in refused["errors"]["text:x"]
    short = {"text:x": {"text": {"type": "plain_text_input", "value": "short"}}}
    assert door.interact(submission("words", short, source, "VLONG")) == (200, "")
    row = next(row for row in door.kept() if row.key == "words:VLONG")
    assert row.body["form"]["texts"] == {"x": "short"}
    assert row.body["form"]["draft"] == long.strip()


def test_a_draft_that_is_longer_than_a_field_is_read_whole(door):
    draft = "big launch. " * 3_000
    door.send(command("long.1", draft))
    metadata = json.dumps({"source": "command:long.1", "channel": "C0LAUNCHES", "thread": "", "long": True})
    answer = json.loads(door.interact(submission(metadata=metadata, view="V40"))[1])
    assert answer["response_action"] == "update"
    row = next(row for row in door.kept() if row.key == "form:V40")
    assert len(row.body["form"]["draft"]) == len(draft.strip())


def shortcut():
    return {
        "type": "message_action",
        "callback_id": "paint_message",
        "trigger_id": TRIGGER,
        "response_url": "https://hooks.slack.com/app/1",
        "user": PERSON,
        "team": {"id": "T1"},
        "channel": {"id": "C0LAUNCHES"},
        "message": {"type": "message", "ts": "1.1", "text": "big launch", "files": [{"id": "F1"}]},
    }


def event(kind="app_home_opened"):
    inner = {"type": kind, "user": "U0REQUESTER", "tab": "home", "channel": "D1"}
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": inner, "api_app_id": "A1"}


PAYLOADS = [
    click(),
    click("approve", "post_0123456789ab:3:1"),
    submission(),
    submission("approve_post", metadata=json.dumps({"post": "post_0123456789ab:3", "picks": [1]})),
    submission("edit_post", metadata=json.dumps({"post": "post_0123456789ab:3"})),
    submission("rules", metadata=json.dumps({"channel": "C0LAUNCHES"})),
    shortcut(),
    event(),
    event("tokens_revoked"),
]
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=40), st.just([]), st.just({}),
    st.just("x" * 5_000), st.just("\u202e\x00<!channel>"), st.just([[[]]]), st.just({"value": {"id": None}}),
)  # fmt: skip


def paths(thing, at=()):
    """Where anything stands in a payload."""
    yield at
    items = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for name, value in items:
        yield from paths(value, (*at, name))


def put(thing, path, value, drop):
    """The payload with something else, or nothing, at a path."""
    if not path:
        return value
    copy = dict(thing) if isinstance(thing, dict) else list(thing)
    if drop and len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = put(copy[path[0]], path[1:], value, drop)
    return copy


@st.composite
def mutated(draw):
    """One of Slack's payloads, with one to three places changed."""
    payload = draw(st.sampled_from(PAYLOADS))
    for _ in range(draw(st.integers(1, 3))):
        if isinstance(payload, dict | list):
            path = draw(st.sampled_from(list(paths(payload))))
            payload = put(payload, path, draw(JUNK), draw(st.booleans()) and bool(path))
    return payload


STATE = (Post, PublicationRow, AccountRow, RulesRow, AuditRow)


@settings(max_examples=MUTATIONS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(payload=mutated(), as_event=st.booleans())
def test_mutated_payloads_meet_no_error_and_change_no_state(door, payload, as_event):
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logging.getLogger("easel.slack").addHandler(handler)
    try:
        if as_event:
            status, told = door.send(json.dumps(payload), "application/json")
        else:
            status, told = door.interact(payload)
    finally:
        logging.getLogger("easel.slack").removeHandler(handler)
    assert status < 500, told
    assert "Traceback" not in told
    assert not [record for record in records if record.exc_info]
    assert door.rows(*STATE) == [0] * len(STATE)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "a/b"])
)
def test_bytes_that_are_no_payload_meet_no_error(door, body, kind):
    assert door.send(body, kind)[0] < 500


@pytest.mark.parametrize(
    "body", ["[" * 50_000, '{"a":' * 20_000, "payload=" + "[" * 30_000, "payload=%ff%fe", "null", "7"]
)
def test_bodies_that_nest_without_end_meet_no_error(door, body):
    for kind in ("application/json", FORM):
        assert door.send(body, kind)[0] < 500
