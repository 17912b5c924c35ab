"""Preparing a post: draft to brief to candidates with verdicts, told stage by stage to whoever looks on."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.errors import EaselError
from bot.pipeline.audience import Audience
from bot.pipeline.improving import improved
from bot.pipeline.judging import block_reason, judge_texts
from bot.pipeline.learning import learn
from bot.pipeline.review import UNSHOWN
from bot.pipeline.rivals import MARK, shares
from bot.pipeline.understanding import understand
from bot.pipeline.wishes import as_wished, with_prompt
from bot.records import PostState
from bot.records.options import PostOptions
from bot.records.tables import BriefRow, CandidateRow, Post
from bot.records.values import EASEL, Drawn

if TYPE_CHECKING:
    from PIL.Image import Image

    from bot.pipeline.studio import Painter, Studio
    from generation.generators import Candidate
    from generation.generators import Generator as ImageGenerator
    from generation.prompting import Brief
    from moderation import Verdict

LARGEST_UPSCALED = 512
"""Pixels a side of the largest pictures that are upscaled; what servers draw is larger."""


@dataclass(frozen=True)
class Understood:
    """The brief is written and its texts are judged."""

    brief: Brief
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Blocked:
    """A text was refused before anything was drawn."""

    reason: str


@dataclass(frozen=True)
class Drawing:
    """The pictures so far, after `step` of `steps` codes."""

    step: int
    steps: int
    images: Sequence[Image]


@dataclass(frozen=True)
class Checking:
    """All pictures are drawn and upscaled, and are being looked at by the moderators."""

    images: Sequence[Image]


@dataclass(frozen=True)
class Ready:
    """The candidates are kept and wait for review."""

    candidates: list[CandidateRow]


Stage = Understood | Blocked | Drawing | Checking | Ready


def prepare(
    studio: Studio,
    post: Post,
    *,
    seeds: Sequence[int],
    person: str,
    prompt: str | None = None,
    previews: int = 0,
) -> Generator[Stage]:
    """Take a post from a draft (or from a review that asked for more) to candidates in review.

    `prompt` replaces the prompt of the brief; so many `previews` of the growing pictures come on the way. Whatever
    ends the preparation early, an error, a cancellation, a person who leaves, moves the post to `failed` with the
    reason; it can be prepared again from there.
    """
    begun = True
    try:
        try:
            studio.records.move_post(post.id, PostState.PREPARING, person, "preparing", expected=PostState(post.state))
        except Exception:
            begun = False  # somebody else was first; a Ctrl-C, which is no Exception, may come after it was moved
            raise
        yield from stages(studio, post, seeds, person, prompt, previews)
    except BaseException as error:
        if begun and studio.records.post(post.id).state == PostState.PREPARING:  # else it was ready, or is another's
            why = str(error) or type(error).__name__
            studio.records.move_post(post.id, PostState.FAILED, person, why, expected=PostState.PREPARING)
        raise


def stages(
    studio: Studio, post: Post, seeds: Sequence[int], person: str, prompt: str | None, previews: int
) -> Iterator[Stage]:
    """The stages of `prepare`, without its care for failures."""
    options = PostOptions.from_dict(post.options)
    before = understand(studio, post)
    brief = as_wished(before, options, post.requested_by)
    if prompt is not None:
        brief = with_prompt(brief, prompt, person)
    row, verdicts = keep(studio, post, brief)
    yield Understood(brief, verdicts)

    if blocked := stopped(studio, post, verdicts):
        yield blocked
        return
    if brief.prompt != before.prompt:
        learn(studio.records, post.id, brief.writer, before, brief)

    chosen = studio.generator_for(options.model)
    painter = studio.painter_of(chosen)
    final = improved(studio.settings, painter.model, brief, seeds[0]) if options.improve else brief
    if unread := painter.model.unread(final.prompt):
        notice = f"The prompt is too long for the model, which does not read its end: {unread!r}."
        final = replace(final, notices=(*final.notices, notice))
    if final != brief:
        brief = final
        row, verdicts = keep(studio, post, brief)
        yield Understood(brief, verdicts)
        if blocked := stopped(studio, post, verdicts):
            yield blocked
            return
    drawn = yield from draw_shares(studio, post, brief, seeds, chosen, previews)
    factors = [upscaling(candidate.image, studio.settings.upscale) for candidate in drawn]
    images = upscaled(painter, [candidate.image for candidate in drawn], factors)
    yield Checking(images)

    audience = Audience.of(studio, post)
    doubts = painter.model.unshown([candidate.image for candidate in drawn], brief.alt_text)
    mark = {} if chosen or not studio.settings.rival else {MARK: [studio.settings.model, studio.settings.rival]}
    finished = [
        judged(studio, audience, candidate, image, {"upscale": factor, **doubted(doubt), **mark})
        for candidate, image, factor, doubt in zip(drawn, images, factors, doubts, strict=True)
    ]
    candidates = studio.records.add_candidates(post.id, row.id, finished)
    studio.records.move_post(post.id, PostState.REVIEW, EASEL, "candidates are ready", expected=PostState.PREPARING)
    yield Ready(candidates)


def draw_shares(
    studio: Studio, post: Post, brief: Brief, seeds: Sequence[int], chosen: str, previews: int
) -> Generator[Stage, None, list[Candidate]]:
    """Previews on the way, then the candidates in the order of their seeds, by whichever models draw them.

    Raises:
        EaselError: if no model gave any.
    """
    guidance = PostOptions.from_dict(post.options).guidance
    drawn: list[Candidate] = []
    for name, share in shares(studio.settings, post.id, seeds, chosen).items():
        for event in draw(studio.painter_of(name).model, brief, share, previews, guidance):
            if isinstance(event, list):
                drawn += event
            else:
                yield event
    if not drawn:
        raise EaselError("The model gave no pictures back. Try again, or another model.")
    return sorted(drawn, key=lambda candidate: seeds.index(candidate.seed))  # their order tells nobody who drew which


def judged(studio: Studio, audience: Audience, candidate: Candidate, image: Image, more: Mapping[str, Any]) -> Drawn:
    """A finished candidate, kept as a file, with the verdicts on it; `more` goes to how it was drawn."""
    from moderation import fingerprint

    return Drawn(
        seed=candidate.seed,
        score=candidate.score,
        model=candidate.model,
        revision=candidate.revision,
        settings={**how_drawn(candidate, studio.settings.weights), **more},
        picture=studio.pictures.add(image),
        fingerprint=f"{fingerprint(image):016x}",
        verdicts=[verdict.to_dict() for verdict in audience.judge_picture(studio, image)],
    )


def doubted(things: Sequence[str]) -> dict[str, list[str]]:
    """What the alt text names and the picture may not show, to be kept with the candidate; see `review.doubts`."""
    return {UNSHOWN: list(things)} if things else {}


def how_drawn(candidate: Candidate, weights: str) -> dict[str, Any]:
    """What changes the picture of a seed and a revision; nothing is known of how a server draws."""
    return {**asdict(candidate.settings), "weights": weights} if candidate.settings else {}


def upscaled(painter: Painter, images: Sequence[Image], factors: Sequence[int]) -> list[Image]:
    """Pictures made larger, those of one size and factor together; their order is kept."""
    groups: dict[tuple[tuple[int, int], int], list[int]] = {}
    for index, (image, factor) in enumerate(zip(images, factors, strict=True)):
        groups.setdefault((image.size, factor), []).append(index)
    found = list(images)
    for (_, factor), indices in groups.items():
        if factor > 1:
            larger = painter.upscaler.upscale([images[index] for index in indices], factor)
            for index, image in zip(indices, larger, strict=True):
                found[index] = image
    return found


def keep(studio: Studio, post: Post, brief: Brief) -> tuple[BriefRow, tuple[Verdict, ...]]:
    """Record a brief of a post with the verdicts on its texts."""
    verdicts = judge_texts(studio, brief, Audience.of(studio, post), post.texts or {})
    row = studio.records.add_brief(post.id, brief.to_dict(), [verdict.to_dict() for verdict in verdicts])
    return row, verdicts


def stopped(studio: Studio, post: Post, verdicts: Sequence[Verdict]) -> Blocked | None:
    """The end of a post that the verdicts forbid to go on with; None for any other."""
    reason = block_reason(verdicts)
    if reason is None:
        return None
    studio.records.move_post(post.id, PostState.BLOCKED, EASEL, reason, expected=PostState.PREPARING)
    return Blocked(reason)


def upscaling(image: Image, wished: int) -> int:
    """How much larger a drawn picture is made: not at all where it is as large as small ones become."""
    return wished if max(image.size) <= LARGEST_UPSCALED else 1


def draw(
    model: ImageGenerator, brief: Brief, seeds: Sequence[int], previews: int, guidance: float | None = None
) -> Iterator[Any]:
    """Previews as `Drawing`, then the finished candidates as a list."""
    from generation.generators import DrawRequest

    negative = ", ".join(brief.negative)
    own = model.sampling
    sampling = None if guidance is None or own is None else replace(own, guidance_scale=guidance)
    requests = [DrawRequest(brief.prompt, seed, negative, sampling) for seed in seeds]
    for event in model.stream(requests, previews=previews):
        yield event if isinstance(event, list) else Drawing(event.step, event.steps, event.images)
