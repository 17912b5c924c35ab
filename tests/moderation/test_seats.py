import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from moderation import Decision, Moderators, Policy, decide
from moderation.verdicts import Finding


class Scripted:
    """A moderator that does what the test says."""

    version = "1"
    categories = ("hate", "sexual")

    def __init__(self, act: Callable[[str], Sequence[Finding]]) -> None:
        self._act = act

    def examine(self, text: str, /) -> Sequence[Finding]:
        return self._act(text)


def moderators(act: Callable[[str], Sequence[Finding]], **limits: float) -> Moderators:
    policy = replace(Policy.load(), text=("rules",), **limits)
    return Moderators(policy, text={"rules": lambda policy: Scripted(act)})


def test_a_moderator_that_fails_counts_as_review_and_says_why() -> None:
    def fail(text: str) -> Sequence[Finding]:
        raise RuntimeError("the model\nis broken")

    (verdict,) = moderators(fail).judge_text("hello")
    assert verdict.decision is Decision.REVIEW
    assert "RuntimeError: the model is broken" in verdict.reason


def test_a_moderator_that_hangs_counts_as_review_and_is_not_asked_again_until_it_is_back() -> None:
    release, asked = threading.Event(), []

    def hang(text: str) -> Sequence[Finding]:
        asked.append(text)
        release.wait(30)
        return []

    panel = moderators(hang, time_limit_seconds=0.05)
    (first,) = panel.judge_text("one")
    (second,) = panel.judge_text("two")
    assert first.decision is second.decision is Decision.REVIEW
    assert "took longer than 0.05 s" in first.reason
    assert "has not come back" in second.reason
    assert asked == ["one"]
    release.set()
    while panel.judge_text("three")[0].decision is not Decision.ALLOW:
        pass
    assert asked[-1] == "three"


def test_a_moderator_that_cannot_load_counts_as_review_every_time() -> None:
    def broken(policy: Policy) -> Scripted:
        raise ModuleNotFoundError("No module named 'torch'")

    policy = replace(Policy.load(), text=("detoxify",))
    panel = Moderators(policy, text={"detoxify": broken})
    for _ in range(2):
        (verdict,) = panel.judge_text("hello")
        assert verdict.decision is Decision.REVIEW
        assert "No module named 'torch'" in verdict.reason


def test_a_moderator_that_the_policy_names_but_nobody_has_counts_as_review() -> None:
    policy = replace(Policy.load(), pictures=("nudenet",))
    from PIL import Image

    (verdict,) = Moderators(policy).judge_picture(Image.new("RGB", (64, 64)))
    assert verdict.decision is Decision.REVIEW


def test_a_moderator_loads_once_and_only_when_asked() -> None:
    made = []

    def make(policy: Policy) -> Scripted:
        made.append(policy)
        return Scripted(lambda text: [])

    panel = Moderators(replace(Policy.load(), text=("rules",)), text={"rules": make})
    assert not made
    threads = [threading.Thread(target=panel.judge_text, args=("hello",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_the_verdict_names_the_finding_that_led_furthest() -> None:
    findings = [
        Finding("hate", 0.6, "a little", (0, 4)),
        Finding("sexual", 0.95, "a lot", (5, 9)),
        Finding("sexual", 0.2, "hardly"),
    ]
    (verdict,) = moderators(lambda text: findings).judge_text("some text", where="alt text")
    assert verdict.decision is Decision.BLOCK
    assert (verdict.category, verdict.reason, verdict.span, verdict.where) == ("sexual", "a lot", (5, 9), "alt text")
    assert verdict.scores == {"hate": 0.6, "sexual": 0.95}


def test_nothing_found_is_allowed() -> None:
    verdicts = moderators(lambda text: []).judge_text("hello", network=["x", "linkedin"])
    assert decide(verdicts) is Decision.ALLOW
    assert verdicts[0].scores == {"hate": 0.0, "sexual": 0.0}


def test_a_moderator_that_was_slow_to_load_is_tried_again() -> None:
    release = threading.Event()

    def slow(policy: Policy) -> Scripted:
        release.wait(30)
        return Scripted(lambda text: [])

    panel = Moderators(replace(Policy.load(), text=("rules",), load_limit_seconds=0.05), text={"rules": slow})
    assert "longer than 0.05 s loading" in panel.judge_text("one")[0].reason
    assert "has not come back" in panel.judge_text("two")[0].reason
    release.set()
    while panel.judge_text("three")[0].decision is not Decision.ALLOW:
        pass
