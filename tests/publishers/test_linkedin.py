"""The LinkedIn publisher against the local LinkedIn: people, organisations, and every way it can go wrong."""

import io
import logging
import re
import socket
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PIL import Image

from publishers import (
    Absent,
    Found,
    LinkedInPublisher,
    Media,
    Outcome,
    Publisher,
    PublishError,
    Reason,
    Secret,
    Timeouts,
    Unknown,
    carousel_pdf,
)
from publishers.linkedin.client import version_warning
from tests.publishers.conftest import IMPATIENCE, failure, saving, seen

CREATE = {"network": "linkedin", "method": "POST", "path": "/rest/posts"}


def test_both_are_publishers(person, organization):
    assert isinstance(person, Publisher)
    assert isinstance(organization, Publisher)


def test_a_text_with_every_reserved_character_arrives_whole(networks, person, make_publication):
    text = "no (cap) [really] {fr} <b> @you *bold* _it_ ~no~ a|b \\o/ #JAX #1 https://example.com/a_(b)#c"
    published = person.create(make_publication(text))
    (entry,) = networks.journal("posted", "linkedin")
    assert entry["text"] == text
    assert published.remote_id == entry["id"]
    assert published.url == f"{networks.linkedin}/feed/update/{entry['id']}"


@pytest.mark.parametrize("count", [1, 2, 20])
def test_pictures_arrive_in_order_with_their_alt_texts(networks, person, png, make_publication, count):
    media = [person.upload(person.prepare(png), f"alt {number}") for number in range(count)]
    person.create(make_publication("pictures", media))
    (entry,) = networks.journal("posted")
    assert entry["alts"] == [f"alt {number}" for number in range(count)]
    assert entry["uploads"] == [item.id for item in media]


def test_an_organisation_waits_until_its_pictures_are_ready(networks, organization, png, make_publication):
    networks.change(processing_seconds=0.3)
    organization.create(make_publication("ready", [organization.upload(png, "alt")]))
    assert len(networks.journal("posted")) == 1


def test_a_person_waits_a_grace_period_instead(networks, png, make_publication, linkedin):
    person = linkedin("urn:li:person:ada1815", grace=0.5)
    networks.change(processing_seconds=0.2)
    person.create(make_publication("ready", [person.upload(png, "alt")]))
    assert len(networks.journal("posted")) == 1


def pictures(*sizes: tuple[int, int]) -> list[bytes]:
    made = []
    for size in sizes:
        buffer = io.BytesIO()
        Image.new("RGB", size, "teal").save(buffer, "PNG")
        made.append(buffer.getvalue())
    return made


def test_a_carousel_is_one_document_with_a_page_for_each_picture(networks, person, make_publication):
    pdf = carousel_pdf(pictures((640, 480), (480, 640), (3000, 1000)), "Foxes")
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 3
    boxes = set(re.findall(rb"/MediaBox\s*\[([^\]]*)\]", pdf))
    assert len(boxes) == 1  # all pages have the first one's proportions
    media = person.upload(pdf, "Foxes")
    assert media.kind == "document"
    person.create(make_publication("swipe", [media]))
    assert networks.journal("posted")[0]["uploads"] == [media.id]


@pytest.mark.parametrize("count", [0, 11])
def test_a_carousel_of_none_or_of_more_than_ten_is_refused(count):
    with pytest.raises(PublishError, match=f"has 1 to 10 pictures and this one {count}"):
        carousel_pdf(pictures((8, 8)) * count, "title")


def test_a_document_and_a_picture_together_are_refused(networks, person, make_publication):
    media = [Media("urn:li:document:1", "title", "document"), Media("urn:li:image:1", "alt")]
    assert "one document or pictures, not both" in str(failure(person, make_publication("x", media)))
    assert networks.journal() == []


def test_an_organisation_finds_its_post_again(organization, make_publication):
    publication = make_publication("find (me) #now https://example.com/a_b  two  spaces\nand lines")
    assert organization.find(publication) == Absent()
    published = organization.create(publication)
    assert organization.find(publication) == Found(published)
    known = replace(publication, remote_id=published.remote_id)
    assert organization.find(known) == Found(published)
    organization.delete(known)
    organization.delete(known)
    assert organization.find(known) == Absent()
    assert organization.find(publication) == Absent()


