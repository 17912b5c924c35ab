"""`easel doctor`: is everything that a post needs on its way in order, and what to do where it is not.

Each check is a function that gives findings; none raises. Nothing is changed, but for what drawing would leave in the
cache folder, and nothing secret is shown.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import EaselError
from bot.findings import Finding, Health
from bot.pipeline.sweep import GONE_AFTER
from bot.records import PublicationState
from bot.records.states import ASKING

if TYPE_CHECKING:
    from bot.pipeline.studio import Studio

LEAST_FREE_BYTES = 1_000_000_000
"""A post takes about 3 MB (pictures, sheet, copies); with less than this free, hundreds of posts remain at most."""

LONG_LAG = timedelta(minutes=5)


def examine(studio: Studio) -> Iterator[Finding]:
    """All findings, the ones that others rest on first."""
    yield check_disk(studio)
    database = check_database(studio)
    yield database
    if database.health is Health.BROKEN:
        return
    for check in CHECKS:
        yield from check(studio)


def check_disk(studio: Studio) -> Finding:
    """There is room for pictures, and the home can be written to."""
    home = studio.settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home).free
    except OSError as error:
        return Finding("disk", Health.BROKEN, f"{home}: {error.strerror}. Set EASEL_HOME to a folder of your own.")
    if not os.access(home, os.W_OK):
        return Finding("disk", Health.BROKEN, f"{home} cannot be written to: change its owner or set EASEL_HOME.")
    if free < LEAST_FREE_BYTES:
        return Finding("disk", Health.WARNING, f"{home} has only {free / 1e6:,.0f} MB free: make room.")
    return Finding("disk", Health.GOOD, f"{home} has {free / 1e9:,.0f} GB free")


def check_database(studio: Studio) -> Finding:
    """The database opens with the newest schema."""
    try:
        url = studio.records.engine.url.render_as_string(hide_password=True)
        studio.records.count_publications()
    except EaselError as error:
        return Finding("database", Health.BROKEN, str(error))
    return Finding("database", Health.GOOD, url)


def check_workers(studio: Studio) -> Iterator[Finding]:
    """Somebody draws and publishes, as far as there is something to do."""
    known = studio.records.workers()
    alive = [worker for worker in known if worker.seen_at > datetime.now(UTC) - GONE_AFTER]
    for worker in known:
        if worker not in alive:
            told = f"{worker.name} was last seen {worker.seen_at:%Y-%m-%d %H:%M} UTC: start `easel serve` again."
            yield Finding("workers", Health.WARNING, told)
    served = {queue for worker in alive for queue in worker.queues}
    coming = studio.records.count_publications()
    if "publish" not in served and coming:
        told = f"nobody publishes, and {coming:,} publications wait: start `easel serve`."
        yield Finding("workers", Health.BROKEN, told)
    elif alive:
        yield Finding("workers", Health.GOOD, ", ".join(worker.name for worker in alive))
    else:
        yield Finding("workers", Health.GOOD, "none runs and nothing waits; `easel serve` publishes what is planned")


def check_queue(studio: Studio) -> Iterator[Finding]:
    """Nothing is late, and nothing waits for a person."""
    now = datetime.now(UTC)
    first = studio.records.planned((PublicationState.PLANNED,), limit=1)
    late = now - first[0].due_at if first else timedelta()
    if late > LONG_LAG:
        told = f"the oldest publication is {late.total_seconds() / 60:,.0f} minutes late: see `easel queue`."
        yield Finding("queue", Health.WARNING, told)
    else:
        yield Finding("queue", Health.GOOD, f"{studio.records.count_publications():,} publications planned, none late")
    if asking := studio.records.count_publications(ASKING):
        yield Finding("queue", Health.WARNING, f"{asking:,} publications wait for a decision: see `easel queue`.")


def check_accounts(studio: Studio) -> Iterator[Finding]:
    """Each account works; none is needed."""
    from bot.accounts.checks import check_account

    accounts = studio.records.accounts()
    if not accounts:
        yield Finding("accounts", Health.GOOD, "none is connected; posts go to the outbox (`easel accounts add`)")
    for account in accounts:
        yield from check_account(studio.settings, studio.records, account)


def check_model(studio: Studio) -> Iterator[Finding]:
    """The model in use is there and whole."""
    from generation.errors import GenerationError
    from generation.models import ModelRegistry

    try:
        bundle = ModelRegistry(studio.settings.models_dir).find(studio.settings.model)
    except (GenerationError, OSError) as error:
        yield Finding("model", Health.BROKEN, str(error))
    else:
        yield Finding("model", Health.GOOD, f"{studio.settings.model} in {bundle.folder}")


def check_products(studio: Studio) -> Iterator[Finding]:
    """Whose products draw on this machine, ours or XLA's, and why."""
    from generation.kernels import KERNELS_FOLDER, NoKernels, find_kernels

    folder = studio.settings.cache / "jax" / KERNELS_FOLDER
    found = find_kernels(folder)
    if isinstance(found, NoKernels):
        health = Health.WARNING if found.failed else Health.GOOD
        yield Finding("products", health, f"XLA's serve: {found.why}")
    else:
        yield Finding("products", Health.GOOD, f"the kernels in C serve, built for this processor in {folder}")


