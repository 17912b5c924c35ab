"""The X publisher against the local X: posting, finding, deleting, and every way in which it can go wrong."""

import contextlib
import json
import logging
import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from publishers import (
    Absent,
    Found,
    Media,
    OAuth2Token,
    Outcome,
    Publisher,
    PublishError,
    Reason,
    Secret,
    Timeouts,
    Unknown,
    XPublisher,
)
from tests.publishers.conftest import IMPATIENCE, failure, seen

CREATE = {"network": "x", "method": "POST", "path": "/2/tweets"}


def test_a_post_appears_once_with_its_pictures_alt_texts_and_label(networks, x, png, make_publication):
    media = [x.upload(x.prepare(png), f"alt {number} <é>") for number in range(4)]
    published = x.create(make_publication("four foxes & https://example.com/a_b", media))
    (entry,) = networks.journal("posted", "x")
    assert published.remote_id == entry["id"]
    assert published.url == f"{networks.x}/i/web/status/{entry['id']}"
    assert entry["written"] == "four foxes & https://example.com/a_b"
    assert entry["alts"] == [f"alt {number} <é>" for number in range(4)]
    assert entry["made_with_ai"] is True


def test_oauth_1_signatures_are_accepted_and_wrong_ones_are_not(networks, x_oauth1, make_publication, png):
    assert x_oauth1.check().name == "@easel"
    media = x_oauth1.upload(png, "alt")
    x_oauth1.create(make_publication("signed + sealed ~ 100% é", [media]))
    assert networks.journal("posted")[0]["written"] == "signed + sealed ~ 100% é"

    token = replace(x_oauth1._client.token, access_token_secret=Secret("wrong"))
    error = failure(XPublisher(token, address=networks.x, timeouts=IMPATIENCE), make_publication("other"))
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.UNAUTHORIZED)
    assert "Connect the account again" in str(error)


def test_it_is_a_publisher(x):
    assert isinstance(x, Publisher)


def test_a_picture_is_posted_only_when_x_has_processed_it(networks, x, png, make_publication):
    networks.change(processing_seconds=0.4)
    media = x.upload(png, "alt")
    x.create(make_publication("ready", [media]))
    assert len(networks.journal("posted")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "links https://example.com/a/?b=c_d and example.org/x and again https://example.com",
        "html &amp; <b> & \"quotes\" 'single'",
        "two\n\nparagraphs  with   spaces \n",
        "e\u0301 日本語 👨‍👩‍👧 🇩🇪",
        "#tag @name $AAPL",
    ],
)
def test_a_post_is_found_again_however_x_changes_its_text(x, make_publication, png, text):
    publication = make_publication(text, [x.upload(png, "alt")])
    assert x.find(publication) == Absent()
    published = x.create(publication)
    assert x.find(publication) == Found(published)
    assert x.find(replace(publication, remote_id=published.remote_id)) == Found(published)


def test_another_text_or_an_older_post_is_not_taken_for_it(x, make_publication):
    x.create(make_publication("the fox"))
    assert x.find(make_publication("the fox.")) == Absent()
    later = replace(make_publication("the fox"), attempted_at=datetime.now(UTC) + timedelta(minutes=4, seconds=59))
    assert isinstance(x.find(later), Found)
    much_later = replace(later, attempted_at=datetime.now(UTC) + timedelta(minutes=6))
    assert not isinstance(_find_or_error(x, much_later), Found)


def _find_or_error(publisher, publication):
    try:
        return publisher.find(publication)
    except PublishError as error:
        return error


def test_a_post_without_a_text_is_not_taken_for_another(x, png, make_publication):
    publication = make_publication("", [x.upload(png, "alt")])
    assert x.find(publication) == Absent()
    x.create(publication)
    assert isinstance(x.find(publication), Unknown)


def test_posts_that_differ_only_in_their_links_are_not_mixed_up(x, make_publication):
    x.create(make_publication("new: https://example.com/1"))
    assert isinstance(x.find(make_publication("new: https://example.com/2")), Unknown)
    second = x.create(make_publication("new: https://example.com/2"))
    assert x.find(make_publication("new: https://example.com/2")) == Found(second)


def test_a_post_among_more_than_a_page_of_others_is_found(networks, x, make_publication):
    networks.change(x_posts_per_window=1_000)
    wanted = make_publication("the first")
    x.create(wanted)
    for number in range(105):
        x.create(make_publication(f"other {number}"))
    assert isinstance(x.find(wanted), Found)


