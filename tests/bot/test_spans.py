"""Spans of time in words."""

from datetime import timedelta

import pytest

from bot.spans import in_words


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=119), "a minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_span_is_told_in_the_largest_unit_of_which_there_are_two(span, told):
    assert in_words(span) == told