def test_a_post_among_more_than_a_page_of_others_is_found(networks, organization, make_publication):
    wanted = make_publication("the first")
    organization.create(wanted)
    for number in range(55):
        organization.create(make_publication(f"other {number}"))
    assert isinstance(organization.find(wanted), Found)


def test_absence_is_not_sure_until_the_list_has_settled(make_publication, linkedin):
    slow = linkedin("urn:li:organization:2001", settling=timedelta(seconds=40))
    lookup = slow.find(make_publication("just tried"))
    assert isinstance(lookup, Unknown)
    assert 30 < lookup.look_again_after <= 40


def test_a_persons_posts_cannot_be_read_so_the_answer_is_never_known(person, make_publication):
    publication = make_publication("mine")
    person.create(publication)
    lookup = person.find(publication)
    assert isinstance(lookup, Unknown)
    assert lookup.look_again_after is None


def test_a_refused_lookup_is_unknown_too(networks, organization, make_publication):
    networks.arm(network="linkedin", method="GET", path="/rest/posts", do="status", status=403)
    assert isinstance(organization.find(make_publication()), Unknown)


def test_a_repeated_post_is_recorded_under_the_id_it_already_has(networks, person, make_publication):
    first = person.create(make_publication("again"))
    second = person.create(make_publication("again"))
    assert second == replace(first, status="already_published")
    assert len(networks.journal("posted")) == 1


def test_a_duplicate_without_an_id_is_unknown(networks, person, make_publication):
    body = {"status": 422, "code": "DUPLICATE_POST", "message": "Content is a duplicate"}
    networks.arm(**CREATE, do="status", status=422, body=body)
    error = failure(person, make_publication())
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, Reason.DUPLICATE)


def test_any_other_422_is_refused(networks, person, make_publication):
    networks.arm(**CREATE, do="status", status=422, body={"code": "INVALID_CONTENT", "message": "no"})
    error = failure(person, make_publication())
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.INVALID)
    assert "INVALID_CONTENT: no" in str(error)


def test_an_ended_version_is_refused_and_says_to_set_a_newer_one(networks, person, make_publication):
    networks.change(oldest_linkedin_version="203001")
    error = failure(person, make_publication())
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.VERSION)
    assert "NONEXISTENT_VERSION" in str(error)
    assert "Set a newer version" in str(error)


def test_a_version_is_warned_about_at_ten_months():
    assert version_warning("202601", date(2026, 10, 31)) is None
    assert "10 months old" in version_warning("202601", date(2026, 11, 1))


@pytest.mark.parametrize("version", ["2026", "202613", "26-01", "202609 "])
def test_a_version_that_is_none_is_refused(version, linkedin_token):
    with pytest.raises(PublishError, match="write it as 202609"):
        LinkedInPublisher("urn:li:person:a", linkedin_token("urn:li:person:ada1815"), version=version)


@pytest.mark.parametrize(
    "author", ["", "ada", "urn:li:person:", "urn:li:share:1", "urn:li:person:a/b", "urn:li:person:a\n", "x" * 500]
)
def test_an_author_that_is_no_urn_is_refused(author, linkedin_token):
    with pytest.raises(PublishError, match="no author on LinkedIn"):
        LinkedInPublisher(author, linkedin_token("urn:li:person:ada1815"))


@pytest.mark.parametrize("urn", [None, "", "5", "urn:li:person:1", "urn:li:share:1/../2"])
def test_an_id_that_is_no_post_is_refused_before_anything_is_sent(person, make_publication, urn):
    with pytest.raises(PublishError, match=r"no id of a post on LinkedIn|id of this post is not known"):
        person.delete(make_publication(remote_id=urn))


@pytest.mark.parametrize("text", ["a" * 3_001, "(" * 1_501, "", "nul \x00"])
def test_a_text_linkedin_would_refuse_is_refused_before_anything_is_sent(networks, person, make_publication, text):
    assert failure(person, make_publication(text)).outcome is Outcome.REFUSED
    assert networks.journal() == []


