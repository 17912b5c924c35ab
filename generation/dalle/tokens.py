"""Text -> token ids, by the byte-level BPE tokenizer that lies beside the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.errors import ModelFileError
from generation.files.tokenizer_files import check_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

IntArray = np.ndarray[Any, np.dtype[np.int32]]

_START, _PAD, _END = "<s>", "<pad>", "</s>"


@dataclass(frozen=True)
class TokenisedText:
    """`ids` and `mask` (texts, length), int32; `mask` is 0 where `ids` is padding."""

    ids: IntArray
    mask: IntArray


class TextTokeniser:
    """Tokenises to a fixed length: `<s>`, the text's pieces, `</s>`, padding; a text too long is cut before `</s>`."""

    def __init__(self, tokenizer: Tokenizer, length: int, where: str) -> None:
        start, pad, end = (tokenizer.token_to_id(token) for token in (_START, _PAD, _END))
        if start is None or pad is None or end is None:
            raise ModelFileError(f"{where}: lacks one of {_START}, {_PAD}, {_END}, so it is no BART tokenizer.")
        _enclose(tokenizer, start, end)
        tokenizer.enable_truncation(length)
        tokenizer.enable_padding(pad_id=pad, pad_token=_PAD, length=length)
        self._tokenizer = tokenizer

    @classmethod
    def from_folder(cls, folder: Path, *, length: int, vocabulary_size: int) -> TextTokeniser:
        """Read `tokenizer.json`, or `vocab.json` and `merges.txt`, after checking them. Raises ModelFileError."""
        check_tokenizer(folder, vocabulary_size)
        from tokenizers import Tokenizer

        path = folder / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path)) if path.exists() else _from_parts(folder)
        except Exception as error:  # the library raises bare Exception, and nothing narrower
            raise ModelFileError(f"{folder}: its tokenizer cannot be read ({str(error)[:200]}).") from error
        return cls(tokenizer, length, str(folder))

    def __call__(self, texts: Sequence[str]) -> TokenisedText:
        """Tokenise texts as they are: a normaliser's work is done before."""
        encodings = self._tokenizer.encode_batch(list(texts))
        return TokenisedText(
            ids=np.array([encoding.ids for encoding in encodings], np.int32),
            mask=np.array([encoding.attention_mask for encoding in encodings], np.int32),
        )

    def left_out(self, text: str) -> str:
        """The end of a text that is cut off because it is too long; empty where all of it is read."""
        encoding = self._tokenizer.encode(text)
        return text[max(end for _, end in encoding.offsets) :].strip() if encoding.overflowing else ""

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text as they are in the vocabulary, each without the mark of a space before it."""
        tokens = self._tokenizer.encode(text, add_special_tokens=False).tokens
        return [token.removeprefix("Ġ") for token in tokens if token != _PAD]


def _from_parts(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    tokenizer.add_special_tokens([_START, _PAD, _END, "<unk>", "<mask>"])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def _enclose(tokenizer: Tokenizer, start: int, end: int) -> None:
    """Put `<s>` before and `</s>` after each text, as BART's tokenizer does whether its file says so or not."""
    from tokenizers import processors

    tokenizer.post_processor = processors.RobertaProcessing((_END, end), (_START, start), add_prefix_space=False)
