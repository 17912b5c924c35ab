"""The Home tab: my drafts, what waits for me, what is coming up, what went out, what failed, and the accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.records.states import AccountState
from bot.records.tables import AccountRow, DrawingRow, Post, PublicationRow
from bot.slack.blocks.outcome import buttons_of, line
from bot.slack.blocks.words import (
    Json,
    actions,
    button,
    escaped,
    header,
    label,
    marked,
    network_name,
    section,
    shortened,
    sure,
    when,
)

MOST_OF_A_KIND = 8
"""Posts shown of each kind: all kinds together stay under the hundred blocks of a Home tab."""
MOST_COMING = 2 * MOST_OF_A_KIND
"""Of what is coming up: a line each, not a block."""

CONNECTABLE = ("x", "linkedin")
STATES = {
    "drafted": ":hourglass_flowing_sand: waiting",
    "preparing": ":lower_left_paintbrush: being drawn",
    "failed": ":warning: went wrong",
    "blocked": ":no_entry: stopped",
    "review": ":art: ready to pick from",
}


@dataclass(frozen=True)
class HomeStory:
    """What one person's Home shows. By post id: `links` to threads, `places` in the queue, `refs` of buttons.

    `deciding` are the ids of the posts that the person may decide about.
    """

    drafts: Sequence[Post]
    waiting: Sequence[Post]
    coming: Sequence[PublicationRow]
    recent: Sequence[PublicationRow]
    asking: Sequence[PublicationRow]
    accounts: Sequence[AccountRow]
    drawings: Mapping[str, DrawingRow]
    places: Mapping[str, int]
    links: Mapping[str, str]
    refs: Mapping[str, str]
    deciding: Collection[str]
    is_admin: bool
    timezone: str


def home_view(story: HomeStory) -> Json:
    """The Home tab of one person."""
    blocks = [
        actions(
            button("New post", "home_new", "new", style="primary"),
            button("Who may do what", "home_rules", "rules"),
            button("Brand", "home_brand", "brand"),
        ),
        *part("Needs you", list(failures(story))),
        *part("Waiting for me", [waiting_line(story, post) for post in story.waiting[:MOST_OF_A_KIND]]),
        *part("My drafts", [draft_line(story, post) for post in story.drafts[:MOST_OF_A_KIND]]),
        *part("Coming up", list(calendar(story))),
        *part("Recently posted", list(published(story))),
        *part("Accounts", list(accounts(story))),
    ]
    if len(blocks) == 1:
        blocks.append(section(label("Nothing here yet. Write `/easel` and your draft anywhere, or press New post.")))
    return {"type": "home", "blocks": blocks[:100]}


def part(title: str, blocks: list[Json]) -> list[Json]:
    """A part of the page, if there is something in it."""
    return [{"type": "divider"}, header(title), *blocks] if blocks else []


def draft_line(story: HomeStory, post: Post) -> Json:
    """One of my posts and how far it is."""
    state = STATES.get(post.state, post.state)
    if drawing := story.drawings.get(post.id):
        before = story.places.get(post.id, 0)
        waits = (
            f":hourglass_flowing_sand: {before} asked for earlier"
            if before
            else ":hourglass_flowing_sand: next to be drawn"
        )
        state = waits if drawing.stage == "waiting" else f":lower_left_paintbrush: {escaped(drawing.stage)}"
    return section(marked(f"{linked(story, post.id, post.draft)}\n{state}"))


def waiting_line(story: HomeStory, post: Post) -> Json:
    """A post that I may decide about."""
    return section(marked(linked(story, post.id, post.draft)), button("Decide …", "approve", story.refs[post.id]))


def linked(story: HomeStory, post_id: str, text: str) -> str:
    """The beginning of a draft as a link to its thread."""
    words = escaped(shortened(" ".join(text.split()), 90)).replace("|", "¦") or "(no words)"
    link = story.links.get(post_id)
    return f"<{link}|{words}>" if link else words


def calendar(story: HomeStory) -> Iterable[Json]:
    """What is coming up, by day in the reader's zone."""
    zone = ZoneInfo(story.timezone)
    today = datetime.now(UTC).astimezone(zone).date()
    rows = sorted(story.coming, key=lambda row: row.due_at)[:MOST_COMING]
    for day, of_day in groupby(rows, key=lambda row: row.due_at.astimezone(zone).date()):
        name = "Today" if day == today else f"{day:%A, %d %B}"
        lines = [
            f"{row.due_at.astimezone(zone):%H:%M}  *{escaped(network_name(row.network, row.account))}*  "
            f"{linked(story, row.post_id, row.text)}"
            for row in of_day
        ]
        yield section(marked(f"*{name}*\n" + "\n".join(lines)))


def failures(story: HomeStory) -> Iterable[Json]:
    """What waits for a decision, with what may be done."""
    for row in story.asking[:MOST_OF_A_KIND]:
        yield section(marked(f"{line(row)}\n{linked(story, row.post_id, row.text)}"))
        if row.post_id in story.deciding and (buttons := [made for made in buttons_of(row) if made]):
            yield actions(*buttons)


def published(story: HomeStory) -> Iterable[Json]:
    """What went out lately."""
    for row in story.recent[:MOST_OF_A_KIND]:
        made = buttons_of(row)[0] if row.post_id in story.deciding else None
        yield section(marked(f"{line(row)}\n{linked(story, row.post_id, row.text)}"), made)


def accounts(story: HomeStory) -> Iterable[Json]:
    """The accounts, with pausing and connecting for admins."""
    for row in story.accounts:
        paused = row.state == AccountState.PAUSED
        why = escaped(shortened(row.notice or "", 300))
        state = f":double_vertical_bar: paused: {why}" if paused else ":large_green_circle: works"
        ends = f" · the token ends {when(row.expires_at)}" if row.expires_at else ""
        yield section(marked(f"*{escaped(network_name(row.network, row.name))}* {state}{ends}"))
        if story.is_admin:
            pause = button("Resume", "resume_account", row.id) if paused else button("Pause", "pause_account", row.id)
            yield actions(pause, button("Reconnect", "connect_account", f"{row.network}/{row.name}"))
    if not story.is_admin:
        return
    for network in CONNECTABLE:
        if network not in {row.network for row in story.accounts}:
            told = f"*{network_name(network)}* :inbox_tray: its posts go to the outbox, a folder of Easel's"
            yield section(marked(told), button("Connect", "connect_account", f"{network}/main"))
    if story.accounts:
        every = sure("Pause everything?", "Nothing goes out until you resume.", "Pause")
        yield actions(
            button("Pause everything", "pause_account", "all", confirm=every),
            button("Resume everything", "resume_account", "all"),
        )