def test_check_tells_the_name_missing_scopes_and_the_tokens_end(linkedin, linkedin_token):
    author = "urn:li:person:ada1815"
    token = linkedin_token(author)
    assert linkedin(author, token).check().warnings == ()
    soon = replace(
        token,
        expires_at=datetime.now(UTC) + timedelta(days=3),
        refresh_token=None,
        scopes=frozenset({"openid", "profile"}),
    )
    report = linkedin(author, soon, version="202512").check()
    assert report.name == "Ada Painter"
    missing, ending, *_ = report.warnings
    assert missing == "LinkedIn did not grant w_member_social: connect the account again."
    assert ending.startswith("LinkedIn's token ends on ")


def test_a_token_of_someone_else_is_refused(linkedin, linkedin_token):
    wrong = linkedin("urn:li:person:someone", linkedin_token("urn:li:person:ada1815"))
    with pytest.raises(PublishError, match="belongs to urn:li:person:ada1815 and not to urn:li:person:someone"):
        wrong.check()


def test_a_token_that_ran_out_is_renewed_once_stored_and_used(
    networks, organization, organization_tokens, make_publication
):
    networks.end_access("linkedin")
    organization.create(make_publication())
    assert len(networks.journal("posted")) == len(networks.journal("refreshed")) == 1
    assert organization_tokens.saved[-1] != organization_tokens.saved[0]


def test_a_token_that_cannot_be_renewed_is_refused(networks, make_publication, linkedin, linkedin_token):
    author = "urn:li:person:ada1815"
    person = linkedin(author, replace(linkedin_token(author), refresh_token=None))
    networks.end_access("linkedin")
    error = failure(person, make_publication())
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.UNAUTHORIZED)
    assert "EXPIRED_ACCESS_TOKEN" in str(error)


def test_revoked_tokens_are_refused_and_say_to_connect_again(networks, organization, make_publication):
    networks.revoke("linkedin")
    error = failure(organization, make_publication())
    assert (error.outcome, error.reason) == (Outcome.REFUSED, Reason.UNAUTHORIZED)
    assert "connect the account again" in str(error)


def test_a_passing_trouble_with_renewal_does_not_disconnect_the_account(networks, organization, make_publication):
    networks.end_access("linkedin")
    networks.arm(network="linkedin", path="/oauth/v2/accessToken", do="drop")
    assert failure(organization, make_publication()).outcome is Outcome.RETRY_AFTER
    organization.create(make_publication())


def test_the_daily_limit_waits_for_midnight_utc(networks, person, make_publication):
    networks.change(linkedin_posts_per_day=1)
    person.create(make_publication("one"))
    error = failure(person, make_publication("two"))
    assert (error.outcome, error.reason) == (Outcome.RETRY_AFTER, Reason.RATE_LIMIT)
    now = datetime.now(UTC)
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    assert abs((now + timedelta(seconds=error.retry_after) - midnight).total_seconds()) < 5


@pytest.mark.parametrize("acted", [True, False])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"do": "status", "status": 500}, Reason.SERVER),
        ({"do": "status", "status": 503}, Reason.SERVER),
        ({"do": "drop"}, Reason.CONNECTION),
        ({"do": "corrupt"}, Reason.UNREADABLE),
        ({"do": "status", "status": 201, "headers": {"x-restli-id": "urn:li:share:x"}}, Reason.UNREADABLE),
    ],
)
def test_doubt_is_unknown_and_the_lookup_tells_which(networks, organization, make_publication, fault, reason, acted):
    networks.arm(**CREATE, acted=acted, **fault)
    publication = make_publication()
    error = failure(organization, publication)
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, reason)
    assert isinstance(organization.find(publication), Found) is acted


