"""One post in one terminal: shown as it comes, asked about, decided, published."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from bot.cli.interrupt import stop_if_pressed
from bot.pipeline.seeds import first_seeds

if TYPE_CHECKING:
    from rich.console import Console

    from bot.pipeline.studio import Studio
    from bot.records.tables import CandidateRow, Post, PublicationRow
    from bot.sheet import Shown

PREVIEWS = 5
"""Looks at the growing pictures on the way; each costs a decode of their pixels, so nobody's log pays for them."""


@dataclass(frozen=True)
class Answers:
    """What the options already say, so that nobody is asked: `approve` is "", "best" or numbers like "1,3"."""

    approve: str
    yes: bool
    json: bool
    carousel: bool = False

    @property
    def may_ask(self) -> bool:
        """Whether a person sits at the terminal and wants to be asked."""
        return not (self.yes or self.approve or self.json) and sys.stdin.isatty() and sys.stdout.isatty()


class Session:
    """One post in one terminal, from its state on to a decision."""

    def __init__(self, studio: Studio, post_id: str, answers: Answers) -> None:
        self.studio = studio
        self.post_id = post_id
        self.answers = answers
        self.drawn_now = False

    @property
    def console(self) -> Console:
        """Where a person looks; with --json that is standard error, so that standard output stays for scripts."""
        from rich.console import Console

        return Console(stderr=self.answers.json, highlight=False)

    def run(self, seeds: list[int], prompt: str | None = None) -> None:
        """Prepare the post and go on to the decision."""
        from bot.cli.screen import follow
        from bot.errors import EaselError
        from bot.pipeline.prepare import prepare

        console = self.console
        self.drawn_now = True
        stages = prepare(
            self.studio,
            self.load(),
            seeds=seeds,
            person=person(),
            prompt=prompt,
            previews=PREVIEWS if console.is_terminal else 0,
        )
        try:
            candidates = follow(stages, console)
        except KeyboardInterrupt:
            stages.close()
            raise EaselError(
                f"Stopped. The draft is kept as {self.post_id}; go on with `easel review {self.post_id}`."
            ) from None
        if candidates is None:
            self.finish([], [])
            raise typer.Exit(1)
        self.decide(len(seeds))

    def resume(self, seeds: list[int], *, anew: bool) -> None:
        """Go on from wherever the post stands; `anew` where its process was killed while it prepared the post."""
        from bot.errors import Refused
        from bot.records import PostState

        state = self.load().state
        if state == PostState.PREPARING and self.studio.records.drawing(self.post_id) is None:
            if not anew:
                raise Refused(
                    f"{self.post_id} is being prepared. If the process that did so is gone (killed, or the machine was "
                    f"switched off), begin again with `easel review {self.post_id} --anew`."
                )
            why = "begun anew; the process that prepared it is gone"
            self.studio.records.move_post(self.post_id, PostState.FAILED, person(), why, expected=PostState.PREPARING)
            state = PostState.FAILED
        if state in (PostState.DRAFTED, PostState.FAILED):
            self.run(seeds)
        elif state == PostState.REVIEW:
            self.decide(len(seeds))
        else:
            raise Refused(f"{self.post_id} is {state}; only a post in review or one that failed can go on.")

    def load(self) -> Post:
        """The post as it is now."""
        return self.studio.records.post(self.post_id)

    def decide(self, count: int) -> None:
        """Show the candidates and carry out what the person, or the options, say."""
        from bot.cli.screen import candidates_table
        from bot.pipeline.review import best_of

        candidates = self.studio.records.candidates(self.post_id)
        best = best_of(candidates)
        shown = self.show([], [])
        self.console.print(candidates_table(candidates, best))
        self.console.print(f"[dim]Look at them: {shown.sheet}[/]", soft_wrap=True)
        if self.answers.may_ask:
            self.ask(candidates, best, count)
        else:
            self.approve(self.chosen(candidates, best))

    def chosen(self, candidates: list[CandidateRow], best: CandidateRow | None) -> list[CandidateRow]:
        """What --approve or --yes choose; nothing without either."""
        from bot.pipeline.review import is_clean

        numbers = parse_picks(self.answers.approve, [row.number for row in candidates])
        if numbers:
            return [row for row in candidates if row.number in numbers]
        asked = self.answers.approve == "best" or (self.answers.yes and best is not None and is_clean(best))
        return [best] if asked and best is not None else []

    def ask(self, candidates: list[CandidateRow], best: CandidateRow | None, count: int) -> None:
        """Ask until there is a decision."""
        from bot.errors import Misuse

        numbers = [row.number for row in candidates]
        self.console.print(
            "Approve [b]1[/] or [b]1,3[/] or [b]best[/] · [b]r[/]eject · [b]a[/]gain · [b]e[/]dit the prompt · "
            "[b]q[/]uit"
        )
        while True:
            answer = typer.prompt("Your choice", default="best" if best else "again").strip().lower()
            try:
                if answer in ("r", "reject"):
                    return self.reject()
                if answer in ("a", "again"):
                    return self.run_again(count)
                if answer in ("e", "edit"):
                    return self.edit(count)
                if answer in ("q", "quit"):
                    self.console.print(f"Kept for later: `easel review {self.post_id}`.")
                    return None
                picks = parse_picks(answer, numbers)
                return self.approve([row for row in candidates if row.number in picks] or ([best] if best else []))
            except Misuse as error:
                self.console.print(f"[yellow]{error}[/]")

    def edit(self, count: int) -> None:
        """Draw again from a prompt that the person wrote."""
        brief = self.studio.records.latest_brief(self.post_id)
        prompt = typer.prompt("Prompt", default=brief.body["prompt"] if brief else "").strip()
        self.run_again(count, prompt)

    def run_again(self, count: int, prompt: str | None = None) -> None:
        """Draw other pictures, where the person's quota allows it."""
        from bot.quota import refuse_over_quota

        refuse_over_quota(self.studio.records, self.studio.settings, person())
        self.run(first_seeds(None, count), prompt)

    def reject(self) -> None:
        """Record that nothing of this goes out."""
        from bot.pipeline.review import reject

        reject(self.studio, self.post_id, person())
        self.console.print("Rejected. Nothing was published.")
        self.finish([], [])

    def approve(self, picks: list[CandidateRow]) -> None:
        """Approve the picks and publish what is due; without picks the post stays in review."""
        from bot.cli.screen import publications_table
        from bot.errors import EaselError
        from bot.pipeline.publish import publish
        from bot.pipeline.review import approve
        from bot.records import PublicationState

        if not picks:
            self.console.print(f"Nothing approved. The post waits: `easel review {self.post_id}`.")
            self.finish([], [])
            return
        stop_if_pressed()
        self.tell_of_certificate()
        planned = approve(
            self.studio, self.post_id, picks, person(), carousel=self.answers.carousel, unseen=self.unseen
        )
        now = datetime.now(UTC)
        rows = [publish(self.studio, row.id) if row.due_at <= now else row for row in planned]
        self.console.print(publications_table(rows))
        self.finish(picks, rows)
        if failed := [row for row in rows if row.state == PublicationState.FAILED]:
            raise EaselError(f"{failed[0].network}: {failed[0].error}")

    @property
    def unseen(self) -> bool:
        """Whether nobody can have looked at what is approved; numbers may come from an earlier look."""
        return not self.answers.may_ask and (self.answers.approve in ("", "best") or self.drawn_now)

    def tell_of_certificate(self) -> None:
        """Say so once, when a certificate was made to sign with."""
        identity = self.studio.signer.identity
        if identity.is_new:
            self.console.print(
                f"[dim]Published pictures are signed with a certificate made just now, {identity.file}, which nobody "
                "else vouches for. docs/provenance.md says how to use your team's own.[/]",
                soft_wrap=True,
            )

    def finish(self, picks: Sequence[CandidateRow], publications: Sequence[PublicationRow]) -> None:
        """Write the last state of the page, say where it is, and end with the JSON object if asked."""
        from bot.cli.screen import report

        records = self.studio.records
        candidates = records.candidates(self.post_id)
        approved = [row.number for row in picks]
        shown = self.show(approved, publications) if candidates else None
        if shown and not self.answers.json:
            self.console.print(f"[dim]Sheet  {shown.sheet}\nPage   {shown.page}[/]", soft_wrap=True)
        if self.answers.json:
            files = [str(path) for path in shown.pictures] if shown else []
            sheet = str(shown.sheet) if shown else None
            brief = records.latest_brief(self.post_id)
            state = self.load().state
            print(report(self.post_id, state, brief, candidates, files, approved, publications, sheet))  # noqa: T201

    def show(self, approved: Sequence[int], publications: Sequence[PublicationRow]) -> Shown:
        """Write the sheet and the page."""
        from bot.sheet import show

        records = self.studio.records
        brief = records.latest_brief(self.post_id)
        assert brief is not None
        candidates = records.candidates(self.post_id)
        settings = self.studio.settings
        return show(settings.outbox, self.studio.pictures, self.load(), brief.body, candidates, publications, approved)


def parse_picks(text: str, numbers: Sequence[int]) -> list[int]:
    """The candidate numbers in `--approve`; empty for "best" and for nothing."""
    from bot.errors import Misuse

    if text in ("", "best"):
        return []
    try:
        picks = list(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise Misuse(f"--approve {text!r} is not understood: write 'best' or numbers such as 1,3.") from None
    for pick in picks:
        if pick not in numbers:
            raise Misuse(f"There is no candidate {pick}: choose from {numbers[0]} to {numbers[-1]}.")
    return picks


def person() -> str:
    """Who sits at this terminal, for the audit log."""
    import getpass

    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli:unknown"
