"""The words that a hard prompt may be made of: pieces of a CLIP's tokenizer that are whole words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SHORTEST = 3
"""Letters: shorter pieces are seldom words that can be drawn."""


@dataclass(frozen=True)
class Vocabulary:
    """Words and the id of each; the tokenizer reads a word, alone or beside others, as exactly this id."""

    words: tuple[str, ...]
    ids: np.ndarray[Any, np.dtype[np.int32]]


def whole_words(tokenizer: Tokenizer, avoid: Sequence[str] = ()) -> Vocabulary:
    """The whole words among a tokenizer's pieces, without those to avoid (in singular and plural).

    Whatever marks the beginning or the end of a word in its pieces, a word stays if it is read back as the same id, and
    if wordninja's list knows it: a small tokenizer has pieces such as "noteboo" too.
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
    return Vocabulary(tuple(word for _, word in kept), np.array([id_ for id_, _ in kept], np.int32))


def _is_word(text: str) -> bool:
    return len(text) >= SHORTEST and text.isascii() and text.isalpha() and text.islower()
