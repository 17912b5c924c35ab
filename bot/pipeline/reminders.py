"""What waits for people too long: reviews that nobody decides, tokens that only a person can renew.

A reminder is an audit row with the state `reminded`; the terminal lists it and Slack says it in the post's thread. It
is written once for each time that it is due, whichever worker comes first.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.records import PostState, Records
from bot.records.values import EASEL
from bot.spans import in_words

if TYPE_CHECKING:
    from bot.settings import Settings

TOKEN_REMINDER_DAYS = (14, 7, 1)
"""LinkedIn's tokens live 60 days, and apps without its partnership cannot renew them."""


def remind(records: Records, settings: Settings, now: datetime) -> int:
    """Write the reminders that are due and give up reviews that nobody decided; how many there were."""
    return remind_reviewers(records, settings, now) + remind_owners(records, now)


def remind_reviewers(records: Records, settings: Settings, now: datetime) -> int:
    """Remind of reviews every so many hours, and reject those that waited as long as the settings allow."""
    every, longest = timedelta(hours=settings.review_reminder_hours), timedelta(hours=settings.review_expiry_hours)
    shortest = min((span for span in (every, longest) if span), default=None)
    if shortest is None:
        return 0
    count = 0
    for post, since in records.in_review_since(now - shortest):
        waited = now - since
        if longest and waited >= longest:
            count += expire(records.in_workspace(post.workspace), post.id, waited)
        elif every:
            due_at = since + every * (waited // every)
            count += records.remind(post, due_at, now, f"waits for a decision for {in_words(waited)}")
    return count


def expire(records: Records, post_id: str, waited: timedelta) -> bool:
    """Reject a review that nobody decided; False if somebody does so at this moment."""
    why = f"nobody decided within {in_words(waited)}"
    try:
        records.move_post(post_id, PostState.REJECTED, EASEL, why, expected=PostState.REVIEW)
    except Refused:
        return False
    return True


def remind_owners(records: Records, now: datetime) -> int:
    """Remind the owner of a token two weeks, a week and a day before it ends."""
    count = 0
    for account in records.accounts_ending(now + timedelta(days=max(TOKEN_REMINDER_DAYS))):
        assert account.expires_at is not None
        moments = [account.expires_at - timedelta(days=days) for days in TOKEN_REMINDER_DAYS]
        due_at = max(moment for moment in moments if moment <= now)
        left = math.ceil((account.expires_at - now) / timedelta(days=1))
        ends = f"ends in {left} day{'s' * (left > 1)}" if left > 0 else "has ended"
        why = f"the token {ends} ({account.expires_at:%d %B %Y}): connect the account again"
        count += records.remind(account, due_at, now, why)
    return count
