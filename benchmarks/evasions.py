"""Ways in which people write around a filter: each turns a plain text into one that a person still reads."""

from __future__ import annotations

from collections.abc import Callable

LEET = str.maketrans("aeiost", "431057")
HOMOGLYPHS = str.maketrans("aceiopsxyjAEOPCTXBHKM", "асеіорѕхујАЕОРСТХВНКМ")
TURNED = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz")
VOWELS = "aeiou"
ZERO_WIDTH = "\u200b"
STRIKE = "\u0336"
FIRST_REGIONAL = 0x1F1E6
FIRST_SQUARE = 0x1F170
FULL_WIDTH = 0xFEE0
BOLD_ITALIC = 0x1D482


def _emoji(first: int) -> Callable[[str], str]:
    def shift(text: str) -> str:
        return "".join(chr(first + ord(c) - ord("a")) if c.isascii() and c.isalpha() else c for c in text.lower())

    return shift


def _between(sign: str, gap: str = " ") -> Callable[[str], str]:
    return lambda text: gap.join(sign.join(word) for word in text.split())


def _mask(text: str) -> str:
    """The first vowel inside each word as a star."""
    return " ".join(_mask_word(word) for word in text.split())


def _mask_word(word: str) -> str:
    place = next((i for i, letter in enumerate(word) if 0 < i < len(word) - 1 and letter.lower() in VOWELS), 0)
    return word[:place] + "*" + word[place + 1 :] if place else word


def _break_words(text: str) -> str:
    """A new line in the middle of each word of four letters or more."""
    return " ".join(_break(word) if len(word) > 3 else word for word in text.split())


def _break(word: str) -> str:
    return word[: len(word) // 2] + "\n" + word[len(word) // 2 :]


WAYS: dict[str, Callable[[str], str]] = {
    "letters spaced": _between(" ", "  "),
    "dots between letters": _between("."),
    "leet": lambda text: text.lower().translate(LEET),
    "homoglyphs": lambda text: text.translate(HOMOGLYPHS),
    "emoji letters": _emoji(FIRST_SQUARE),
    "flag letters": _emoji(FIRST_REGIONAL),
    "zero width": lambda text: ZERO_WIDTH.join(text),
    "backwards": lambda text: text[::-1],
    "split over lines": _break_words,
    "full width": lambda text: "".join(chr(ord(c) + FULL_WIDTH) if "!" <= c <= "~" else c for c in text),
    "mathematical letters": _emoji(BOLD_ITALIC),
    "marks on letters": lambda text: "".join(c + STRIKE if c.isalpha() else c for c in text),
    "letters repeated": lambda text: "".join(c * 3 if c.lower() in VOWELS else c for c in text),
    "vowels masked": _mask,
    "turned round": lambda text: text.lower().translate(TURNED)[::-1],
    "run together": lambda text: "".join(c for c in text if c.isalpha()),
}
