"""Several pictures as one document: approved as such, handed over as such, one by one where there is no such thing."""

import json
import uuid

import pytest
from sqlalchemy import update

from bot.errors import Misuse, Refused
from bot.pipeline.publish import publish
from bot.records.tables import PublicationRow


def test_linkedin_gets_a_document_with_the_posts_first_line_as_its_name_and_x_the_pictures(
    studio, approve, networks, connect
):
    connect("x", "1001")
    connect("linkedin", "organization")
    text = f"Three foxes {uuid.uuid4().hex[:12]}"
    rows = approve(f"{text}\nand more", networks=("x", "linkedin"), pictures=3, carousel=True)
    assert {publish(studio, row.id).state for row in rows} == {"published"}
    on = {entry["network"]: entry for entry in networks.journal("posted") if text in entry["text"]}
    [document] = on["linkedin"]["uploads"]
    assert document.startswith("urn:li:document:")
    assert len(on["x"]["uploads"]) == 3
    assert f"{text} · PDF" in networks.page("linkedin")


def test_one_picture_is_no_carousel(approve):
    [row] = approve(networks=("linkedin",), carousel=True)
    assert row.carousel is False


def test_ten_pages_are_the_most_and_more_are_refused_before_the_approval(studio, approve):
    assert approve(networks=("linkedin",), pictures=10, carousel=True)[0].carousel
    with pytest.raises(Misuse, match="has 11 pages and may have 10: remove 1"):
        approve(networks=("linkedin",), pictures=11, carousel=True)


def test_what_was_approved_as_pictures_does_not_go_out_as_a_carousel(studio, approve):
    [row] = approve(networks=("linkedin",), pictures=2)
    with studio.records.engine.begin() as connection:
        connection.execute(update(PublicationRow).values(carousel=True))
    with pytest.raises(Refused, match="differs from what was approved"):
        studio.records.begin_publishing(row.id, row.attempt)


def test_the_command_line_asks_for_a_carousel(easel, studio, approve, home):
    [row] = approve("two foxes", networks=("linkedin",), pictures=2)
    studio.records.edit_post(row.post_id, "ana", "again", draft="two foxes")
    result = easel("review", row.post_id, "--approve", "1,2", "--carousel", "--json")
    assert result.returncode == 0, result.stderr.decode()
    [publication] = json.loads(result.stdout.splitlines()[-1])["publications"]
    assert (home / "outbox" / "linkedin" / publication["id"] / "carousel.pdf").read_bytes().startswith(b"%PDF-")
