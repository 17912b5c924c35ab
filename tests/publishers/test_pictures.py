"""A picture is changed only as far as a network demands, and never trusted."""

import contextlib
import io
import math
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw, ImageFilter

from publishers import PublishError, limits_of
from publishers.limits import PictureLimits
from publishers.pictures import HEADROOM, LEAST_PSNR, PreparedPicture, prepare_picture

X = limits_of("x").picture
LINKEDIN = limits_of("linkedin").picture


def encoded(picture: Image.Image, format_name: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **options)
    return buffer.getvalue()


def drawing(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """Soft colours and hard edges, as a model draws them."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    channels = [across, down, 1 - across * down] + ([np.ones_like(across)] if mode == "RGBA" else [])
    picture = Image.fromarray((np.stack(channels, axis=-1) * 255).astype(np.uint8), mode=None)
    ImageDraw.Draw(picture).ellipse((width // 4, height // 4, width // 2, height // 2), fill="crimson")
    return picture


def noise(width: int, height: int, blur: float = 0.0) -> Image.Image:
    data = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = Image.fromarray(data)
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


def reopened(prepared: PreparedPicture) -> Image.Image:
    picture = Image.open(io.BytesIO(prepared.data))
    picture.load()
    assert picture.size == (prepared.width, prepared.height)
    return picture


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP"])
def test_a_picture_within_the_limits_is_not_touched(format_name):
    data = encoded(drawing(), format_name)
    assert prepare_picture(data, X, "x").data == data


def test_linkedin_gets_webp_as_png_without_loss():
    data = encoded(drawing(), "WEBP", lossless=True)
    prepared = prepare_picture(data, LINKEDIN, "linkedin")
    assert prepared.format == "PNG"
    assert prepared.psnr == math.inf
    assert np.array_equal(np.asarray(reopened(prepared)), np.asarray(drawing()))


def test_a_still_gif_becomes_png_and_never_the_other_way_round():
    prepared = prepare_picture(encoded(drawing().quantize(64), "GIF"), X, "x")
    assert prepared.format == "PNG"
    for source in (drawing(), noise(1200, 1200)):
        assert prepare_picture(encoded(source), X, "x").format in {"PNG", "JPEG"}


def test_a_picture_over_five_megabytes_becomes_the_best_jpeg_that_fits_and_its_quality_is_measured():
    source = noise(1800, 1500, blur=1.0)
    data = encoded(source)
    assert len(data) > X.bytes
    prepared = prepare_picture(data, X, "x")
    picture = reopened(prepared)
    assert prepared.format == "JPEG"
    assert len(prepared.data) <= X.bytes - HEADROOM
    assert prepared.psnr >= LEAST_PSNR
    difference = np.asarray(picture, dtype=float) - np.asarray(source.resize(picture.size, 1), dtype=float)
    if picture.size == source.size:
        assert prepared.psnr == pytest.approx(10 * math.log10(255**2 / np.square(difference).mean()), abs=0.01)


def test_the_hardest_picture_there_is_still_fits():
    prepared = prepare_picture(encoded(noise(1024, 1024)), PictureLimits(200_000, 8192, 10**8, X.formats), "x")
    reopened(prepared)
    assert len(prepared.data) <= 200_000


def test_sixty_megapixels_are_resized_to_what_the_network_takes():
    data = encoded(Image.new("RGB", (10_000, 6_000), "navy"), "JPEG")
    prepared = prepare_picture(data, LINKEDIN, "linkedin")
    assert prepared.width * prepared.height < 36_152_320
    assert prepared.width / prepared.height == pytest.approx(10 / 6, rel=1e-3)
    assert reopened(prepared).format == "JPEG"


def test_more_pixels_than_can_be_decoded_safely_are_refused_before_decoding():
    with pytest.raises(PublishError, match=r"10,000 × 9,000 pixels; 64 million is the most"):
        prepare_picture(encoded(Image.new("L", (10_000, 9_000))), X, "x")


def bomb(width: int, height: int) -> bytes:
    """A PNG header that announces a picture without its pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(100_000, 100_000), (60_000, 2_000), (2_000_000_000, 2)])
