"""Taking a live post down: gone from its network, kept in the records, and never counted as on its way again."""

import uuid

import pytest

from bot.errors import Refused
from bot.pipeline.publish import publish
from bot.pipeline.take_down import take_down
from publishers import PublishError


def published(studio, approve, networks=("x",)):
    rows = approve(f"hello {uuid.uuid4().hex}", networks=networks)
    return [publish(studio, row.id) for row in rows]


def deleted(networks, row):
    return [entry["id"] for entry in networks.journal("deleted")].count(row.remote_id)


@pytest.mark.parametrize(("network", "kind"), [("x", "1001"), ("linkedin", "organization"), ("linkedin", "person")])
def test_a_live_post_is_deleted_on_its_network_and_the_audit_says_who_did_it(
    studio, approve, networks, connect, network, kind
):
    connect(network, kind)
    [row] = published(studio, approve, (network,))
    assert take_down(studio, row.id, "ben").state == "taken_down"
    assert deleted(networks, row) == 1
    last = studio.records.audit(row.id)[-1]
    assert (last.person, last.from_state, last.to_state) == ("ben", "published", "taken_down")


def test_a_network_that_refuses_leaves_the_post_published(studio, approve, networks, connect):
    connect("x", "1001")
    [row] = published(studio, approve)
    networks.arm(network="x", method="DELETE", path="*", do="status", status=403)
    with pytest.raises(PublishError, match="does not allow this"):
        take_down(studio, row.id, "ben")
    assert studio.records.publication(row.id).state == "published"
    assert take_down(studio, row.id, "ben").state == "taken_down"


def test_cut_off_after_the_network_acted_it_is_done_again(studio, approve, networks, connect):
    connect("x", "1001")
    [row] = published(studio, approve)
    networks.arm(network="x", method="DELETE", path="*", do="drop", acted=True)
    with pytest.raises(PublishError, match="connection to X broke"):
        take_down(studio, row.id, "ben")
    assert take_down(studio, row.id, "ben").state == "taken_down"


def test_what_is_not_published_is_refused_with_its_state(studio, approve):
    [row] = approve("hello")
    with pytest.raises(Refused, match="is planned: only what is published"):
        take_down(studio, row.id, "ben")


def test_an_edit_leaves_what_was_taken_down_as_it_is(studio, approve):
    [x, _] = sorted(published(studio, approve, ("x", "linkedin")), key=lambda row: row.network, reverse=True)
    take_down(studio, x.id, "ben")
    studio.records.edit_post(x.post_id, "ana", "other words", draft="other words")
    states = {row.network: row.state for row in studio.records.publications(x.post_id)}
    assert states == {"x": "taken_down", "linkedin": "published"}


def test_the_command_takes_down_what_is_live_and_says_what_it_met_otherwise(easel, studio, approve):
    [row] = published(studio, approve)
    result = easel("take-down", row.post_id)
    assert (result.returncode, result.stdout) == (0, b"x: taken down\n"), result.stderr
    again = easel("take-down", row.id)
    assert again.returncode == 2
    assert b"nothing to take down" in again.stderr
    assert b"x is taken_down" in again.stderr
