"""Everything that the bot shows passes Slack's own validators and sizes, whatever people write; and acts on nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.records.options import PostOptions
from bot.records.tables import AccountRow, AuditRow, BriefRow, CandidateRow, DrawingRow, Post, PublicationRow
from bot.records.values import Planned
from bot.roles import Rules
from bot.slack.blocks.brand import brand_view
from bot.slack.blocks.compose import Choices, compose_view, words_view
from bot.slack.blocks.edit import edit_view
from bot.slack.blocks.home import HomeStory, home_view
from bot.slack.blocks.move import move_view
from bot.slack.blocks.outcome import outcome_blocks
from bot.slack.blocks.preview import Wish, preview_view
from bot.slack.blocks.review import Gallery, review_blocks
from bot.slack.blocks.rules import rules_view
from bot.slack.blocks.status import status_blocks, status_text
from bot.slack.blocks.verdicts import verdict_words
from bot.slack.blocks.words import escaped, harmless
from bot.slack.forms import ComposeForm
from bot.slack.story import Story
from generation.prompting import Brand
from playground.slack import blocks as taken

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOSTILE = (
    "<!channel> *bold* _it_ ~no~ `code` <https://evil.example|click> &amp; \u202eevil\u202c zero\u200bwidth :fire:"
)
TEXTS = ["big launch 🚀", HOSTILE, "x" * 40_000, "\u200b", "line\n" * 900]
VERDICT = {"moderator": "eyes", "decision": "allow", "reason": "fine", "category": "", "scores": {"sexual": 0.02}}


def any_file(_):
    """The validator's question whether a file may be shown."""


def check_message(blocks):
    assert len(blocks) <= 50
    for block in blocks:
        Block.parse(block).to_dict()
    taken.check_blocks(blocks, "message", any_file)


def check_form(view):
    View(**view).to_dict()
    assert len(view.get("private_metadata", "")) <= 3_000
    taken.check_view(view, any_file)


def mrkdwn_in(thing):
    """Every text that Slack reads markdown in."""
    if isinstance(thing, dict):
        if thing.get("type") == "mrkdwn":
            yield thing["text"]
        for value in thing.values():
            yield from mrkdwn_in(value)
    elif isinstance(thing, list):
        for item in thing:
            yield from mrkdwn_in(item)


def post(text, state="review", **more):
    columns = {"id": "post_0123456789ab", "workspace": "T1", "requested_by": "slack:UR", "draft": text, "state": state}
    return Post(**{**columns, "networks": ["x", "linkedin"], "timezone": "UTC", "created_at": NOW, **more})


def candidate(number, text, decision="allow", brief="brief_1"):
    verdict = {**VERDICT, "decision": decision, "reason": text[:200]}
    return CandidateRow(
        id=f"candidate_{number}", post_id="post_0123456789ab", brief_id=brief, number=number, seed=number,
        score=-1.0 / number, model="doodle", picture=f"{number:064d}", verdicts=[verdict], settings={},
    )  # fmt: skip


def publication(state, text, number=1, error=None, url=None):
    return PublicationRow(
        id=f"pub_{number:012d}", workspace="T1", post_id="post_0123456789ab", network="x", account="main", state=state,
        text=text, pictures=[], approval_hash="a" * 64, attempt=1, due_at=NOW + timedelta(days=900), error=error,
        url=url,
    )  # fmt: skip


def story(text, state="review", candidates=(), publications=(), drawing=None, **more):
    brief = BriefRow(
        id="brief_1",
        body={"draft": text, "normalized": text, "prompt": text[:300], "negative": [text[:40]], "alt_text": text[:900]},
        verdicts=[VERDICT],
    )
    audit = [
        AuditRow(id=1, subject="post", person="slack:UR", from_state=None, to_state="drafted", why="created", at=NOW),
        AuditRow(id=2, subject="post", person="slack:UA", from_state="x", to_state=state, why=text[:3000], at=NOW),
    ]
    return Story(post(text, state, **more), brief, candidates, publications, audit, drawing, 3, 2)


@pytest.mark.parametrize("gallery", Gallery)
def test_what_a_picture_may_not_show_stands_beside_it(gallery):
    sure, doubted = candidate(1, "fine"), candidate(2, "fine")
    doubted.settings = {"may not show": ["a tree", HOSTILE]}
    files = {row.id: f"F0123456{row.number:03d}" for row in (sure, doubted)}
    shown = review_blocks(story("hi", candidates=(sure, doubted)), [sure, doubted], files, gallery)
    check_message(shown)
    assert str(shown).count("may not show a tree") == 1