def test_a_decompression_bomb_is_refused(size):
    with pytest.raises(PublishError, match=r"bomb|is the most|needs 4|damaged"):
        prepare_picture(bomb(*size), X, "x")


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_refused_wherever_it_was_cut(format_name):
    data = encoded(drawing(), format_name)
    chooser = random.Random(3)
    for cut in [1, 8, 30, len(data) // 2, len(data) - 40, *chooser.sample(range(1, len(data) - 20), 20)]:
        with pytest.raises(PublishError, match=r"damaged|is not a PNG"):
            prepare_picture(data[:cut], X, "x")


def test_flipped_bytes_give_a_picture_or_a_refusal_and_nothing_else():
    chooser = random.Random(5)
    for format_name in ("PNG", "JPEG", "WEBP", "GIF"):
        data = encoded(drawing(64, 48), format_name)
        for _ in range(60):
            broken = bytearray(data)
            for _ in range(chooser.randint(1, 6)):
                broken[chooser.randrange(len(broken))] = chooser.randrange(256)
            with contextlib.suppress(PublishError):
                reopened(prepare_picture(bytes(broken), X, "x"))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM" + bytes(100)]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PublishError, match="is not a PNG, JPEG, WebP or GIF file"):
        prepare_picture(data, X, "x")


def test_a_moving_picture_is_refused():
    frames = [drawing(), drawing().rotate(90)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(PublishError, match="moves"):
        prepare_picture(data, X, "x")


def test_where_a_photo_was_taken_goes_no_further_and_it_stays_upright():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 30.0, 1.0)
    data = encoded(drawing(), "JPEG", exif=exif, quality=95)
    prepared = prepare_picture(data, X, "x")
    picture = reopened(prepared)
    assert not picture.getexif()
    assert picture.size == (240, 320)
    assert prepared.psnr > LEAST_PSNR


def test_a_place_in_xmp_goes_too():
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="52,30N"/></x:xmpmeta>'
    prepared = prepare_picture(encoded(drawing(), "JPEG", xmp=packet), X, "x")
    assert b"GPSLatitude" not in prepared.data


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_colour_profile_stays_however_a_picture_is_encoded(mode):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = noise(400, 300).convert(mode)
    if mode == "RGBA":
        source.putpixel((0, 0), (0, 0, 0, 0))
    data = encoded(source, icc_profile=profile)
    for limits in (PictureLimits(10**6, 200, 10**8, X.formats), PictureLimits(60_000, 8192, 10**8, X.formats)):
        assert reopened(prepare_picture(data, limits, "x")).info["icc_profile"] == profile


def test_transparency_stays_in_png_and_becomes_white_in_jpeg():
    clear = drawing(mode="RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    prepared = prepare_picture(encoded(clear, "WEBP", lossless=True), LINKEDIN, "linkedin")
    assert reopened(prepared).mode == "RGBA"
    small = PictureLimits(20_000, 8192, 10**8, frozenset({"JPEG"}))
    veil = Image.new("RGBA", (200, 200), (255, 0, 0, 0))
    veil.paste(noise(200, 100), (0, 100))
    flat = reopened(prepare_picture(encoded(veil), small, "linkedin"))
    assert flat.mode == "RGB"
    assert min(flat.getpixel((flat.width // 2, 5))) > 240


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_mode_of_pixels_can_be_prepared(mode):
    grey = drawing(300, 20).convert("L")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        picture = drawing(300, 20).convert(mode)
    data = encoded(picture, "JPEG" if mode == "CMYK" else "PNG")
    prepared = prepare_picture(data, PictureLimits(10**6, 100, 10**8, X.formats), "x")
    result = np.asarray(reopened(prepared).convert("L"), dtype=float)
    assert result.shape[1] == 100
    assert abs(result.mean() - np.asarray(grey).mean()) < 25
