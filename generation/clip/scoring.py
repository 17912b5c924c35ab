"""How well pictures fit their prompts, by CLIP."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from flax import nnx
from PIL import Image

from generation.clip.modeling import Clip
from generation.clip.params import load_clip
from generation.errors import ModelFileError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FloatArray = np.ndarray[Any, np.dtype[np.float32]]
IntArray = np.ndarray[Any, np.dtype[np.int32]]

# The statistics of CLIP's training pictures, from its published preprocessing.
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STANDARD_DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

_END = "<|endoftext|>"
_LARGEST_TOKENIZER = 16 << 20  # the published one has 2 MB


class ClipScorer:
    """A CLIP in memory, with its tokenizer."""

    def __init__(self, clip: Clip, tokenizer: Tokenizer) -> None:
        """`tokenizer` must pad and cut to the text tower's length."""
        self.clip, self.tokenizer = clip, tokenizer
        self._config = clip.config
        self._graph, self._state = nnx.split(clip)

    @classmethod
    def load(cls, folder: Path) -> ClipScorer:
        """Load a CLIP folder: `config.json`, weights and `tokenizer.json`. Raises ModelFileError."""
        clip = load_clip(folder)
        return cls(clip, load_tokenizer(folder / "tokenizer.json", clip))

    def score(self, images: Sequence[Image.Image], prompts: Sequence[str]) -> list[float]:
        """The reference's `logits_per_image` of each picture with its own prompt; higher fits better."""
        pixels = prepare(images, self._config.image_size)
        fit = _fit(self._graph, self._state, pixels, *self._tokens(prompts))
        return [float(score) for score in np.diag(np.asarray(fit))]

    def pictures(self, images: Sequence[Image.Image]) -> FloatArray:
        """Pictures as vectors of length 1, (N, E)."""
        return np.asarray(_see(self._graph, self._state, prepare(images, self._config.image_size)))

    def texts(self, texts: Sequence[str]) -> FloatArray:
        """Texts as vectors of length 1, (N, E); their products with those of pictures are the cosines."""
        return np.asarray(_read(self._graph, self._state, *self._tokens(texts)))

    def _tokens(self, texts: Sequence[str]) -> tuple[IntArray, IntArray]:
        encodings = self.tokenizer.encode_batch(list(texts))
        ids = np.array([encoding.ids for encoding in encodings], np.int32)
        return ids, np.array([encoding.attention_mask for encoding in encodings], np.int32)


@partial(jax.jit, static_argnums=0)
def _fit(graph: nnx.GraphDef[Clip], state: Any, pixels: jax.Array, ids: jax.Array, mask: jax.Array) -> jax.Array:
    clip = nnx.merge(graph, state)
    return clip.fit(clip.vision(pixels), clip.text(ids, mask))


@partial(jax.jit, static_argnums=0)
def _see(graph: nnx.GraphDef[Clip], state: Any, pixels: jax.Array) -> jax.Array:
    return nnx.merge(graph, state).vision(pixels)


@partial(jax.jit, static_argnums=0)
def _read(graph: nnx.GraphDef[Clip], state: Any, ids: jax.Array, mask: jax.Array) -> jax.Array:
    return nnx.merge(graph, state).text(ids, mask)


def prepare(images: Sequence[Image.Image], size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Pictures -> (B, size, size, 3): the shorter side resized to `size`, the middle cut out, normalised."""
    return np.stack([_prepare(image.convert("RGB"), size) for image in images])


def _prepare(image: Image.Image, size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    shorter = min(image.size)
    # The longer side is cut off to whole pixels, as in the reference.
    width, height = (size if side == shorter else int(size * side / shorter) for side in image.size)
    resized = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - size) // 2, (height - size) // 2
    cut = np.asarray(resized.crop((left, top, left + size, top + size)), np.float32)
    return (cut / 255.0 - MEAN) / STANDARD_DEVIATION


def load_tokenizer(path: Path, clip: Clip) -> Tokenizer:
    """CLIP's tokenizer, which pads and cuts to the text tower's length. Raises ModelFileError."""
    from tokenizers import Tokenizer

    try:
        if path.stat().st_size > _LARGEST_TOKENIZER:
            raise ModelFileError(f"{path}: is larger than {_LARGEST_TOKENIZER} bytes, so it is no CLIP tokenizer.")
        tokenizer = Tokenizer.from_file(str(path))
    except ModelFileError:
        raise
    except Exception as error:  # the library raises bare Exception, and nothing narrower
        raise ModelFileError(f"{path}: its tokenizer cannot be read ({str(error)[:200]}).") from error
    end = tokenizer.token_to_id(_END)
    if end is None or tokenizer.get_vocab_size() > clip.config.vocab_size:
        raise ModelFileError(f"{path}: does not belong to this CLIP ({tokenizer.get_vocab_size()} pieces).")
    length = clip.config.max_position_embeddings
    tokenizer.enable_truncation(length)
    tokenizer.enable_padding(pad_id=end, pad_token=_END, length=length)
    return tokenizer