def test_absence_is_not_sure_until_the_timeline_has_settled(networks, x_tokens, make_publication):
    x = XPublisher(x_tokens.saved[0], address=networks.x, settling=timedelta(seconds=40))
    lookup = x.find(make_publication("just tried"))
    assert isinstance(lookup, Unknown)
    assert 30 < lookup.look_again_after <= 40
    old = make_publication("tried a while ago")
    old = replace(old, attempted_at=old.attempted_at - timedelta(minutes=1))
    assert x.find(old) == Absent()
    assert isinstance(x.find(replace(old, last_attempted_at=datetime.now(UTC))), Unknown)


def test_a_post_that_the_timeline_shows_late_is_found_late(networks, x, make_publication):
    networks.change(timeline_lag_seconds=0.5)
    publication = make_publication("late")
    published = x.create(publication)
    assert not isinstance(x.find(publication), Found)
    networks.change(timeline_lag_seconds=0)
    assert x.find(publication) == Found(published)


def test_a_deleted_post_is_absent_and_deleting_again_is_no_error(networks, x, make_publication):
    publication = make_publication("gone soon")
    published = x.create(publication)
    x.delete(publication)  # found by its text first
    x.delete(replace(publication, remote_id=published.remote_id))
    x.delete(publication)
    assert x.find(replace(publication, remote_id=published.remote_id)) == Absent()
    assert len(networks.journal("deleted")) == 1


def test_an_id_that_is_none_is_refused_before_anything_is_sent(x, make_publication):
    with pytest.raises(PublishError, match="no id of a post on X"):
        x.delete(make_publication(remote_id="1/../2"))


def test_cost_tells_links_and_alt_texts(x, make_publication):
    assert x.cost(make_publication("no link")) == Decimal("0.015")
    assert x.cost(make_publication("see example.com")) == Decimal("0.20")
    assert x.cost(make_publication("two", [Media("1", "alt"), Media("2", "")])) == Decimal("0.020")


@pytest.mark.parametrize("text", ["a" * 281, "", "nul \x00", "日" * 141])
def test_a_text_x_would_refuse_is_refused_before_anything_is_sent(networks, x, make_publication, text):
    error = failure(x, make_publication(text))
    assert error.outcome is Outcome.REFUSED
    assert networks.journal() == []


def test_five_pictures_are_refused_before_anything_is_sent(networks, x, make_publication):
    error = failure(x, make_publication("five", [Media(str(number)) for number in range(5)]))
    assert "has 5 pictures and may have 4" in str(error)
    assert networks.journal() == []


def test_a_picture_that_was_never_uploaded_is_refused(x, make_publication):
    error = failure(x, make_publication("unknown picture", [Media("123")]))
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.INVALID)
    assert "media IDs are invalid" in str(error)


# What every unhappy answer means ------------------------------------------------------------------------------


def test_a_token_that_ran_out_is_renewed_once_stored_before_use_and_the_post_goes_out(
    networks, x, x_tokens, make_publication
):
    networks.end_access("x")
    x.create(make_publication("renewed"))
    assert len(networks.journal("posted")) == len(networks.journal("refreshed")) == 1
    old, new = x_tokens.saved
    assert new.access_token != old.access_token
    assert new.refresh_token != old.refresh_token
    assert new.expires_at > datetime.now(UTC) + timedelta(hours=1)
    x.create(make_publication("and again"))
    assert len(networks.journal("refreshed")) == 1


def test_a_token_known_to_end_is_renewed_before_the_request(networks, x_tokens, make_publication):
    stale = replace(x_tokens.saved[0], expires_at=datetime.now(UTC))
    fresh = []

    def rotate(token, refresh):
        fresh.append(refresh(token))
        return fresh[0]

    XPublisher(stale, rotate=rotate, address=networks.x).create(make_publication("in time"))
    assert len(fresh) == 1
    assert len(networks.journal("posted")) == 1


def test_a_token_that_another_process_renewed_is_taken_over(networks, x, x_tokens, make_publication):
    networks.end_access("x")
    x.create(make_publication("first process"))

    def rotate(stale, refresh):
        assert stale == x_tokens.saved[0]
        return x_tokens.saved[-1]

    XPublisher(x_tokens.saved[0], rotate=rotate, address=networks.x).create(make_publication("second process"))
    assert len(networks.journal("refreshed")) == 1


