"""Slack's text as the words that a person wrote, and a form's fields as what they mean."""

from datetime import UTC, datetime

import pytest

from bot.pipeline.seeds import seeds_of
from bot.slack.forms import ComposeForm, read, refuse_time, words_in
from bot.slack.incoming import plain_words
from bot.slack.payloads import Malformed, asked_by_action, kept_view, post_in, publication_in

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("big launch :rocket::fire:", "big launch 🚀🔥"),
        ("see <https://example.com/a?b=1&amp;c=2|our site>", "see https://example.com/a?b=1&c=2"),
        ("<https://example.com>", "https://example.com"),
        ("ask <@U0123ABCD|ana> in <#C0123ABCD|launches>", "ask @ana in #launches"),
        ("<!channel> <!here> <!subteam^S0123|@design>", "@channel @here @design"),
        ("a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
        ("at 10:30:00 :not_an_emoji:", "at 10:30:00 :not_an_emoji:"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    ],
)
def test_words_are_what_the_person_wrote(text, words):
    assert plain_words(text) == words


def test_a_form_survives_its_row():
    form = ComposeForm(
        "hello", (("x", "main"),), "C1", "1.1", "at", 1_800_000_000, 3, 2.5, ("rain",), "mega", "calm", {"x": "hi"}
    )
    assert ComposeForm.from_dict(form.to_dict()) == form
    assert form.networks == ["x"]
    assert form.due_at == datetime.fromtimestamp(1_800_000_000, UTC)


def test_fields_of_every_kind_are_read():
    values = {
        "text": {"a": {"type": "plain_text_input", "value": "hello"}},
        "one": {"a": {"type": "static_select", "selected_option": {"value": "x"}}},
        "none": {"a": {"type": "static_select", "selected_option": None}},
        "many": {"a": {"type": "checkboxes", "selected_options": [{"value": "x"}, {"value": "y"}]}},
        "at": {"a": {"type": "datetimepicker", "selected_date_time": 5}},
    }
    assert [read(values, block) for block in ("text", "one", "none", "many", "at", "gone")] == [
        "hello", "x", None, ["x", "y"], 5, None,
    ]  # fmt: skip
    assert words_in("rain,  snow\nrain") == ("rain", "snow")
    assert words_in(" ") is None


def test_times_that_cannot_be_are_refused():
    now = int(NOW.timestamp())
    assert refuse_time(now + 60, NOW) is None
    assert "past" in refuse_time(now, NOW)
    assert "year" in refuse_time(now + 367 * 86_400, NOW)


def test_buttons_name_a_post_and_its_version_or_nothing_happens():
    assert post_in("post_0123456789ab:12:3") == ("post_0123456789ab", 12, 3)
    assert publication_in("pub_0123456789ab:2") == ("pub_0123456789ab", 2)
    for value in ("", "post_0123456789ab", "post_0123456789ab:x", "pub_0123456789ab:1:2", "post_'; DROP:1"):
        with pytest.raises(Exception, match="older message"):
            post_in(value)


def test_the_same_request_has_the_same_seeds_and_others_have_others():
    assert seeds_of("a", 4) == seeds_of("a", 4)
    assert not set(seeds_of("a", 4)) & set(seeds_of("b", 4))


@pytest.mark.parametrize("payload", [{}, {"user": {"id": "nobody"}}, {"user": {"id": 7}}, {"user": {"id": "U1" * 200}}])
def test_a_click_by_nobody_is_malformed(payload):
    with pytest.raises(Malformed):
        asked_by_action("again", payload, {"action_ts": "1.1"})


def test_a_view_with_strange_fields_is_malformed():
    with pytest.raises(Malformed):
        kept_view({"id": "V1", "state": {"values": {"a": {"b": {"value": ["x"]}}}}})
    with pytest.raises(Malformed):
        kept_view({"id": "V1", "private_metadata": "[1]"})