STATES = ["drafted", "preparing", "failed", "blocked", "review", "approved", "rejected"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("state", STATES)
def test_the_status_of_every_state_is_taken(text, state):
    shown = status_blocks(story(text, state))
    check_message(shown)
    assert len(status_text(story(text, state))) < 4_000
    assert not any("<!channel>" in marked or "<https://evil" in marked for marked in mrkdwn_in(shown))


@pytest.mark.parametrize("stage", ["waiting", "understanding", "drawing", "checking"])
def test_every_stage_of_a_drawing_is_taken(stage):
    row = DrawingRow(post_id="post_0123456789ab", stage=stage, step=3, steps=16)
    check_message(status_blocks(story("hello", "preparing", drawing=row), "F0123456789"))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("gallery", list(Gallery))
def test_galleries_of_ten_are_taken_in_every_form_and_act_on_nobody(text, gallery):
    batch = [candidate(number, text, "block" if number == 3 else "allow") for number in range(1, 11)]
    files = {row.id: f"F0123456{row.number:03d}" for row in batch}
    for state in ("review", "approved"):
        shown = review_blocks(story(text, state, batch), batch, files, gallery)
        check_message(shown)
        assert not any("<!channel>" in marked or "<https://evil" in marked for marked in mrkdwn_in(shown))


def test_what_moderation_blocks_has_no_button_and_old_batches_have_none():
    old, new = [candidate(1, "a")], [candidate(2, "b", brief="brief_2"), candidate(3, "c", "block", brief="brief_2")]
    both = story("hello", "review", [*old, *new])
    files = {row.id: f"F0123456{row.number:03d}" for row in (*old, *new)}
    shown = str(review_blocks(both, new, files, Gallery.CAROUSEL))
    assert "Approve 2" in shown
    assert "Approve 3" not in shown
    assert "Approve 1" not in str(review_blocks(both, old, files, Gallery.CAROUSEL))


@pytest.mark.parametrize("text", TEXTS)
def test_outcomes_in_every_state_are_taken(text):
    states = ["planned", "publishing", "published", "failed", "needs_confirmation", "missed", "cancelled", "taken_down"]
    rows = [publication(state, text, number, text, "https://x.com/1") for number, state in enumerate(states)]
    check_message(outcome_blocks(rows))
    check_message(outcome_blocks(rows * 8))


def test_only_web_addresses_are_linked():
    [block, *_] = outcome_blocks([publication("published", "a", url="javascript:alert(1)")])
    assert "javascript" not in str(block)


@pytest.mark.parametrize("text", TEXTS)
def test_forms_are_taken(text):
    form = ComposeForm(text[:40_000], (("x", "main"), ("linkedin", "outbox")), "C1", guidance=3.5, negative=("rain",))
    choices = Choices([*form.targets, ("x", "second")], ["doodle", "mega"], 4, "doodle")
    check_form(compose_view(form, choices, source="command:1", notice="no words", ask_where=True))
    check_form(words_view(form, "form:V1"))
    check_form(edit_view(story(text, options=PostOptions(alt_text=text[:900]).to_dict())))
    check_form(move_view(publication("planned", text)))


@pytest.mark.parametrize("text", TEXTS)
def test_previews_are_taken_and_show_the_text_as_it_is(text):
    batch = [candidate(number, text) for number in range(1, 11)]
    pictures = tuple((row.picture, text[:900]) for row in batch)
    plans = [Planned(network, "main", text[:2_900], pictures) for network in ("x", "linkedin")]
    files = {row.picture: f"F0123456{row.number:03d}" for row in batch}
    wish = Wish(tuple(range(1, 11)), "together", "now", 0)
    view = preview_view(story(text, "review", batch), plans, ["Costs nothing."] * 2, wish, files)
    check_form(view)
    assert {"type": "plain_text", "text": harmless(text[:2_900]) or " ", "emoji": False} in [
        block.get("text") for block in view["blocks"]
    ]
    check_form(preview_view(story(text, "review", batch), [], [], wish, files, text))


def test_a_brand_is_taken_and_shown_as_it_is_written():
    full = Brand("s" * 200, ("teal", HOSTILE), (HOSTILE,) * 30, HOSTILE, "openai:dall-e")
    for brand in (Brand(), full):
        check_form(brand_view(brand, ["doodle", "openai"], "C1", editable=True))
        shown = brand_view(brand, ["doodle"], "", editable=False)
        check_form(shown)
        assert not any("<!channel>" in text for text in mrkdwn_in(shown))


def test_rules_are_taken():
    for rules in (Rules(), Rules(("UR",), ("UA", "UB"), ("UB",), True, ("UT",))):
        check_form(rules_view(rules, "C1", editable=True))
        check_form(rules_view(rules, "", editable=False))


@pytest.mark.parametrize("text", TEXTS)
def test_a_full_home_is_taken(text):
    posts = [post(text, "review") for _ in range(30)]
    rows = [publication(state, text, number, text[:400]) for number, state in enumerate(["planned", "failed"] * 20)]
    account = AccountRow(id="account_1", network="x", name="main", state="paused", notice=text[:400], expires_at=NOW)
    for accounts, is_admin in (([account] * 6, True), ([], True), ([account], False)):
        story = HomeStory(
            posts, posts, rows, rows, rows, accounts, {}, {}, {"post_0123456789ab": "https://a.slack.com/archives/C1"},
            {"post_0123456789ab": "post_0123456789ab:2:1"}, {"post_0123456789ab"}, is_admin, "Europe/Madrid",
        )  # fmt: skip
        check_form(home_view(story))
        assert not any("<!channel>" in marked for marked in mrkdwn_in(home_view(story)))
    check_form(home_view(HomeStory([], [], [], [], [], [], {}, {}, {}, {}, (), False, "UTC")))


def test_words_are_made_harmless():
    assert harmless("a\u200bb\u202ec") == "abc"
    assert "<" not in escaped("<!here>")
    assert escaped("post_0123_4") == "post_0123_4"
    assert "*x*" not in escaped("*x*")


def test_verdicts_in_words():
    assert verdict_words("picture", [VERDICT]) == "picture: fine 0.02"
    insult = {**VERDICT, "decision": "review", "category": "harassment", "scores": {"harassment": 0.71}}
    assert verdict_words("text", [VERDICT, insult]) == "text: harassment 0.71, needs a second look"
    assert verdict_words("text", []) == "text: nobody looked, needs a second look"


def test_an_articles_address_is_kept_with_what_the_post_asks_for():
    form = ComposeForm("read this", (("x", "main"),), "C1", article="https://example.org/story")
    assert form.options.article == "https://example.org/story"
    assert ComposeForm.from_dict(form.to_dict()) == form
