"""Published pictures carry credentials that verify in the very bytes that arrive; nothing else is in them."""

import hashlib
import io
import json
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import c2pa
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from bot.errors import EaselError, Misuse
from bot.pipeline.publish import publish
from bot.pipeline.visit import visit
from bot.provenance import UNATTENDED, Drawing, Facts, Identity, Signer, State, certificate, read_credentials
from bot.provenance.facts import manifest
from bot.settings import load_settings

FACTS = Facts((Drawing("doodle", "r1", 7, "a red fox"),))


@pytest.fixture
def signer(home):
    return Signer.open(load_settings())


def encoded(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def drawing(size=64):
    pixels = np.random.default_rng(1).integers(0, 256, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def arrived(networks, text):
    """What each network got of a post: its journal entry and the bytes of its uploads."""
    posts = [entry for entry in networks.journal("posted") if text in entry["text"]]
    return {post["network"]: (post, [networks.media(upload) for upload in post["uploads"]]) for post in posts}


@pytest.mark.parametrize("size", [64, 1_600])
def test_credentials_verify_in_the_bytes_that_arrive_also_where_a_network_wants_another_picture(
    studio, approve, networks, connect, size
):
    connect("x", "1001")
    connect("linkedin", "organization")
    text = f"foxes {uuid.uuid4().hex[:12]}"
    for row in approve(text, networks=("x", "linkedin"), images=[drawing(size), Image.new("RGB", (40, 30), "teal")]):
        assert publish(studio, row.id).state == "published"
    got = arrived(networks, text)
    assert got.keys() == {"x", "linkedin"}
    for _, uploads in got.values():
        assert uploads[0].startswith(b"\x89PNG" if size == 64 else b"\xff\xd8")
        for seed, data in enumerate(uploads):
            found = read_credentials(data, studio.signer.identity.anchor)
            assert (found.state, found.made_with_ai) == (State.TRUSTED, True)
            assert found.generation == {
                "approved_by": "a person",
                "pictures": [
                    {
                        "model": "doodle",
                        "revision": "r1",
                        "seed": seed,
                        "prompt_sha256": hashlib.sha256(b"a rocket").hexdigest(),
                    }
                ],
            }
            assert len(data) <= 5_000_000


def test_a_carousel_carries_the_credentials_of_all_its_pages(studio, approve, networks, connect):
    connect("linkedin", "organization")
    text = f"three foxes {uuid.uuid4().hex[:12]}"
    [row] = approve(text, networks=("linkedin",), pictures=3, carousel=True)
    assert publish(studio, row.id).state == "published"
    _, [document] = arrived(networks, text)["linkedin"]
    found = read_credentials(document, studio.signer.identity.anchor)
    assert document.startswith(b"%PDF-")
    assert found.state is State.TRUSTED
    assert [page["seed"] for page in found.generation["pictures"]] == [0, 1, 2]


def test_x_is_told_that_pictures_are_made_with_ai_and_not_that_words_are(studio, approve, networks, connect):
    connect("x", "1001")
    pictured, plain = (f"{kind} {uuid.uuid4().hex[:12]}" for kind in ("pictured", "plain"))
    for text, count in ((pictured, 1), (plain, 0)):
        [row] = approve(text, pictures=count)
        assert publish(studio, row.id).state == "published"
    assert arrived(networks, pictured)["x"][0]["made_with_ai"] is True
    assert arrived(networks, plain)["x"][0]["made_with_ai"] is False


def test_an_upload_that_is_cut_off_is_signed_again_and_the_post_is_there_once(studio, approve, networks, connect):
    connect("x", "1001")
    text = f"again {uuid.uuid4().hex[:12]}"
    [row] = approve(text)
    networks.arm(network="x", method="POST", path="/2/media/upload", do="drop", acted=True)
    networks.arm(network="x", method="POST", path="/2/tweets", do="drop", acted=True)
    studio.settings = studio.settings.model_copy(update={"settle_seconds": 0.0})
    for _ in range(4):  # sent, sent again, looked for: each at once, not after the waits of a worker
        row = visit(studio, row.id, row.attempt)
    assert row.state == "published"
    assert sum(entry["written"] == text for entry in networks.journal("posted")) == 1
    [data] = arrived(networks, text)["x"][1]
    assert read_credentials(data, studio.signer.identity.anchor).state is State.TRUSTED


def test_a_picture_that_nobody_drew_for_the_post_is_not_sent(studio, approve):
    [row] = approve()
    with studio.records.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE candidates SET picture = 'another'")
    row = publish(studio, row.id)
    assert row.state == "failed"
    assert "nobody knows how it was made" in row.error


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_changed_bytes_fail_and_a_file_without_credentials_says_none(signer, form):
    signed = signer.sign(encoded(drawing(), form), FACTS)
    anchor = signer.identity.anchor
    assert read_credentials(signed, anchor).state is State.TRUSTED
    start, end = (signed.find(mark) for mark in (b"jumb", b"trainedAlgorithmicMedia</"))  # XMP follows the credentials
    for place in (start + 100, *range(end - 300, len(signed), 97)):
        changed = bytearray(signed)
        changed[place] ^= 1
        found = read_credentials(bytes(changed), anchor)
        assert (found.state, bool(found.problems)) == (State.INVALID, True), place
    assert read_credentials(encoded(drawing(), form), anchor).state is State.NONE


def test_another_signers_file_is_intact_but_not_ours(signer, tmp_path):
    stranger = Signer.open(load_settings().model_copy(update={"home": tmp_path / "other"}))
    found = read_credentials(stranger.sign(encoded(drawing()), FACTS), signer.identity.anchor)
    assert (found.state, found.problems) == (State.VALID, ())
    with pytest.raises(EaselError, match="no PNG, JPEG, WebP or PDF"):
        read_credentials(b"GIF89a")
    assert read_credentials(encoded(drawing())[:60]).state is State.INVALID


def test_the_pixels_stay_and_places_names_and_texts_go(signer):
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ana Secret"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (51.0, 30.0, 0.0)
    texts = PngInfo()
    texts.add_text("Author", "Ana Secret")
    texts.add_itxt("Comment", "Ana Secret")
    png = encoded(drawing(), "PNG", exif=exif, pnginfo=texts) + b"Ana Secret"
    jpeg = encoded(drawing(), "JPEG", exif=exif, comment="Ana Secret", xmp=b"<x>Ana Secret</x>") + b"Ana Secret"
    older = signer.sign(encoded(drawing()), Facts((Drawing("Ana Secret", "r0", 1, ""),)))
    for data in (png, jpeg, older):
        signed = signer.sign(data, FACTS)
        assert b"Ana Secret" not in signed
        assert np.array_equal(pixels(signed), pixels(data))
        picture = Image.open(io.BytesIO(signed))
        assert not picture.getexif()
        assert b"trainedAlgorithmicMedia" in picture.info["xmp"]
        assert read_credentials(signed, signer.identity.anchor).state is State.TRUSTED


def test_colour_profiles_transparency_and_progressive_scans_survive(signer):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    ghost = drawing().convert("RGBA")
    ghost.putalpha(100)
    signed = Image.open(io.BytesIO(signer.sign(encoded(ghost, icc_profile=profile), FACTS)))
    assert signed.info["icc_profile"] == profile
    assert signed.getchannel("A").getextrema() == (100, 100)
    scans = encoded(drawing(), "JPEG", icc_profile=profile, progressive=True, restart_marker_rows=1)
    signed = signer.sign(scans, FACTS)
    assert np.array_equal(pixels(signed), pixels(scans))
    assert Image.open(io.BytesIO(signed)).info["icc_profile"] == profile


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_cut_short_anywhere_is_refused_in_words(signer, form):
    whole = encoded(drawing(16), form)
    for length in range(2, len(whole) - 2, 7):
        with pytest.raises(EaselError, match=r"damaged|Only PNG and JPEG"):
            signer.sign(whole[:length], FACTS)


def test_the_prompt_and_the_approver_are_told_only_where_settings_allow(studio, approve, home, monkeypatch):
    [row] = approve("hello")
    assert publish(studio, row.id).state == "published"
    quiet = outbox_picture(home, row)
    assert b"a rocket" not in quiet
    assert b"ana" not in quiet
    studio.settings = studio.settings.model_copy(update={"credentials_prompt": True, "credentials_approver": "hash"})
    [row] = approve("hello again")
    assert publish(studio, row.id).state == "published"
    told = read_credentials(outbox_picture(home, row)).generation
    assert told["pictures"][0]["prompt"] == "a rocket"
    assert told["approver"] == studio.signer.unreadable("ana")
    assert told["approver"] != hashlib.sha256(b"ana").hexdigest()


def outbox_picture(home, row):
    return (home / "outbox" / row.network / row.id / "picture-1.png").read_bytes()


def test_what_a_script_took_unseen_is_not_called_approved_by_a_person(easel, studio, approve, home):
    [row] = approve("two foxes", pictures=2)
    for arguments, said in ((["--approve", "best"], UNATTENDED), (["--approve", "2"], "a person")):
        studio.records.edit_post(row.post_id, "ana", "again", draft=f"foxes {said}")
        [old] = [item for item in studio.records.publications(row.post_id) if item.state == "published"] or [None]
        if old:
            [row] = approve("two more foxes", pictures=2)
            studio.records.edit_post(row.post_id, "ana", "again", draft="foxes")
        result = easel("review", row.post_id, *arguments, "--json")
        assert result.returncode == 0, result.stderr.decode()
        [publication] = json.loads(result.stdout.splitlines()[-1])["publications"]
        file = home / "outbox" / "x" / publication["id"] / "picture-1.png"
        assert read_credentials(file.read_bytes()).generation["approved_by"] == said


def test_a_certificate_is_made_once_for_its_owner_alone(signer, home):
    file = home / "credentials.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert signer.identity.self_made
    assert signer.identity.is_new
    again = Signer.open(load_settings()).identity
    assert (again.chain, again.is_new) == (signer.identity.chain, False)
    assert "PRIVATE" not in repr(signer)
    file.chmod(0o644)
    with pytest.raises(EaselError, match="chmod 600"):
        Identity.open(load_settings())


def test_a_file_that_names_an_address_for_its_credentials_is_read_without_asking_there(signer):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    key = c2pa.C2paSignerInfo("es256", signer.identity.chain, signer.identity.key, None)
    remote = io.BytesIO()
    with c2pa.Signer.from_info(key) as signing, c2pa.Builder(manifest(FACTS, "1")) as builder:
        builder.set_no_embed()
        builder.set_remote_url(f"http://127.0.0.1:{server.server_port}/manifest.c2pa")
        builder.sign(signing, "image/png", io.BytesIO(encoded(drawing())), remote)
    assert b"manifest.c2pa" in remote.getvalue()
    assert read_credentials(remote.getvalue(), signer.identity.anchor).state is State.NONE
    server.shutdown()
    server.server_close()
    assert asked == []


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate,
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP384R1()),
    ],
)
def test_a_teams_own_certificate_signs(home, tmp_path, key):
    settings = with_certificate(tmp_path, key())
    signer = Signer.open(settings)
    assert not signer.identity.self_made
    assert read_credentials(signer.sign(encoded(drawing()), FACTS), Identity.known(settings)).state is State.TRUSTED
    assert not (home / "credentials.pem").exists()


