"""The tiny CLIP's tokenizer file: doodle's pieces, with a start and an end above them, as CLIP's reader expects."""

from __future__ import annotations

import json
from pathlib import Path

from generation.training.contrastive import ClipShape

START, END = "<|startoftext|>", "<|endoftext|>"


def write_clip_tokenizer(doodle_tokenizer: Path, folder: Path, shape: ClipShape) -> None:
    """Write ``folder/tokenizer.json`` from doodle's own.

    Texts are lower-cased, get one leading space as doodle's normaliser gives them, and stand between start and end.
    """
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer.from_file(str(doodle_tokenizer))
    tokenizer.add_special_tokens([START, END])
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, shape.start_id), (END, shape.end_id)]
    )
    tokenizer.no_padding()
    tokenizer.no_truncation()
    written = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(written, ensure_ascii=False) + "\n", "utf-8")
