"""Reading and publishing a person's Home tab."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.pipeline.review import best_of
from bot.records import PostState, PublicationState, Records
from bot.records.states import ASKING, COMING
from bot.records.tables import Post, PublicationRow
from bot.records.threads import Origin
from bot.roles import Role
from bot.slack.blocks.home import MOST_COMING, MOST_OF_A_KIND, HomeStory, home_view
from bot.slack.desk import Desk
from bot.slack.inbox import person_of
from bot.slack.places import link_to
from bot.slack.sight import decidable
from bot.slack.story import read_story

UNDECIDED = (PostState.DRAFTED, PostState.PREPARING, PostState.FAILED, PostState.BLOCKED, PostState.REVIEW)

MOST_LOOKED_AT = 500
"""Posts of a kind that are looked at, of the whole workspace: a person may see only some of them."""


@dataclass(frozen=True)
class Board:
    """What a workspace has to show, and where each post of it comes from."""

    review: Sequence[Post]
    coming: Sequence[PublicationRow]
    asking: Sequence[PublicationRow]
    recent: Sequence[PublicationRow]
    origins: Mapping[str, Origin]


@dataclass(frozen=True)
class Viewer:
    """Who looks; `deciding` are the ids of the posts that they may decide about."""

    person: str
    deciding: Collection[str]
    is_approver: bool
    is_admin: bool
    timezone: str


async def publish_home(desk: Desk, user: str) -> None:
    """Show a person what there is for them."""
    board = await desk.do(read_board, desk.records)
    viewer = Viewer(
        person_of(user),
        await decidable(desk, user, board.origins),
        await desk.may(user, Role.APPROVER, ""),
        await desk.may(user, Role.ADMIN, ""),
        (await desk.member(user)).timezone,
    )
    story = await desk.do(read_home, desk.records, board, viewer, await desk.address())
    await desk.client.views_publish(user_id=user, view=home_view(story))


def read_board(records: Records) -> Board:
    """What the records have to show of a workspace."""
    review = records.posts_in((PostState.REVIEW,), MOST_LOOKED_AT)
    coming, asking = records.planned(COMING, MOST_LOOKED_AT), records.planned(ASKING, MOST_LOOKED_AT)
    recent = records.latest_publications((PublicationState.PUBLISHED,), MOST_LOOKED_AT)
    shown = {*(post.id for post in review), *(row.post_id for row in (*coming, *asking, *recent))}
    return Board(review, coming, asking, recent, records.origins(shown))


def read_home(records: Records, board: Board, viewer: Viewer, address: str) -> HomeStory:
    """What is shown to one person: their own posts, and those that they may decide about."""
    mine = {post_id for post_id, origin in board.origins.items() if origin.person == viewer.person}

    def seen(rows: Sequence[PublicationRow], most: int = MOST_OF_A_KIND) -> list[PublicationRow]:
        return [row for row in rows if row.post_id in viewer.deciding or row.post_id in mine][:most]

    drafts = records.posts_in(UNDECIDED, MOST_OF_A_KIND, viewer.person)
    waiting = [post for post in board.review if post.id in viewer.deciding and board.origins[post.id].channel]
    waiting = waiting[:MOST_OF_A_KIND]
    coming, asking, recent = seen(board.coming, MOST_COMING), seen(board.asking), seen(board.recent)
    drawings = {row.post_id: row for row in records.drawings((records.workspace,))}
    shown = {*(post.id for post in (*drafts, *waiting)), *(row.post_id for row in (*coming, *asking, *recent))}
    return HomeStory(
        drafts=drafts,
        waiting=waiting,
        coming=coming,
        recent=recent,
        asking=asking,
        accounts=records.accounts() if viewer.is_approver else [],
        drawings=drawings,
        places={post.id: records.drawings_before(drawings[post.id]) for post in drafts if post.id in drawings},
        links={post_id: link for post_id in shown if (link := link_to(records.thread(post_id), address))},
        refs={post.id: best_ref(records, post.id) for post in waiting},
        deciding=viewer.deciding,
        is_admin=viewer.is_admin,
        timezone=viewer.timezone,
    )


def best_ref(records: Records, post_id: str) -> str:
    """What a button to approve names: the post as it is, and the best of its newest candidates if there is one."""
    story = read_story(records, post_id)
    best = best_of(story.newest)
    return f"{story.ref}:{best.number}" if best else story.ref
