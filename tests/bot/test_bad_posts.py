"""Posts that cannot go out: said before anything is sent, and once mended, approved and published."""

import hashlib
import io

import pytest
from PIL import Image

from bot.errors import Misuse
from bot.pictures import write_whole
from bot.pipeline.planning import plan
from bot.pipeline.publish import publish
from bot.pipeline.rewriting import edit
from bot.records.values import Planned
from tests.bot.conftest import unique


def requests_of(networks):
    return len(networks.journal("posted")) + len(networks.journal("uploaded"))


@pytest.mark.parametrize(
    ("network", "text", "pictures", "told"),
    [
        ("x", "x" * 281, 1, "counts 281 characters and may have 280: shorten it by 1"),
        ("x", "hello", 5, "has 5 pictures and may have 4: remove 1"),
        ("linkedin", "(" * 1_501, 1, "counts 3,002 characters and may have 3,000"),
        ("linkedin", "hello", 21, "has 21 pictures and may have 20: remove 1"),
    ],
)
def test_what_a_network_would_refuse_is_refused_before_the_approval(
    studio, approve, networks, connect, network, text, pictures, told
):
    connect(network, "1001" if network == "x" else "organization")
    before = requests_of(networks)
    with pytest.raises(Misuse, match=told):
        approve(text, networks=(network,), pictures=pictures)
    [post] = studio.records.posts_by("ana")
    assert (post.state, requests_of(networks)) == ("review", before)
    words = unique("mended")
    edit(studio, post.id, "ana", words)
    [row] = studio.records.approve(
        post.id,
        plan(studio, studio.records.post(post.id), studio.records.candidates(post.id)[:1]),
        "ana",
        "yes",
    )
    assert publish(studio, row.id).state == "published"


def damaged(studio, kind):
    """A picture in the store whose bytes are what their name says, and no picture that can be sent."""
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 60).save(buffer, "PNG")
    whole = buffer.getvalue()
    # A header that promises 50,000 × 50,000 pixels: a decompression bomb.
    bomb = whole[:16] + (50_000).to_bytes(4, "big") * 2 + whole[24:]
    data = {"truncated": whole[: len(whole) // 2], "bomb": bomb}[kind]
    digest = hashlib.sha256(data).hexdigest()
    write_whole(studio.pictures.path(digest), data)
    return digest


@pytest.mark.parametrize("kind", ["truncated", "bomb"])
def test_a_picture_that_cannot_be_sent_fails_the_post_before_it_is_sent_and_another_may_be_approved(
    studio, approve, networks, connect, kind
):
    connect("x", "1001")
    text = unique("hello")
    [row] = approve(text)
    studio.records.edit_post(row.post_id, "ana", "another picture", draft=text)
    plans = [Planned("x", "main", text, ((damaged(studio, kind), "a rocket"),))]
    before = requests_of(networks)
    [row] = studio.records.approve(row.post_id, plans, "ana", "yes")
    row = publish(studio, row.id)
    assert (row.state, requests_of(networks)) == ("failed", before)
    assert "picture" in row.error
    studio.records.edit_post(row.post_id, "ana", "the first picture again", draft=text)
    picks = studio.records.candidates(row.post_id)
    [row] = studio.records.approve(row.post_id, plan(studio, studio.records.post(row.post_id), picks), "ana", "yes")
    assert publish(studio, row.id).state == "published"


@pytest.mark.parametrize(("network", "kind"), [("x", ""), ("x", "1001"), ("linkedin", "organization")])
def test_revoked_tokens_pause_the_account_and_the_post_goes_out_once_it_is_connected_anew(
    studio, approve, networks, connect, network, kind
):
    connect(network, kind)
    [row] = approve(unique("hello"), networks=(network,))
    if kind == "1001":  # keys of OAuth 1.0a are taken back at the developer portal
        networks.arm(network="x", path="*", do="status", status=401, times=9)
    networks.revoke(network)
    row = publish(studio, row.id)
    assert row.state == "planned"
    [account] = studio.records.accounts()
    assert account.state == "paused"
    assert "connect the account again" in account.notice.lower()
    networks.reset()
    connect(network, kind)
    assert publish(studio, row.id).state == "published"