def with_certificate(folder, key, **names):
    """Settings that name a certificate for `key` as a team would have it."""
    chain, private = certificate.issue(key)
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(private)
    files = {"credentials_certificate": str(folder / "chain.pem"), "credentials_key": str(folder / "key.pem")}
    return load_settings().model_copy(update={**files, **names})


def test_a_certificate_that_cannot_sign_is_refused_in_one_line_before_anything_is_approved(
    home, tmp_path, studio, approve, monkeypatch
):
    key = ec.generate_private_key(ec.SECP256R1())
    fits = with_certificate(tmp_path, key)
    (tmp_path / "other.pem").write_bytes(certificate.issue(ed25519.Ed25519PrivateKey.generate())[1])
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    (tmp_path / "locked.pem").write_bytes(locked)
    (tmp_path / "junk.pem").write_bytes(b"junk")
    for changes, told in (
        ({"credentials_key": ""}, "both, or neither"),
        ({"credentials_key": str(tmp_path / "none.pem")}, "cannot be read"),
        ({"credentials_key": str(tmp_path / "other.pem")}, "not that of the first certificate"),
        ({"credentials_key": str(tmp_path / "locked.pem")}, "without a password"),
        ({"credentials_certificate": str(tmp_path / "junk.pem")}, "no certificate"),
    ):
        with pytest.raises(Misuse, match=told):
            Signer.open(fits.model_copy(update=changes))
    monkeypatch.setattr(certificate, "LIFE", timedelta(hours=-1))
    with pytest.raises(Misuse, match="only: renew it"):
        Signer.open(with_certificate(tmp_path, key))
    monkeypatch.undo()
    monkeypatch.setattr(certificate, "USES", ("1.3.6.1.5.5.7.3.1",))  # for web servers
    with pytest.raises(Misuse, match="cannot sign pictures"):
        Signer.open(with_certificate(tmp_path, key))
    studio.settings = fits.model_copy(update={"credentials_key": ""})
    with pytest.raises(Misuse, match="both, or neither"):
        approve()
    assert studio.records.planned() == []


