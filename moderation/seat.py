"""One moderator's seat: loads it once, limits its time, and turns whatever happens into a verdict."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar

from moderation.policy import Policy
from moderation.verdicts import Decision, Finding, Thresholds, Verdict

Result = TypeVar("Result")
Subject_contra = TypeVar("Subject_contra", contravariant=True)
Subject = TypeVar("Subject")


class Moderator(Protocol[Subject_contra]):
    """Anything that can look at a subject (a text, a picture) and say what it found."""

    version: str
    categories: tuple[str, ...]

    def examine(self, subject: Subject_contra, /) -> Sequence[Finding]:
        """Everything noticed in `subject`; nothing noticed in a category means a score of 0."""


class Seat(Generic[Subject]):
    """Holds a moderator by name; it is made at the first verdict that is asked of it.

    A moderator that cannot be loaded, fails, or takes longer than the policy allows gives the verdict *review*. Python
    cannot stop a thread, so one that overran is left to end by itself; until it has, the seat answers *review* at once
    and starts no other.
    """

    def __init__(self, name: str, policy: Policy, make: Callable[[Policy], Moderator[Subject]]) -> None:
        self.name = name
        self._policy = policy
        self._make = make
        self._lock = threading.Lock()
        self._moderator: Moderator[Subject] | None = None
        self._overrun: Future[Any] | None = None
        self._unusable = ""

    def verdict(self, subject: Subject, where: str, thresholds: Callable[[str, str], Thresholds]) -> Verdict:
        """The moderator's verdict on `subject`.

        Args:
            subject: a text or a picture.
            where: what the subject is, for the record.
            thresholds: (moderator, category) -> the thresholds to apply.
        """
        started = time.perf_counter()
        problem, findings = self._examine(subject)
        seconds = time.perf_counter() - started
        version = self._moderator.version if self._moderator else ""
        if problem:
            return Verdict(self.name, version, where, {}, {}, Decision.REVIEW, problem, seconds=seconds)
        assert self._moderator is not None
        return judge(self.name, self._moderator, findings, where, thresholds, seconds)

    def _examine(self, subject: Subject) -> tuple[str, Sequence[Finding]]:
        """A problem in words ("" if none) and what was found."""
        if self._overrun and not self._overrun.done():
            return "has not come back from an earlier look; a person must look instead", ()
        with self._lock:
            problem = self._load()
        if problem or self._moderator is None:
            return problem, ()
        moderator = self._moderator
        future = in_background(lambda: moderator.examine(subject))
        return self._await(future, self._policy.time_limit_seconds, "looking")

    def _load(self) -> str:
        if self._moderator or self._unusable:
            return self._unusable
        future = in_background(lambda: self._make(self._policy))
        problem, moderator = self._await(future, self._policy.load_limit_seconds, "loading")
        if not problem:
            self._moderator = moderator
        elif future.done():
            self._unusable = problem  # what failed will fail again; what was slow may be tried again
        return problem

    def _await(self, future: Future[Any], limit: float, doing: str) -> tuple[str, Any]:
        try:
            error = future.exception(timeout=limit)
        except TimeoutError:
            self._overrun = future
            return f"took longer than {limit:g} s {doing}; a person must look instead", ()
        if error:
            return f"failed while {doing} ({one_line(error)}); a person must look instead", ()
        return "", future.result()


def judge(
    name: str,
    moderator: Moderator[Any],
    findings: Sequence[Finding],
    where: str,
    thresholds: Callable[[str, str], Thresholds],
    seconds: float,
) -> Verdict:
    """Compare `findings` with the thresholds that apply; the finding furthest into the strictest decision is named."""
    scores = dict.fromkeys(moderator.categories, 0.0)
    for finding in findings:
        scores[finding.category] = max(scores.get(finding.category, 0.0), finding.score)
    applied = {category: thresholds(name, category) for category in scores}
    worst = max(findings, key=lambda f: (applied[f.category].judge(f.score), f.score), default=None)
    decision = applied[worst.category].judge(worst.score) if worst else Decision.ALLOW
    if worst is None or decision is Decision.ALLOW:
        return Verdict(
            name, moderator.version, where, scores, applied, Decision.ALLOW, "nothing found", seconds=seconds
        )
    return Verdict(
        moderator=name,
        version=moderator.version,
        where=where,
        scores=scores,
        thresholds=applied,
        decision=decision,
        reason=worst.reason,
        category=worst.category,
        span=worst.span,
        box=worst.box,
        seconds=seconds,
    )


def in_background(call: Callable[[], Result]) -> Future[Result]:
    """Start `call` on a daemon thread, so that one that never ends does not keep the process alive."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - kept in the future and told in the verdict
            future.set_exception(error)

    threading.Thread(target=run, name="moderator", daemon=True).start()
    return future


def one_line(error: BaseException) -> str:
    """An error of any kind as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
