"""What a process has taken is its own until it is carried out, however long it waits for its turn."""

import asyncio

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import errands
from bot.slack.desk import Desk
from bot.slack.errands import AT_ONCE, Errands
from bot.slack.inbox import Asked, Inbox

PATIENCE = 60
KEYS = [f"key {number}" for number in range(AT_ONCE + 2)]


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


def begin(inbox, records, desk, carry_out):
    async def desk_of(workspace):
        return desk

    taking = Errands(inbox, records, desk_of, {"wait": carry_out}, lambda: None)
    return [asyncio.create_task(loop) for loop in (taking.take_what_arrives(), taking.take_what_is_left())]


async def carried_out(records, desk):
    """Keep more than is carried out at the same time, and hold all of it up until the leases were renewed."""
    inbox, go, done = Inbox(lambda team: records), asyncio.Event(), []

    async def carry_out(desk, row):
        await go.wait()
        done.append(row.key)

    loops = begin(inbox, records, desk, carry_out)
    for key in KEYS:
        await inbox.keep(Asked(key, "wait", "T1", "U1"))
    kept = {key: records.request(key).due_at for key in KEYS}
    await until(lambda: all(records.request(key).due_at > kept[key] for key in KEYS))
    go.set()
    await until(lambda: all(records.request(key).state == "done" for key in KEYS))
    for loop in loops:
        loop.cancel()
    return done


def test_what_waits_for_its_turn_is_not_taken_up_a_second_time(studio, monkeypatch):
    monkeypatch.setattr(errands, "RENEW_SECONDS", 0.0)
    monkeypatch.setattr(errands, "LOOK_SECONDS", 0.01)
    desk = Desk(studio, AsyncWebClient(base_url="http://127.0.0.1:9/api/"))
    assert sorted(asyncio.run(carried_out(studio.records, desk))) == KEYS
    assert [studio.records.request(key).attempts for key in KEYS] == [1] * len(KEYS)


async def carried_out_too_late(records, desk):
    inbox = Inbox(lambda team: records)

    async def carry_out(desk, row):
        raise SlackApiError("", {"ok": False, "error": "expired_trigger_id"})

    loops = begin(inbox, records, desk, carry_out)
    await inbox.keep(Asked("late", "wait", "T1", "U1", {"user": "U1"}))
    await until(lambda: records.request("late").state != "waiting")
    for loop in loops:
        loop.cancel()


def test_a_form_that_comes_too_late_is_told_once_and_not_tried_again(studio, monkeypatch):
    told = []

    async def tell(_, row, text, blocks=None):
        told.append((row.body["user"], text))

    monkeypatch.setattr(Desk, "tell", tell)
    desk = Desk(studio, AsyncWebClient(base_url="http://127.0.0.1:9/api/"))
    asyncio.run(carried_out_too_late(studio.records, desk))
    assert told == [("U1", errands.TOO_LATE)]
    row = studio.records.request("late")
    assert (row.state, row.attempts, row.error) == ("done", 1, None)
