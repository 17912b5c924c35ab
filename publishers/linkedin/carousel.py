"""Several pictures as one document that LinkedIn shows page by page."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from publishers.errors import PublishError
from publishers.limits import PictureLimits
from publishers.linkedin.limits import LINKEDIN_LIMITS
from publishers.pictures import prepare_picture

LONGEST_SIDE = 2_160
"""Pixels of a page's longer side: twice what LinkedIn's reader shows, so that it stays sharp on dense screens."""
RESOLUTION = 144.0
"""Pixels an inch written into the PDF; it sets the page's size on paper only."""
PAGE_LIMITS = PictureLimits(bytes=5_000_000, side=LONGEST_SIDE, area=LONGEST_SIDE**2, formats=frozenset({"JPEG"}))


def carousel_pdf(pictures: Sequence[bytes], title: str) -> bytes:
    """A PDF with a page for each picture, in order; all pages have the first picture's proportions.

    Raises PublishError for none, for more than ten, and for what `prepare_picture` refuses.
    """
    most = LINKEDIN_LIMITS.carousel_pages
    if not 1 <= len(pictures) <= most:
        raise PublishError(f"A carousel has 1 to {most} pictures and this one {len(pictures)}.", network="linkedin")
    title = title.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written
    pages = [_page(picture) for picture in pictures]
    pages = [pages[0], *(_framed(page, pages[0].size) for page in pages[1:])]
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=RESOLUTION, title=title, quality=92)
    return buffer.getvalue()


def _page(picture: bytes) -> Image.Image:
    prepared = prepare_picture(picture, PAGE_LIMITS, "linkedin")
    return Image.open(io.BytesIO(prepared.data)).convert("RGB")


def _framed(page: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture whole on a white page of the given size."""
    scale = min(size[0] / page.width, size[1] / page.height)
    fitted = page.resize((max(1, round(page.width * scale)), max(1, round(page.height * scale))))
    frame = Image.new("RGB", size, "white")
    frame.paste(fitted, ((size[0] - fitted.width) // 2, (size[1] - fitted.height) // 2))
    return frame
