"""Looking for a post among those that a network lists: what counts as it, and when it surely is not there.

Wrong either way does harm: a post that is missed goes out twice, another one taken for it is never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from publishers.answers import clock_skew
from publishers.publication import Absent, Publication, Unknown
from publishers.resemblance import resemblance

CLOCK_MARGIN = timedelta(minutes=5)
"""How far two clocks may differ in a lookup. X refuses a repeated text for longer than this, so an equal post this
short a time before ours cannot be another one."""

SETTLING = timedelta(seconds=60)
"""How long after an attempt a post may still turn up in a list: only then is it surely absent."""

TOO_MANY = Unknown("the account posted more than a lookup reads: see for yourself")
RESEMBLES = Unknown(
    "there is a post that differs from it in nothing but links, or has no text: see whether it is this one"
)


class Search:
    """One lookup. Show it each listed post from `since` on with `is_it`, and where none is, ask for the `absence`."""

    def __init__(self, publication: Publication, settling: timedelta) -> None:
        self.since = publication.attempted_at.astimezone(UTC) - CLOCK_MARGIN
        self._publication = publication
        self._settled_at = (publication.last_attempted_at or publication.attempted_at) + settling
        self._doubt = False

    def is_it(self, ours: str, theirs: str) -> bool:
        """Whether a listed post is the one, by the texts as the network would show them; one that may be is noted."""
        found = resemblance(ours, theirs)
        if found == "same" and self._publication.text.strip():
            return True
        self._doubt = self._doubt or found != "other"
        return False

    def absence(self) -> Absent | Unknown:
        """What follows when all listed posts were shown and none was the one."""
        settled_in = (self._settled_at - datetime.now(UTC)).total_seconds()
        if settled_in > 0:
            return Unknown("the post may still turn up in the account's list", look_again_after=settled_in)
        return RESEMBLES if self._doubt else Absent()


def wrong_clock(name: str, headers: Mapping[str, str]) -> Unknown | None:
    """Why nothing can be told from times, if this machine's clock and the network's are too far apart."""
    skew = clock_skew(headers, datetime.now(UTC))
    if skew is None or abs(skew) <= CLOCK_MARGIN / 2:
        return None
    return Unknown(f"this machine's clock is {abs(skew)} off {name}'s: set it right and look again")
