"""The words that a hard prompt may be made of: pieces of a CLIP's tokenizer that are whole words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.errors import DrawingError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SHORTEST = 3
"""Letters: shorter pieces are seldom words that can be drawn."""


@dataclass(frozen=True)
class Vocabulary:
    """Words and the id of each; the tokenizer reads a word, alone or beside others, as exactly this id.

    `separator` is the id of the comma between two words.
    """

    words: tuple[str, ...]
    ids: np.ndarray[Any, np.dtype[np.int32]]
    separator: int

    def only(self, kept: np.ndarray[Any, np.dtype[np.bool_]]) -> Vocabulary:
        """The words at whose place `kept` (V,) is true."""
        words = tuple(word for word, stays in zip(self.words, kept, strict=True) if stays)
        return Vocabulary(words, self.ids[kept], self.separator)


def whole_words(tokenizer: Tokenizer, avoid: Sequence[str] = ()) -> Vocabulary:
    """The whole words among a tokenizer's pieces, without those to avoid (in singular and plural).

    Whatever marks the beginning or the end of a word in its pieces, a word stays if it is read back as the same id, and
    if wordninja's list knows it: a small tokenizer has pieces such as "noteboo" too.

    Raises:
        DrawingError: the tokenizer holds no whole words, or does not read a comma as one piece.
    """
    import wordninja

    unwanted = {form for word in avoid for form in (word.lower(), f"{word.lower()}s", word.lower().removesuffix("s"))}
    pieces = [(id_, tokenizer.decode([id_]).strip()) for id_ in sorted(tokenizer.get_vocab().values())]
    usable = [(id_, word) for id_, word in pieces if _is_word(word) and word not in unwanted]
    usable = [(id_, word) for id_, word in usable if wordninja.split(word) == [word]]
    read = tokenizer.encode_batch([word for _, word in usable], add_special_tokens=False)
    kept = [
        (id_, word)
        for (id_, word), encoding in zip(usable, read, strict=True)
        if encoding.ids[: sum(encoding.attention_mask)] == [id_]
    ]
    return Vocabulary(
        tuple(word for _, word in kept), np.array([id_ for id_, _ in kept], np.int32), _separator(tokenizer, kept)
    )


def _separator(tokenizer: Tokenizer, kept: Sequence[tuple[int, str]]) -> int:
    """The id between two words; a comma by itself may be read as another."""
    if not kept:
        raise DrawingError("The tokenizer of this CLIP holds no whole words to write a prompt with.")
    id_, word = kept[0]
    encoding = tokenizer.encode(f"{word}, {word}", add_special_tokens=False)
    match encoding.ids[: sum(encoding.attention_mask)]:
        case [first, comma, second] if first == second == id_:
            return int(comma)
    raise DrawingError("The tokenizer of this CLIP does not read a comma as one piece: prompts are lists of words.")


def _is_word(text: str) -> bool:
    return len(text) >= SHORTEST and text.isascii() and text.isalpha() and text.islower()
