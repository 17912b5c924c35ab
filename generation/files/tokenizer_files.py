"""A bundle's tokenizer, checked before the tokenizers library builds anything from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generation.errors import ModelFileError
from generation.files.allowed import LARGEST

# BART's byte-level BPE, which is what every published DALL-E Mini has. Other steps (regular expressions, replacements,
# compiled tables) are programs in disguise: a hostile one can take all time and memory on one word.
_STEPS = {
    "normalizer": (),
    "pre_tokenizer": ("ByteLevel",),
    "post_processor": ("ByteLevel", "RobertaProcessing", "TemplateProcessing", "BertProcessing"),
    "decoder": ("ByteLevel",),
}
# BART knows 50,265 pieces of up to 128 characters.
MOST_PIECES = 1 << 18
_LONGEST_PIECE = 1_000


def check_tokenizer(folder: Path, vocabulary_size: int) -> None:
    """Check `tokenizer.json`, or `vocab.json` and `merges.txt`, against the encoder's vocabulary.

    Raises ModelFileError that names the file and the field.
    """
    if (folder / "tokenizer.json").exists():
        _check_whole(folder / "tokenizer.json", vocabulary_size)
    elif not (folder / "vocab.json").exists() or not (folder / "merges.txt").exists():
        raise ModelFileError(
            f"{folder}: no tokenizer.json, and no vocab.json with merges.txt in its place; copy them there."
        )
    if (folder / "vocab.json").exists():
        _check_vocabulary(folder / "vocab.json", _read_object(folder / "vocab.json"), vocabulary_size)


def _check_whole(file: Path, vocabulary_size: int) -> None:
    values = _read_object(file)
    for step, known in _STEPS.items():
        kind = _object(file, step, values.get(step) or {}).get("type")
        if kind is not None and kind not in known:
            raise ModelFileError(
                f"{file}: {step} is {str(kind)[:80]!r}; a DALL-E Mini has {' or '.join(known) or 'none'}."
            )
    model = _object(file, "model", values.get("model"))
    if model.get("type", "BPE") != "BPE":
        raise ModelFileError(f"{file}: model.type is {str(model['type'])[:80]!r}; a DALL-E Mini has 'BPE'.")
    _check_vocabulary(file, _object(file, "model.vocab", model.get("vocab")), vocabulary_size)
    merges = model.get("merges")
    if not isinstance(merges, list) or len(merges) > MOST_PIECES:
        raise ModelFileError(f"{file}: model.merges is no list of up to {MOST_PIECES} merges.")
    added = values.get("added_tokens") or []
    if not isinstance(added, list) or not all(isinstance(token, dict) for token in added):
        raise ModelFileError(f"{file}: added_tokens is no list of tokens.")
    _check_vocabulary(file, {str(token.get("content")): token.get("id") for token in added}, vocabulary_size)


def _check_vocabulary(file: Path, pieces: dict[str, Any], vocabulary_size: int) -> None:
    if len(pieces) > MOST_PIECES:
        raise ModelFileError(
            f"{file}: holds {len(pieces)} pieces; no tokenizer of this kind has more than {MOST_PIECES}."
        )
    for piece, number in pieces.items():
        if len(piece) > _LONGEST_PIECE:
            raise ModelFileError(f"{file}: holds a piece of {len(piece)} characters, starting {piece[:40]!r}.")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < vocabulary_size:
            raise ModelFileError(
                f"{file}: the piece {piece[:40]!r} has the id {str(number)[:40]}, but config.json's encoder_vocab_size "
                f"is {vocabulary_size}; tokenizer and weights do not belong together."
            )


def _read_object(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST[file.name]:
            raise ModelFileError(f"{file}: is larger than {LARGEST[file.name]:,} bytes, so it is no tokenizer.")
        values = json.loads(file.read_bytes())
    except OSError as error:
        raise ModelFileError(f"{file}: cannot be read ({error.strerror or error}).") from error
    except ModelFileError:  # a ValueError, too
        raise
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{file}: is no JSON ({str(error)[:80]}).") from error
    return _object(file, "its content", values)


def _object(file: Path, field: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelFileError(f"{file}: {field} is no JSON object.")
    return value