def test_nothing_is_posted_with_a_token_that_could_not_be_stored(networks, x_tokens, make_publication):
    def rotate(stale, refresh):
        refresh(stale)
        raise OSError("disk full")

    networks.end_access("x")
    with pytest.raises(OSError, match="disk full"):
        XPublisher(x_tokens.saved[0], rotate=rotate, address=networks.x).create(make_publication())
    assert networks.journal("posted") == []


def test_revoked_tokens_are_refused_and_say_to_connect_again(networks, x, make_publication):
    networks.revoke("x")
    error = failure(x, make_publication())
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.UNAUTHORIZED)
    assert "onnect" in str(error)
    assert networks.journal("posted") == []


def test_a_passing_trouble_with_renewal_does_not_disconnect_the_account(networks, x, make_publication):
    networks.end_access("x")
    networks.arm(network="x", path="/2/oauth2/token", do="status", status=503)
    error = failure(x, make_publication())
    assert (error.outcome, error.reason) == (Outcome.RETRY_AFTER, Reason.SERVER)
    x.create(make_publication("after that"))


def test_a_second_401_is_not_answered_with_a_second_renewal(networks, x, make_publication):
    networks.arm(**CREATE, do="status", status=401, times=5)
    error = failure(x, make_publication())
    assert error.reason is Reason.UNAUTHORIZED
    assert len(networks.journal("refreshed")) == 1


def test_used_up_credit_is_refused_and_says_so(networks, x, make_publication):
    networks.arm(**CREATE, do="status", status=402, body={"title": "CreditsDepleted", "detail": "No credits."})
    error = failure(x, make_publication())
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.PAYMENT)
    assert str(error) == (
        "X says that the app's credit is used up while posting p-1 (No credits.). Add credit in the developer portal."
    )


def test_a_duplicate_that_is_there_is_recorded_under_its_id_and_not_sent_again(networks, x, make_publication):
    published = x.create(make_publication("twice"))
    assert x.create(make_publication("twice")) == replace(published, status="already_published")
    assert len(networks.journal("posted")) == 1


def test_a_duplicate_of_an_older_post_is_refused(networks, x, make_publication):
    x.create(make_publication("yesterday's"))
    today = replace(make_publication("yesterday's"), attempted_at=datetime.now(UTC) + timedelta(minutes=7))
    networks.arm(network="x", path="/2/users/*", do="status", status=200, body={"meta": {"result_count": 0}})
    error = failure(x, today)
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.DUPLICATE)
    assert "change the text" in str(error)


@pytest.mark.parametrize("lookup", [{"status": 200, "body": {"meta": {"result_count": 0}}}, {"status": 503}])
def test_a_duplicate_on_a_later_attempt_that_is_not_listed_stays_unknown(networks, x, make_publication, lookup):
    first = make_publication("tried before")
    x.create(first)
    again = replace(first, last_attempted_at=first.attempted_at + timedelta(seconds=30))
    networks.arm(network="x", path="/2/users/*", do="status", **lookup)
    error = failure(x, again)
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, Reason.DUPLICATE)


def test_any_other_403_is_refused(networks, x, make_publication):
    networks.arm(**CREATE, do="status", status=403, body={"detail": "You are not permitted to do this."})
    error = failure(x, make_publication())
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.FORBIDDEN)


def test_a_missing_scope_is_told_by_check_and_refused_by_x(networks, x_tokens, make_publication):
    narrow = replace(x_tokens.saved[0], scopes=frozenset({"tweet.read", "users.read", "tweet.write"}))
    report = XPublisher(narrow, address=networks.x).check()
    assert report.warnings == ("X did not grant media.write, offline.access: connect the account again and allow it.",)


