"""Nothing goes out unseen unless an admin named who is trusted, and every score is as good as nothing."""

import pytest

from bot.records.tables import AuditRow, BriefRow, CandidateRow, DrawingRow, Post
from bot.roles import Rules
from bot.slack.story import Story
from bot.slack.trusting import trusted_pick

TRUSTING = Rules(trusted=("UR",), trusted_score=0.05)


def verdict(score=0.01, decision="allow"):
    return {"moderator": "eyes", "decision": decision, "reason": "", "category": "", "scores": {"sexual": score}}


def story(text=None, pictures=None, person="slack:UR", drawing=None, state="review", batches=1):
    pictures = pictures or [verdict()]
    rows = [
        CandidateRow(id=f"c{n}", number=n, brief_id=f"b{n}", score=1.0, verdicts=pictures)
        for n in range(1, batches + 1)
    ]
    audit = [AuditRow(id=1, from_state=None, to_state="drafted", person=person, why="created")]
    post = Post(id="post_0123456789ab", requested_by=person, state=state)
    return Story(post, BriefRow(verdicts=[text or verdict()]), rows, [], audit, drawing, 0, 1)


def test_a_spotless_post_of_a_trusted_person_is_picked():
    assert trusted_pick(story(), TRUSTING).id == "c1"


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        (story(), Rules()),
        (story(), Rules(trusted=("UR",), two_people=True)),
        (story(person="slack:UX"), TRUSTING),
        (story(person="cli:ana"), TRUSTING),
        (story(text=verdict(0.06)), TRUSTING),
        (story(text=verdict(0.01, "review")), TRUSTING),
        (story(pictures=[verdict(0.05)]), TRUSTING),
        (story(pictures=[verdict(), verdict(0.0, "review")]), TRUSTING),
        (story(state="failed"), TRUSTING),
        (story(batches=2), TRUSTING),
        (story(drawing=DrawingRow(post_id="post_0123456789ab")), TRUSTING),
    ],
)
def test_everything_else_waits_for_a_person(told, rules):
    assert trusted_pick(told, rules) is None
