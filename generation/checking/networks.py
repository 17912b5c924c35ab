"""The networks of a folder, each loaded when it is first needed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from generation.checking.golden_file import Missing
from generation.dalle.config import DalleConfig, read_json_object
from generation.files.weights import read_header, weights_file
from generation.models.kinds import Kind

if TYPE_CHECKING:
    from generation.clip.modeling import Clip
    from generation.dalle.modeling import DalleBart
    from generation.dalle.tokens import TextTokeniser
    from generation.vqgan.modeling import Vqgan


@dataclass(frozen=True)
class Networks:
    """A folder's networks. Where the folder has none of a kind, asking for it raises Missing."""

    folder: Path
    kind: Kind

    @cached_property
    def dalle(self) -> DalleBart:
        """The DALL-E Mini, in float32."""
        from generation.dalle.params import load_dalle

        return load_dalle(self._of(Kind.DALLE, self.folder))

    @cached_property
    def dalle_in_half(self) -> DalleBart:
        """The same, kept and computed in float16."""
        import jax.numpy as jnp

        from generation.dalle.params import load_dalle

        return load_dalle(self._of(Kind.DALLE, self.folder), dtype=jnp.float16, param_dtype=jnp.float16)

    @cached_property
    def is_stored_in_half(self) -> bool:
        """Whether the DALL-E Mini's file stores numbers of 16 bits."""
        header = read_header(weights_file(self._of(Kind.DALLE, self.folder)))
        return any(leaf.dtype.itemsize == 2 for leaf in header.values())

    @cached_property
    def vqgan(self) -> Vqgan:
        """The VQGAN, in float32."""
        from generation.vqgan.params import load_vqgan

        return load_vqgan(self._of(Kind.VQGAN, self.folder / "vqgan"))

    @cached_property
    def clip(self) -> Clip:
        """The CLIP, in float32."""
        from generation.clip.params import load_clip

        return load_clip(self._of(Kind.CLIP, self.folder / "clip"))

    def tokeniser(self, length: int | None = None) -> TextTokeniser:
        """The tokenizer, padding to `length`, or to what the DALL-E Mini was trained with."""
        from generation.dalle.tokens import TextTokeniser
        from generation.files.tokenizer_files import MOST_PIECES

        if self.kind not in (Kind.BUNDLE, Kind.DALLE, Kind.TOKENIZER):
            raise Missing("a tokenizer")
        if self.kind == Kind.TOKENIZER:
            return TextTokeniser.from_folder(self.folder, length=length or 64, vocabulary_size=MOST_PIECES)
        config = DalleConfig.from_file(self.folder / "config.json")
        return TextTokeniser.from_folder(
            self.folder, length=length or config.max_text_length, vocabulary_size=config.encoder_vocab_size
        )

    def _of(self, kind: Kind, in_bundle: Path) -> Path:
        if self.kind == Kind.BUNDLE and (in_bundle / "config.json").exists():
            return in_bundle
        if self.kind != kind:
            raise Missing(f"a {kind}")
        return self.folder


def prompts_beside(*folders: Path) -> tuple[list[str], float | None]:
    """The prompts that goldens were made of, as they go to the tokenizer, and their guidance scale if it is said.

    `prompts.json` holds normalised prompts without the leading space, `case.json` of an end-to-end case with it.
    Raises Missing where there is neither.
    """
    for folder in folders:
        if (folder / "case.json").exists():
            case = read_json_object(folder / "case.json")
            return [str(prompt) for prompt in case.get("normalized", [])], float(case.get("condition_scale", 3.0))
        if (folder / "prompts.json").exists():
            values = json.loads((folder / "prompts.json").read_text(encoding="utf-8"))
            values = values.get("prompts", []) if isinstance(values, dict) else values
            return [f" {prompt}" for prompt in values], None
    raise Missing("prompts.json beside the golden file")