def test_429_says_how_long_to_wait_by_the_headers(networks, x, make_publication):
    networks.change(x_posts_per_window=1)
    x.create(make_publication("one"))
    error = failure(x, make_publication("two"))
    assert (error.outcome, error.reason) == (Outcome.RETRY_AFTER, Reason.RATE_LIMIT)
    assert 890 < error.retry_after <= 901
    assert len(networks.journal("posted")) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7), ({"retry-after": "99999999999999"}, 86_400), ({"retry-after": "-5"}, None)],
)
def test_retry_after_is_obeyed_within_reason(networks, x, make_publication, headers, seconds):
    networks.arm(**CREATE, do="status", status=429, headers=headers)
    error = failure(x, make_publication())
    assert error.outcome is Outcome.RETRY_AFTER
    assert error.retry_after == seconds if seconds else 1 <= error.retry_after <= 86_400


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
@pytest.mark.parametrize("acted", [True, False])
def test_a_5xx_is_unknown_and_the_lookup_tells_which(networks, x, make_publication, status, acted):
    networks.arm(**CREATE, do="status", status=status, acted=acted)
    publication = make_publication()
    error = failure(x, publication)
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, Reason.SERVER)
    assert isinstance(x.find(publication), Found) is acted


@pytest.mark.parametrize("acted", [True, False])
@pytest.mark.parametrize("do", ["drop", "corrupt"])
def test_a_lost_or_garbled_answer_is_unknown_and_the_lookup_tells_which(networks, x, make_publication, do, acted):
    networks.arm(**CREATE, do=do, acted=acted)
    publication = make_publication()
    error = failure(x, publication)
    assert error.outcome is Outcome.UNKNOWN
    assert error.reason is {"drop": Reason.CONNECTION, "corrupt": Reason.UNREADABLE}[do]
    assert isinstance(x.find(publication), Found) is acted


def test_a_half_read_answer_is_unknown_and_the_post_is_found(networks, x, make_publication):
    networks.arm(**CREATE, do="half")
    publication = make_publication()
    assert failure(x, publication).outcome is Outcome.UNKNOWN
    assert isinstance(x.find(publication), Found)


@pytest.mark.parametrize("acted", [True, False])
def test_a_timeout_after_the_request_was_sent_is_unknown_and_a_late_post_is_found(
    networks, x, x_tokens, make_publication, acted
):
    networks.arm(**CREATE, do="delay", seconds=1.5, acted=acted)
    publication = make_publication()
    token = x_tokens.saved[0]
    error = failure(XPublisher(token, address=networks.x, timeouts=IMPATIENCE), publication)
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, Reason.TIMEOUT)
    assert token.access_token.reveal() not in seen(error)
    while not networks.journal("posted"):
        time.sleep(0.05)
    assert isinstance(x.find(publication), Found)


def test_no_connection_at_all_is_no_attempt(x_tokens, make_publication):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = failure(XPublisher(x_tokens.saved[0], address=address, timeouts=IMPATIENCE), make_publication())
    assert (error.outcome, error.reason) == (Outcome.RETRY_AFTER, Reason.CONNECTION)
    assert error.retry_after > 0


def test_a_timeout_before_the_request_was_sent_is_no_attempt(x_tokens, make_publication, unanswered):
    hasty = Timeouts(connect=0.3, read=5.0, whole=5.0)
    error = failure(XPublisher(x_tokens.saved[0], address=unanswered, timeouts=hasty), make_publication())
    assert (error.outcome, error.reason) == (Outcome.RETRY_AFTER, Reason.CONNECTION)


def test_an_unknown_host_is_no_attempt(x_tokens, make_publication):
    publisher = XPublisher(x_tokens.saved[0], address="http://x.invalid", timeouts=IMPATIENCE)
    assert failure(publisher, make_publication()).outcome is Outcome.RETRY_AFTER


@pytest.mark.parametrize("address", ["nonsense", "http://", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_refused(x_tokens, make_publication, address):
    error = failure(XPublisher(x_tokens.saved[0], address=address, timeouts=IMPATIENCE), make_publication())
    assert error.outcome is Outcome.REFUSED
    assert "address in the settings" in str(error)


def test_a_redirect_is_not_followed_with_the_token(networks, x, make_publication):
    networks.arm(**CREATE, do="status", status=302, headers={"location": f"{networks.address}/_health"})
    error = failure(x, make_publication())
    assert error.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "body", [[], "text", {"data": []}, {"data": {"id": 5}}, {"data": {"id": "../../etc"}}, {"errors": [{"a": 1}]}, None]
)
def test_a_2xx_answer_without_a_proper_id_is_unknown(networks, x, make_publication, body):
    networks.arm(**CREATE, do="status", status=200, body=body)
    error = failure(x, make_publication())
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, Reason.UNREADABLE)


