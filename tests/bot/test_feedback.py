"""What people decide over the verdicts is counted, and a rejected picture is known again."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bot.errors import Misuse
from bot.pipeline.audience import Audience
from bot.pipeline.feedback import overrides
from bot.pipeline.planning import plan
from bot.pipeline.review import approve as approve_picks
from bot.pipeline.rewriting import edit, rewrite
from bot.records import PostState
from bot.records.options import PostOptions
from bot.records.values import Drawn
from moderation import Decision, Policy, fingerprint
from moderation.feedback import calibrate


def picture(seed):
    noise = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    return Image.fromarray(noise).resize((300, 300), Image.Resampling.BICUBIC)


def verdict(score):
    decision = "review" if score >= 0.5 else "allow"
    return {"moderator": "open-nsfw", "decision": decision, "category": "", "scores": {"sexual": score}, "reason": ""}


@pytest.fixture
def review(studio):
    """A post in review with a candidate for each score; its id."""

    def review(*scores):
        records = studio.records
        post = records.create_post("ana", "hello", ["x"], None, "UTC")
        records.move_post(post.id, PostState.PREPARING, "ana", "preparing", expected=PostState.DRAFTED)
        texts = dict.fromkeys(("draft", "normalized", "prompt", "alt_text"), "a rocket")
        brief = records.add_brief(post.id, {**texts, "negative": [], "spans": [], "notices": []}, [])
        drawn = [
            Drawn(
                seed=seed,
                score=0.5,
                model="doodle",
                revision="r1",
                settings={},
                picture=studio.pictures.add(picture(seed)),
                verdicts=[verdict(score)],
                fingerprint=f"{fingerprint(picture(seed)):016x}",
            )
            for seed, score in enumerate(scores)
        ]
        records.add_candidates(post.id, brief.id, drawn)
        records.move_post(post.id, PostState.REVIEW, "easel", "ready", expected=PostState.PREPARING)
        return post.id

    return review


def decide(studio, post_id, approved, person="ana"):
    if approved:
        candidates = studio.records.candidates(post_id)[:1]
        studio.records.approve(post_id, plan(studio, studio.records.post(post_id), candidates), person, "yes")
    else:
        studio.records.move_post(post_id, PostState.REJECTED, person, "no", expected=PostState.REVIEW)


def test_what_was_approved_and_rejected_counts_and_what_nobody_decided_does_not(studio, review):
    decide(studio, review(0.6, 0.7), approved=True)
    decide(studio, review(0.1), approved=False)
    decide(studio, review(0.2), approved=False, person="easel")
    review(0.3)
    unseen = review(0.4)
    approve_picks(studio, unseen, studio.records.candidates(unseen), "ana", unseen=True)
    counted = sorted((item.score, item.decision, item.approved) for item in overrides(studio.records))
    assert counted == [(0.1, Decision.ALLOW, False), (0.6, Decision.REVIEW, True)]


def test_the_commands_report_and_propose_and_write_only_what_was_confirmed(studio, review, easel_here, home):
    assert "Nobody has" in easel_here("moderation", "report").stdout
    assert "Nothing to propose" in easel_here("moderation", "calibrate").stdout
    for score in [0.55, 0.6, 0.65] * 5:
        decide(studio, review(score), approved=True)
    for score in [0.8, 0.9] * 5:
        decide(studio, review(score), approved=False)
    [told] = map(json.loads, easel_here("moderation", "report", "--json").stdout.splitlines())
    assert (told["moderator"], told["judged"], told["reviews"], told["approved_reviews"]) == ("open-nsfw", 25, 25, 15)
    shown = easel_here("moderation", "calibrate").stdout
    assert "open-nsfw, sexual: review 0.5 -> 0.8" in shown
    assert "of 25 decisions 10 were rejections" in shown
    assert not (home / "moderation.toml").exists()
    assert easel_here("moderation", "calibrate", "--apply", "--yes").returncode == 0
    policy = Policy.load(home / "moderation.toml")
    assert policy.thresholds("open-nsfw", "sexual").review == 0.8
    assert policy.thresholds("meaning", "hate") == Policy.load().thresholds("meaning", "hate")
    assert "# Yahoo's own advice" in (home / "moderation.toml").read_text(encoding="utf-8")
    judged = json.loads(easel_here("moderate", "--json", "Kill yourself.").stdout)
    assert judged["decision"] == "block"  # the lists are found beside the shipped policy


def test_a_picture_like_a_rejected_one_is_shown_to_a_person(studio, review):
    decide(studio, review(0.1), approved=False)
    decide(studio, review(0.1, 0.1), approved=True)
    audience = Audience(("x",))
    found = [item for item in audience.judge_picture(studio, picture(0).resize((200, 200))) if item.category]
    assert [(item.moderator, item.decision, item.category) for item in found] == [
        ("rejected-before", Decision.REVIEW, "near-duplicate")
    ]
    assert "which was rejected" in found[0].reason
    assert all(item.decision is Decision.ALLOW for item in audience.judge_picture(studio, picture(7)))


@pytest.mark.parametrize("scope", ["accounts.outbox", 'channels."#jobs"'])
def test_an_accounts_and_a_channels_own_policy_holds_for_its_posts(studio, approve, scope, monkeypatch):
    [row] = approve("hello")
    monkeypatch.setattr(type(studio.records), "channel_of", lambda self, post_id: "#jobs")
    edit(studio, row.post_id, "ana", "what the hell")
    text = Policy.load().path.read_text(encoding="utf-8")
    text += f"\n[{scope}]\nprofanity = {{ review = 0.1, block = 0.1 }}\n"
    (studio.settings.home / "moderation.toml").write_text(text, encoding="utf-8")
    del studio.moderators
    with pytest.raises(Misuse, match="stopped by moderation"):
        edit(studio, row.post_id, "ana", "what the hell")


def test_an_alt_text_is_checked_like_any_text_and_voids_the_approval(studio, approve, easel_here):
    [row] = approve("hello", networks=("x", "linkedin"))[:1]
    options = PostOptions.from_dict(studio.records.post(row.post_id).options)
    with pytest.raises(Misuse, match="alt text was stopped"):
        rewrite(studio, row.post_id, "ana", options=replace(options, alt_text="Kill yourself."))
    with pytest.raises(Misuse, match="1,000"):
        rewrite(studio, row.post_id, "ana", options=replace(options, alt_text="word " * 300))
    assert studio.records.post(row.post_id).state == "approved"
    assert easel_here("edit", row.post_id, "--alt", "A rocket over the sea.").returncode == 0
    post = studio.records.post(row.post_id)
    assert (post.state, post.draft) == ("review", "hello")
    plans = plan(studio, post, studio.records.candidates(post.id))
    assert {alt for item in plans for _, alt in item.pictures} == {"A rocket over the sea."}


def test_pictures_always_have_an_alt_text(studio, approve):
    [row] = approve("hello")
    with studio.records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE briefs SET body = json_set(body, '$.alt_text', '')")
    studio.records.edit_post(row.post_id, "ana", "again", draft="hello")
    [item] = plan(studio, studio.records.post(row.post_id), studio.records.candidates(row.post_id))
    assert item.pictures[0][1] == "An illustration: a rocket."


def test_too_few_decisions_propose_nothing(studio, review):
    decide(studio, review(0.6), approved=True)
    assert calibrate(overrides(studio.records), {}) == []