def test_a_timeout_after_the_request_was_sent_is_unknown(
    networks, linkedin, linkedin_token, organization, make_publication
):
    networks.arm(**CREATE, do="delay", seconds=1.5, acted=True)
    publication = make_publication()
    token = linkedin_token("urn:li:organization:2001")
    error = failure(linkedin("urn:li:organization:2001", token, timeouts=IMPATIENCE), publication)
    assert (error.outcome, error.reason) == (Outcome.UNKNOWN, Reason.TIMEOUT)
    assert token.access_token.reveal() not in seen(error)
    assert isinstance(organization.find(publication), Found)


def test_a_timeout_before_the_request_was_sent_is_no_attempt(linkedin, make_publication, unanswered):
    hasty = Timeouts(connect=0.3, read=5.0, whole=5.0)
    error = failure(linkedin("urn:li:person:ada1815", address=unanswered, timeouts=hasty), make_publication())
    assert (error.outcome, error.reason) == (Outcome.RETRY_AFTER, Reason.CONNECTION)


def test_no_connection_at_all_is_no_attempt(make_publication, linkedin):
    author = "urn:li:person:ada1815"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = failure(linkedin(author, address=address), make_publication())
    assert (error.outcome, error.reason) == (Outcome.RETRY_AFTER, Reason.CONNECTION)


@pytest.mark.parametrize("address", ["nonsense", "ftp://127.0.0.1", "http://[::1"])
def test_an_address_that_is_none_is_refused(make_publication, address, linkedin):
    author = "urn:li:person:ada1815"
    assert failure(linkedin(author, address=address), make_publication()).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example/upload",
        "https://linkedin.com.evil.example/",
        "http://www.linkedin.com/x",
        "file:///x",
        "",
        "/x",
    ],
)
def test_the_token_is_sent_to_no_upload_address_outside_of_linkedin(networks, person, png, address):
    body = {"value": {"uploadUrl": address, "image": "urn:li:image:1"}}
    networks.arm(network="linkedin", path="/rest/images", do="status", status=200, body=body)
    with pytest.raises(PublishError, match="upload address that is not its own"):
        person.upload(png, "alt")


def test_trouble_with_an_upload_can_simply_be_tried_again(networks, organization, png):
    for path in ("/rest/images", "/dms-uploads/*", "/rest/images/*"):
        for fault in ({"do": "drop"}, {"do": "status", "status": 503}):
            networks.arm(network="linkedin", path=path, **fault)
            with pytest.raises(PublishError) as caught:
                organization.upload(png, "alt")
            assert caught.value.outcome is Outcome.RETRY_AFTER
            organization.upload(png, "alt")


def test_what_is_no_prepared_picture_is_not_uploaded(networks, person):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "WEBP")
    for data in (b"", b"text", buffer.getvalue()):
        with pytest.raises(PublishError, match=r"call prepare\(\) first"):
            person.upload(data, "alt")
    assert networks.journal() == []


def every_failure(networks, organization, make_publication, png):
    for fault in (
        *({"do": "status", "status": status} for status in (400, 401, 403, 404, 422, 426, 429, 500, 302)),
        {"do": "drop"},
    ):
        networks.disarm()
        networks.arm(network="linkedin", path="/*", **{"times": 9, **fault})
        for act in (
            lambda: organization.create(make_publication()),
            lambda: organization.upload(png, "alt"),
            lambda: organization.find(make_publication()),
        ):
            try:
                act()
            except PublishError as error:
                yield error


def test_no_token_shows_in_any_error_traceback_or_log(networks, organization, make_publication, png, caplog):
    caplog.set_level(logging.DEBUG)
    before = organization._client.token
    errors = list(every_failure(networks, organization, make_publication, png))
    assert len(errors) > 20
    text = "".join(map(seen, errors)) + caplog.text + repr(before) + repr(organization)
    after = organization._client.token
    secrets = [value for token in (before, after) for value in vars(token).values() if isinstance(value, Secret)]
    assert len(secrets) == 4
    for secret in secrets:
        assert secret.reveal() not in text


def test_a_renewed_token_is_handed_over_before_it_is_used(networks, linkedin, make_publication):
    author = "urn:li:organization:2001"
    order = []
    organization = linkedin(author, rotate=saving(lambda token: order.append(networks.journal("posted"))))
    networks.end_access("linkedin")
    organization.create(make_publication())
    assert order == [[]]