@pytest.mark.parametrize(
    "body", [[], {"errors": 5, "detail": {"a": 1}}, {"errors": [None, {"message": None}]}, "<html>"]
)
def test_an_odd_refusal_is_still_a_refusal(networks, x, make_publication, body):
    networks.arm(**CREATE, do="status", status=400, body=body)
    assert failure(x, make_publication()).outcome is Outcome.REFUSED


def test_trouble_with_an_upload_or_a_lookup_can_simply_be_tried_again(networks, x, png, make_publication):
    for do in ("drop", "corrupt", "half", "status"):
        networks.arm(network="x", path="/2/media/upload", do=do)
        with pytest.raises(PublishError) as caught:
            x.upload(png, "alt")
        assert caught.value.outcome is Outcome.RETRY_AFTER
        x.upload(png, "alt")
        networks.arm(network="x", path="/2/users/*", do=do)
        with pytest.raises(PublishError) as caught:
            x.find(make_publication())
        assert caught.value.outcome is Outcome.RETRY_AFTER


def serve_once(answer: bytes, *, drip: float = 0.0) -> str:
    """A server for one connection that sends raw bytes, so many seconds apart, for hostile answers."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                while connection.recv(65_536):
                    pass
            connection.settimeout(None)
            try:
                if not drip:
                    connection.sendall(answer)
                for byte in answer if drip else b"":
                    connection.sendall(bytes([byte]))
                    stop.wait(drip)
            except OSError:
                return  # the client has hung up, as it should

    stop = threading.Event()
    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_lookup_with_a_wrong_clock_does_not_call_a_post_absent(x_tokens, make_publication):
    body = b'{"meta": {"result_count": 0}}'
    head = b"HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 2050 08:49:37 GMT\r\ncontent-length: %d\r\n\r\n" % len(body)
    settled = timedelta(0)
    x = XPublisher(x_tokens.saved[0], user_id="1001", address=serve_once(head + body), settling=settled)
    lookup = x.find(make_publication())
    assert isinstance(lookup, Unknown)
    assert "clock" in lookup.why


def test_an_endless_answer_is_cut_off(x_tokens, make_publication):
    head = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n\r\n"
    address = serve_once(head + b'{"data": "' + b"a" * 6_000_000)
    error = failure(XPublisher(x_tokens.saved[0], address=address, timeouts=IMPATIENCE), make_publication())
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, Reason.UNREADABLE)


def test_an_answer_that_drips_is_given_up(x_tokens, make_publication):
    address = serve_once(b"HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n" + b" " * 500, drip=0.05)
    error = failure(XPublisher(x_tokens.saved[0], address=address, timeouts=IMPATIENCE), make_publication())
    assert error.outcome is Outcome.UNKNOWN


# Tokens stay unseen -------------------------------------------------------------------------------------------


def every_failure(networks, x, make_publication, png):
    for fault in (
        *({"do": "status", "status": status} for status in (400, 401, 402, 403, 404, 422, 429, 500, 302)),
        {"do": "drop"},
        {"do": "corrupt"},
        {"do": "half"},
    ):
        networks.disarm()
        networks.arm(network="x", path="/2/*", **{"times": 9, **fault})
        for act in (lambda: x.create(make_publication()), lambda: x.upload(png, "alt"), x.check):
            try:
                act()
            except PublishError as error:
                yield error


@pytest.mark.parametrize("kind", ["OAuth 1.0a", "OAuth 2"])
def test_no_token_shows_in_any_error_traceback_or_log(kind, networks, x, x_oauth1, make_publication, png, caplog):
    caplog.set_level(logging.DEBUG)
    publisher = x if kind == "OAuth 2" else x_oauth1
    token = publisher._client.token
    secrets = [value.reveal() for value in vars(token).values() if isinstance(value, Secret)]
    assert len(secrets) >= 2
    errors = list(every_failure(networks, publisher, make_publication, png))
    assert len(errors) > 22
    text = "".join(map(seen, errors)) + caplog.text + repr(token) + repr(publisher)
    for secret in secrets:
        assert secret not in text


def test_a_secret_is_not_shown_or_pickled():
    secret = Secret("s3cret")
    assert "s3cret" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError, match="not pickled"):
        secret.__reduce__()
    assert secret == Secret("s3cret") != Secret("other")
    assert "s3cret" not in repr(OAuth2Token(secret))
