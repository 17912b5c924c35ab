"""A long text as pieces that are short enough for the sentence encoder."""

from __future__ import annotations

import re
from collections.abc import Iterator

END_OF_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+|\n+")
LONGEST_PIECE = 400
"""Characters; about 100 of the 128 tokens that the encoder reads."""

FEWEST_WORDS = 4


def pieces(text: str) -> list[str]:
    """The whole text, if it fits one piece, and each of its sentences, the longer ones cut; each piece once.

    A sentence of few words ("Stop it.") says nothing alone and stays with the one before it.
    """
    whole = " ".join(text.split())
    found = [whole] if len(whole) <= LONGEST_PIECE else []
    sentences: list[str] = []
    for part in END_OF_SENTENCE.split(text):
        sentence = " ".join(part.split())
        if sentences and sentence.count(" ") + 1 < FEWEST_WORDS:
            sentences[-1] += f" {sentence}"
        else:
            sentences.append(sentence)
    found += [piece for sentence in sentences for piece in _cut(sentence)]
    return list(dict.fromkeys(piece for piece in found if any(map(str.isalpha, piece))))


def _cut(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST_PIECE:
        space = sentence.rfind(" ", 0, LONGEST_PIECE)
        cut = space if space > 0 else LONGEST_PIECE
        yield sentence[:cut]
        sentence = sentence[cut:].lstrip()
    yield sentence
