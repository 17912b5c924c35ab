"""Reading and publishing a person's Home tab."""

from __future__ import annotations

from bot.pipeline.review import best_of
from bot.pipeline.studio import Studio
from bot.records import PostState, PublicationState
from bot.records.publications import ASKING, COMING
from bot.roles import Role
from bot.slack.blocks.home import MOST_OF_A_KIND, HomeStory, home_view
from bot.slack.desk import Desk
from bot.slack.inbox import person_of
from bot.slack.places import link_to
from bot.slack.story import read_story

UNDECIDED = (PostState.DRAFTED, PostState.PREPARING, PostState.FAILED, PostState.BLOCKED, PostState.REVIEW)


async def publish_home(desk: Desk, user: str) -> None:
    """Show a person what there is for them."""
    is_approver = await desk.may(user, Role.APPROVER, "")
    is_admin = await desk.may(user, Role.ADMIN, "")
    timezone = (await desk.member(user)).timezone
    address = await desk.address()
    story = await desk.do(read_home, desk.studio, person_of(user), is_approver, is_admin, timezone, address)
    await desk.client.views_publish(user_id=user, view=home_view(story))


def read_home(studio: Studio, person: str, is_approver: bool, is_admin: bool, timezone: str, address: str) -> HomeStory:
    """What the records say for one person. Others' publications are shown to approvers only."""
    records = studio.records
    most = MOST_OF_A_KIND
    drafts = records.posts_in(UNDECIDED, most, person)
    waiting = records.posts_in((PostState.REVIEW,), most) if is_approver else []
    own = None if is_approver else {post.id for post in records.posts_in((PostState.APPROVED,), 200, person)}
    coming, asking = records.planned(COMING, 100), records.planned(ASKING, 100)
    recent = records.latest_publications((PublicationState.PUBLISHED,), 100)
    if own is not None:
        coming, asking, recent = ([row for row in rows if row.post_id in own] for rows in (coming, asking, recent))
    drawings = {row.post_id: row for row in records.drawings((records.workspace,))}
    stories = {post.id: read_story(records, post.id) for post in waiting}
    refs = {}
    for post_id, story in stories.items():
        best = best_of(story.newest)
        refs[post_id] = f"{story.ref}:{best.number}" if best else story.ref
    shown = {*(post.id for post in (*drafts, *waiting)), *(row.post_id for row in (*coming, *asking, *recent[:most]))}
    return HomeStory(
        drafts=drafts,
        waiting=waiting,
        coming=coming,
        recent=recent[:most],
        asking=asking,
        accounts=records.accounts() if is_approver else [],
        drawings=drawings,
        places={post.id: records.drawings_before(drawings[post.id]) for post in drafts if post.id in drawings},
        links={post_id: link for post_id in shown if (link := link_to(records.thread(post_id), address))},
        refs=refs,
        is_approver=is_approver,
        is_admin=is_admin,
        timezone=timezone,
    )