def check_writer(studio: Studio) -> Iterator[Finding]:
    """Who writes briefs can be asked, and has not used up the day."""
    from bot.pipeline.writing import RULES, refuse_unreachable_writer

    settings = studio.settings
    try:
        refuse_unreachable_writer(settings)
    except EaselError as error:
        yield Finding("writer", Health.BROKEN, str(error))
        return
    if settings.writer == RULES:
        yield Finding("writer", Health.GOOD, "briefs are written by rules")
        return
    tokens, cost = studio.records.spent_today()
    over_tokens = settings.llm_tokens_a_day and tokens >= settings.llm_tokens_a_day
    over_cost = settings.llm_cost_a_day and cost >= settings.llm_cost_a_day
    told = f"{settings.llm_model} writes briefs and took {tokens:,} tokens today (UTC), at a cost of {cost:.2f}"
    if over_tokens or over_cost:
        yield Finding(
            "writer", Health.WARNING, f"{told}: the day's limit is used up, and the rules write until midnight."
        )
    else:
        yield Finding("writer", Health.GOOD, told)


def check_moderation(studio: Studio) -> Iterator[Finding]:
    """The policy and the rules in it can be applied."""
    from moderation import ModerationError

    try:
        policy = studio.moderators.policy
    except ModerationError as error:
        yield Finding("moderation", Health.BROKEN, str(error))
    else:
        looking = ", ".join(dict.fromkeys(policy.text + policy.pictures))
        yield Finding("moderation", Health.GOOD, f"{looking} look, by {policy.path}")


def check_credentials(studio: Studio) -> Iterator[Finding]:
    """Published pictures can be signed, and by whom."""
    try:
        identity = studio.signer.identity
    except EaselError as error:
        yield Finding("credentials", Health.BROKEN, str(error))
        return
    by = "a certificate that Easel made for itself and nobody else vouches for" if identity.self_made else "the team's"
    yield Finding("credentials", Health.GOOD, f"pictures are signed with {by} ({identity.file})")


def check_slack(studio: Studio) -> Iterator[Finding]:
    """Slack knows the tokens, they may do what the bot does, it can be reached, and the clocks agree."""
    from bot.slack.checks import check_connection

    settings = studio.settings
    if not (settings.slack_bot_token or settings.slack_client_id):
        yield Finding("slack", Health.GOOD, "not set up; docs/slack.md takes ten lines")
        return
    yield from check_connection(settings)


CHECKS: tuple[Callable[[Studio], Iterator[Finding]], ...] = (
    check_workers,
    check_queue,
    check_model,
    check_products,
    check_writer,
    check_moderation,
    check_accounts,
    check_slack,
    check_credentials,
)
