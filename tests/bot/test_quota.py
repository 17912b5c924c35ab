"""A quota is of drawings: a post's first, and each time it is drawn again, from the terminal and from Slack."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Misuse
from bot.quota import refuse_over_quota
from bot.records import PostState
from bot.records.tables import RequestRow
from bot.slack.desk import Desk
from bot.slack.forms import ComposeForm
from bot.slack.listeners import KINDS
from bot.slack.starting import begin
from tests.bot.slack import posts

ANA = "slack:UANA"


@pytest.fixture
def start(studio):
    """Ask for a post in Slack; it waits to be drawn."""
    return lambda name, user="UANA": posts.ask(studio.records, name, "C1", user)


@pytest.fixture
def draw(studio):
    """Draw what waits for Ana."""
    return lambda post_id: posts.draw(studio, post_id, ANA)


def fail(studio, post_id):
    """Begin to draw what waits for Ana, in vain."""
    for before, to in ((PostState.DRAFTED, PostState.PREPARING), (PostState.PREPARING, PostState.FAILED)):
        studio.records.move_post(post_id, to, ANA, "no luck", expected=before)


def asked(studio, person=ANA, since=timedelta(minutes=1)):
    return studio.records.drawings_since(person, datetime.now(UTC) - since)


def test_what_waits_what_was_drawn_and_what_is_drawn_again_count_and_a_failure_is_free(studio, start, draw):
    first, second = start("first"), start("second")
    start("of somebody else", "UBEN")
    assert asked(studio) == 2
    fail(studio, first)
    draw(first)
    draw(second)
    assert asked(studio) == 2
    studio.records.order_drawing(first, ANA, [2], "asked for new pictures")
    assert asked(studio) == 3
    draw(first)
    assert asked(studio) == 3
    assert asked(studio, "slack:UBEN") == 1
    assert asked(studio, since=timedelta(0)) == 0


def test_no_quota_refuses_nobody_and_a_quota_says_when_it_begins_anew(studio, start):
    start("first")
    refuse_over_quota(studio.records, studio.settings, ANA)
    refuse_over_quota(studio.records, studio.settings.model_copy(update={"daily_quota": 2}), ANA)
    with pytest.raises(Misuse, match=r"pictures 1 time today, which is the quota\. It begins anew at midnight"):
        refuse_over_quota(studio.records, studio.settings.model_copy(update={"daily_quota": 1}), ANA)


def test_a_post_that_was_begun_is_not_refused_when_its_row_is_carried_out_again(studio):
    studio.settings = studio.settings.model_copy(update={"daily_quota": 1})
    form = ComposeForm("hello", (("x", "outbox"),), "C1", count=1)
    first, second = (RequestRow(key=key, person=ANA, body={"user": "UANA"}) for key in ("form:1", "form:2"))
    for _ in range(2):
        begin(studio, first, form, "C1", "UTC")
    with pytest.raises(Misuse, match="which is the quota"):
        begin(studio, second, form, "C1", "UTC")
    assert asked(studio) == 1


@pytest.mark.parametrize("kind", ["again", "edit_post"])
def test_who_used_the_quota_up_has_nothing_drawn_again_and_nothing_is_changed(studio, start, draw, kind):
    post_id = start("first")
    draw(post_id)
    studio.settings = studio.settings.model_copy(update={"daily_quota": 1})
    ref = f"{post_id}:{studio.records.version(post_id)}"
    texts = {"texts": {}, "negative": [], "normalized": "", "prompt": "a boat", "alt_text": ""}
    body = {"user": "UANA", "value": ref, "post": ref, **texts}
    desk = Desk(studio, AsyncWebClient(base_url="http://127.0.0.1:9/api/"))
    studio.settings.home.mkdir(exist_ok=True)
    (studio.settings.home / "roles.toml").write_text('[everywhere]\nrequesters = ["UANA"]\n')
    with pytest.raises(Misuse, match="which is the quota"):
        asyncio.run(KINDS[kind](desk, RequestRow(id=1, key="1", kind=kind, person=ANA, body=body)))
    assert studio.records.drawing(post_id) is None
    assert ref == f"{post_id}:{studio.records.version(post_id)}"


def test_the_terminal_refuses_before_anything_is_drawn(easel, studio):
    from bot.cli.session import person

    for name in (person(), "somebody else"):
        post = studio.records.create_post(name, "hello", ["x"], None, "UTC")
        studio.records.move_post(post.id, PostState.PREPARING, name, "preparing", expected=PostState.DRAFTED)
    result = easel("post", "hello again", environment={"EASEL_DAILY_QUOTA": "1"})
    assert result.returncode == 2
    assert "asked for pictures 1 time today, which is the quota" in result.stderr.decode()
