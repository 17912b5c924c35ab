import tomllib

from moderation import Decision, Thresholds
from moderation.feedback import Override, calibrate, report

NOW = Thresholds(0.5, 0.9)


def rows(scores: list[float], approved: bool, moderator: str = "meaning", category: str = "hate") -> list[Override]:
    return [Override(moderator, category, score, NOW.judge(score), approved) for score in scores]


def test_the_report_counts_disagreements_and_puts_the_worst_first() -> None:
    overrides = rows([0.95, 0.95, 0.6, 0.1], approved=True) + rows([0.1], approved=False)
    overrides += rows([0.1] * 10, approved=True, moderator="rules")
    worst, best = report(overrides)
    assert (worst.moderator, worst.judged, worst.stopped_wrongly, worst.let_through) == ("meaning", 5, 2, 1)
    assert (worst.reviews, worst.approved_reviews) == (1, 1)
    assert worst.to_dict()["disagreement"] == 0.6
    assert (best.moderator, best.disagreement) == ("rules", 0)


def test_no_overrides_is_an_empty_report() -> None:
    assert report([]) == []


def test_a_threshold_that_shows_too_much_is_raised_to_what_people_reject() -> None:
    overrides = rows([0.52, 0.55, 0.6, 0.62, 0.65] * 6, approved=True) + rows([0.8, 0.85, 0.97] * 4, approved=False)
    (proposal,) = calibrate(overrides, {("meaning", "hate"): NOW})
    assert proposal.proposed.review == 0.8
    assert proposal.reviews_proposed < proposal.reviews_now
    assert proposal.missed_proposed == proposal.missed_now == 0
    assert (proposal.judged, proposal.rejected) == (42, 12)


def test_a_threshold_that_lets_bad_things_through_is_lowered() -> None:
    overrides = rows([0.1, 0.2] * 10, approved=True) + rows([0.3, 0.35, 0.4] * 4, approved=False)
    (proposal,) = calibrate(overrides, {("meaning", "hate"): NOW})
    assert proposal.proposed.review == 0.3
    assert (proposal.missed_now, proposal.missed_proposed) == (12, 0)


def test_a_moderator_that_cannot_tell_good_from_bad_is_left_as_it_is() -> None:
    overrides = rows([0.2, 0.3] * 10, approved=True) + rows([0.1, 0.2, 0.3] * 4, approved=False)
    assert calibrate(overrides, {("meaning", "hate"): Thresholds(0.5, 1.1)}) == []


def test_thresholds_are_the_right_way_round_and_ready_for_the_policy_file() -> None:
    overrides = rows([0.2, 0.4] * 10, approved=True) + rows([0.6, 0.99] * 10, approved=False)
    (proposal,) = calibrate(overrides, {("meaning", "hate"): NOW})
    assert proposal.proposed.review <= proposal.proposed.block
    written = tomllib.loads(proposal.to_toml())["thresholds"]["meaning"]["hate"]
    assert (written["review"], written["block"]) == proposal.proposed


def test_few_or_one_sided_judgements_justify_nothing() -> None:
    thresholds = {("meaning", "hate"): NOW}
    assert calibrate(rows([0.6] * 5, approved=True) + rows([0.9] * 5, approved=False), thresholds) == []
    assert calibrate(rows([0.6] * 100, approved=True), thresholds) == []
    assert calibrate(rows([0.6] * 20, approved=True) + rows([0.9] * 20, approved=False), {}) == []


def test_a_moderator_kept_from_blocking_is_not_made_to_block() -> None:
    overrides = rows([0.2, 0.55] * 10, approved=True) + rows([0.7, 0.99] * 10, approved=False)
    (proposal,) = calibrate(overrides, {("meaning", "hate"): Thresholds(0.5, 1.1)})
    assert proposal.proposed.block == 1.1


def test_a_review_is_never_a_disagreement() -> None:
    assert not Override("rules", "hate", 0.6, Decision.REVIEW, approved=True).disagrees
    assert not Override("rules", "hate", 0.6, Decision.REVIEW, approved=False).disagrees