def test_the_command_shows_and_verifies(easel_here, signer, tmp_path):
    signed = signer.sign(encoded(drawing()), FACTS)
    (tmp_path / "good.png").write_bytes(signed)
    (tmp_path / "plain.png").write_bytes(encoded(drawing()))
    (tmp_path / "bad.png").write_bytes(signed[:-30] + bytes([signed[-30] ^ 1]) + signed[-29:])
    (tmp_path / "text.png").write_text("no picture")
    ran = easel_here("provenance", str(tmp_path / "good.png"))
    assert ran.returncode == 0
    assert ran.stdout.startswith("trusted: the file is as it was signed, by this Easel")
    assert "model doodle, " in ran.stdout
    for name, status, told in (
        ("plain.png", 1, "none"),
        ("bad.png", 1, "invalid"),
        ("text.png", 1, "no PNG"),
        ("missing.png", 2, "cannot be read"),
    ):
        ran = easel_here("provenance", str(tmp_path / name))
        assert (ran.returncode, told in ran.stdout + ran.stderr) == (status, True), ran
        assert "Traceback" not in ran.stderr
    shown = json.loads(easel_here("provenance", str(tmp_path / "good.png"), "--json").stdout)
    assert (shown["state"], shown["generation"]["pictures"][0]["seed"]) == ("trusted", 7)
