"""Characters that pass for Latin letters: other scripts, emoji, turned letters, digits and signs.

Chosen from Unicode's confusables (UTS #39, https://www.unicode.org/reports/tr39/) and from what people do by hand.
Compatibility forms (full width, circled, mathematical letters) need no table: Unicode's NFKD undoes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product


def _pairs(text: str) -> dict[str, str]:
    return {pair[0]: pair[1:] for pair in text.split()}


LETTERS = _pairs(
    # Cyrillic
    "аa вb еe ёe зe иn кk мm нh оo рp сc тt уy хx ьb яr гr пn бb дd чy шw щw їi іi јj ѕs һh ԁd ԛq ԝw үy ӏl ґr єe цu "
    # Greek
    "αa βb γy δd εe ζz ηn ιi κk λl μm νv οo πn ρp σo ςs τt υu φo χx ψw ωw ϲc ϳj ϝf "
    # Armenian, Cherokee and Lisu letters met in disguises
    "աw գq զq ոn սu ցg հh օo ւl ꓐb ꓑp ꓒd ꓓd ꓔt ꓖg ꓗk ꓙj ꓚc ꓜz ꓝf ꓟm ꓠn ꓡl ꓢs ꓣr ꓦv ꓧh ꓪw ꓫx ꓬy ꓮa ꓰe ꓲi ꓳo ꓴu "
    # Latin letters of phonetics, small capitals, strokes
    "ɑa æae ɓb ƀb ʙb ɕc ᴄc ðd đd ɖd ᴅd əe ɛe ᴇe ƒf ꜰf ɡg ɢg ɠg ħh ʜh ɦh ɩi ɪi ıi ʝj ᴊj ĸk ᴋk ƙk łl ʟl ɭl ɱm ᴍm "
    "ɲn ŋn ɴn øo ɵo ᴏo œoe ᴘp ƥp ʠq ʀr ɽr ꜱs ʂs ŧt ᴛt ʈt ʉu ᴜu ʋv ᴠv ᴡw ʏy ƴy ʐz ᴢz ƶz þp "
    # emoji and symbols used as letters
    "⭕o ❌x ✖x ✘x ✗x ☠o ❗i ❕i ‼i ⓘi ◯o ○o ●o ✝t ♏m ♓h"
)

TURNED = _pairs("ɐa qb ɔc pd ǝe əe ɟf ƃg ɥh ᴉi ıi ɾj ʞk ןl ll ɯm un oo dp bq ɹr ss ʇt nu ʌv ʍw xx ʎy zz")
"""Letters turned by 180 degrees and what they are; a turned text is also written from the back."""

ONLY_TURNED = frozenset("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ")

SIGNS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "il", "|": "li", "€": "e", "£": "l", "¢": "c", "+": "t", "(": "c", "¡": "i", "¥": "y",
}  # fmt: skip
"""Digits and signs, each with the letters that it stands for in what people call leetspeak."""

MASKS = frozenset("*#%_-.?~^•·")
"""Signs that hide a letter, as in f*ck; also signs put between letters."""

MOST_SPELLINGS = 32
"""Ways to read one disguised word that are tried; 1 and ! stand for two letters each."""

FIRST_REGIONAL, FIRST_NEGATIVE_CIRCLE, FIRST_NEGATIVE_SQUARE = 0x1F1E6, 0x1F150, 0x1F170
"""Three alphabets of emoji letters without a compatibility form (Unicode block Enclosed Alphanumeric Supplement)."""


def emoji_letter(character: str) -> str:
    """The letter that an emoji shows, or "" if it shows none."""
    for first in (FIRST_REGIONAL, FIRST_NEGATIVE_CIRCLE, FIRST_NEGATIVE_SQUARE):
        if 0 <= (offset := ord(character) - first) < 26:
            return chr(ord("a") + offset)
    return ""


def latinised(letters: str) -> str:
    """`letters` with every look-alike replaced."""
    return "".join(LETTERS.get(letter, letter) for letter in letters)


def spellings(chunk: str) -> Iterator[str]:
    """What a chunk of letters, digits and signs may spell, at most `MOST_SPELLINGS` ways."""
    choices = [SIGNS.get(character, character) for character in chunk]
    yield from ("".join(letters) for letters in islice(product(*choices), MOST_SPELLINGS))
