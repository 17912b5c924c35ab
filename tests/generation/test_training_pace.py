"""Minutes become a number of steps by the speed of the first ones, whose compiling does not count."""

import pytest

from generation.training import pace


@pytest.mark.parametrize(("a_call", "left"), [(2.0, 16), (1.0, 36), (100.0, 1)])
def test_so_many_calls_are_left_as_fit_into_the_minutes(monkeypatch, a_call, left):
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    clock = pace.Pace(minutes=1)
    told = []
    for calls in range(1, 9):
        now[0] = 20 + (calls - 2) * a_call if calls > 1 else 19.0  # the first compiled for that long
        told.append(clock.calls_left(calls))
    assert told == [None] * 5 + [left, None, None]
    assert [clock.is_due(calls) for calls in range(1, 9)] == [False, True, False, False, False, True, False, False]
    assert [clock.timed(calls) for calls in (1, 2, 6)] == [0, 0, 4]
