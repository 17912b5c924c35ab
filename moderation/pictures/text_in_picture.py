"""Text found in a picture: judged like any text, and measured for its contrast.

Reader: rapidocr 3.10.0 (Apache-2.0), PP-OCRv6 small models inside its package. Needs `easel-bot[ocr]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from moderation.model_file import ONNX_THREADS, checked_bytes
from moderation.pictures.reading import flatten
from moderation.policy import TEXT_CATEGORIES, Policy
from moderation.verdicts import Decision, Finding, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODELS = {
    "PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}
LOOK_SIDE = 320
"""Pixels of the longer side that the search for text sees: 25 to 190 ms instead of seconds; posters stay legible."""

LEAST_CONFIDENCE = 0.75
"""Below this the reader saw letters in leaves and bricks."""

LEAST_CONTRAST = 3.0
"""WCAG 2.2, success criterion 1.4.3: large text needs a contrast of 3:1."""

SCORES = {Decision.REVIEW: 0.6, Decision.BLOCK: 0.95}
"""What a text's decision counts as the picture's score."""


@dataclass(frozen=True)
class Line:
    """One line of text in a picture; box `(left, top, right, bottom)` in pixels."""

    text: str
    box: tuple[int, int, int, int]


class TextInPicture:
    """Reads a picture, asks the text moderators, and points at the line that caused their decision."""

    version = "rapidocr 3.10.0, PP-OCRv6 small"
    categories: tuple[str, ...] = (*TEXT_CATEGORIES, "contrast")

    def __init__(self, reader: Any, judge_text: Callable[..., Sequence[Verdict]]) -> None:
        self._reader = reader
        self._judge_text = judge_text

    @classmethod
    def load(cls, policy: Policy, judge_text: Callable[..., Sequence[Verdict]]) -> TextInPicture:
        """The models inside the installed package, checked; with a model missing the package would fetch it.

        Raises:
            ModerationError: a model file is missing or damaged.
        """
        import rapidocr

        folder = Path(rapidocr.__file__).parent / "models"
        for name, digest in MODELS.items():
            checked_bytes(folder / name, digest)
        settings = {
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": LOOK_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": ONNX_THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
        return cls(rapidocr.RapidOCR(params=settings), judge_text)

    def examine(self, image: Image.Image, /) -> list[Finding]:
        """What the text moderators say of the lines together, and lines that can hardly be read."""
        shown = flatten(image)
        lines = self.read(shown)
        return [*self._judged(lines), *(_contrast(shown, line) for line in lines)]

    def read(self, image: Image.Image) -> list[Line]:
        """The lines of text in `image`, from the top."""
        found = self._reader(np.asarray(image)[..., ::-1], use_cls=False)  # it expects BGR
        if not found.txts:
            return []
        lines = [
            Line(text, _box(corners))
            for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True)
            if score >= LEAST_CONFIDENCE
        ]
        return sorted(lines, key=lambda line: (line.box[1], line.box[0]))

    def _judged(self, lines: list[Line]) -> list[Finding]:
        if not lines:
            return []
        verdicts = self._judge_text("\n".join(line.text for line in lines), where="text in picture")
        return [
            Finding(
                category=verdict.category or TEXT_CATEGORIES[0],
                score=SCORES[verdict.decision],
                reason=f"text in the picture: {verdict.reason}",
                box=_line_at(lines, verdict.span).box,
            )
            for verdict in verdicts
            if verdict.decision in SCORES
        ]


def _line_at(lines: list[Line], span: tuple[int, int] | None) -> Line:
    """The line in which `span` of the joined text begins."""
    left = span[0] if span else 0
    for line in lines:
        if left <= len(line.text):
            return line
        left -= len(line.text) + 1
    return lines[-1]


def _box(corners: NDArray[np.float32]) -> tuple[int, int, int, int]:
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    return int(max(0, left)), int(max(0, top)), int(right), int(bottom)


def _contrast(image: Image.Image, line: Line) -> Finding:
    ratio = contrast(np.asarray(image.crop(line.box), np.float64) / 255)
    reason = f"{line.text[:40]!r} can hardly be read: contrast {ratio:.1f}:1, {LEAST_CONTRAST:g}:1 is the least"
    return Finding(
        "contrast", min(1.0, LEAST_CONTRAST / ratio) if ratio < LEAST_CONTRAST else 0.0, reason, box=line.box
    )


def contrast(pixels: NDArray[np.float64]) -> float:
    """The contrast of text and ground in `pixels` (H, W, 3), 0 to 1, by WCAG's relative luminance: 1 to 21."""
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    dark, light = np.percentile(luminance, [5, 95])
    return float((light + 0.05) / (dark + 0.05))
