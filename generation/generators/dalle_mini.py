"""DALL-E Mini as a generator: a loaded bundle that draws."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from PIL import Image

from generation.clip.scoring import ClipScorer
from generation.clip.showing import unshown
from generation.dalle.arrangement import DecoderWeights, decoder_weights
from generation.dalle.config import DalleConfig
from generation.dalle.decoding import Drawing, advance, begin
from generation.dalle.jacobi import GuessedDrawing, advance_guessing, begin_guessing
from generation.dalle.modeling import DalleBart
from generation.dalle.normaliser import TextNormaliser
from generation.dalle.params import Parameters, load_parameters
from generation.dalle.sampling import Settings, seed_keys
from generation.dalle.stepping import TextMemory
from generation.dalle.tokens import TextTokeniser
from generation.errors import DrawingCancelled, DrawingError, ModelFileError
from generation.generators.compiled import keep_compiled_programs, kernels_meanwhile
from generation.generators.painting import PixelPainter
from generation.generators.placement import Placement
from generation.generators.previews import Previews
from generation.kernels import Kernels
from generation.models.manifest import MANIFEST_NAME, Manifest
from generation.requests import MOST_PICTURES, Candidate, DrawRequest, Preview, SamplingSettings
from generation.vqgan.modeling import Vqgan
from generation.vqgan.params import load_vqgan

# A program is compiled for each of these bounds of top-k.
_TOP_K_BOUNDS = (1, 64, 512)
# Between two calls of the compiled loop, drawing can be stopped and a preview shown.
_CALLS_A_PICTURE = 16
PREVIEWS_A_PICTURE = 8
# The published models bring the words for their normaliser under this name.
_WORD_LIST = "enwiki-words-frequency.txt"
_UNSEALED = "unsealed"  # the revision of a folder without a manifest


class DalleMini:
    """A DALL-E Mini in memory. Several may be loaded at once, and one may be used from several threads."""

    def __init__(
        self,
        name: str,
        revision: str,
        config: DalleConfig,
        sampling: SamplingSettings,
        tokenise: TextTokeniser,
        parameters: Parameters,
        vqgan: Vqgan,
        dtype: Any,
        word_list: Path | None = None,
        clip: ClipScorer | None = None,
        cache_dir: Path | None = None,
        codes_a_step: int = 1,
        kernels: Kernels | None = None,
        weights: str = "float32",
    ) -> None:
        """Most callers want `load`. `parameters` is emptied, so that a large model is never held twice."""
        self.name, self.revision, self.config, self.sampling = name, revision, config, sampling
        self._tokenise = tokenise
        self._normalise = TextNormaliser(word_list) if config.normalize_text else None
        self._codebook_size = min(vqgan.config.n_embed, config.decoder_vocab_size)
        encoder = DalleBart(config, rngs=None, dtype=dtype).encoder
        encoder_parameters = [
            (path[1:], jax.device_put(parameters.pop(path))) for path in list(parameters) if path[0] == "encoder"
        ]
        nnx.update(encoder, nnx.from_flat_state(encoder_parameters))
        self._placement = place = Placement()
        self._encoder, encoder_state = nnx.split(encoder)
        self._encoder_state = place.everywhere(encoder_state)
        self._weights: DecoderWeights = place.everywhere(
            decoder_weights(
                config, parameters, dtype if kernels is None else jnp.dtype(weights), self._codebook_size, kernels
            )
        )
        self._pixels = PixelPainter(vqgan, place)
        # A sealed bundle's colours are the same each time, so they are kept.
        kept = None if cache_dir is None or revision == _UNSEALED else cache_dir / f"colours-{revision}.npy"
        self._previews = Previews(self._pixels, kept)
        self._clip = clip
        self._codes_a_step = min(codes_a_step, config.image_length)
        self._streams: set[threading.Event] = set()

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        cache_dir: Path | None = None,
        dtype: Any = None,
        codes_a_step: int = 1,
        weights: str = "float32",
    ) -> DalleMini:
        """Load a bundle: DalleBart in the folder itself, VQGAN in `vqgan/`; `clip/` and `model.toml` if there are any.

        `cache_dir` keeps compiled programs, so that a later process starts faster, and the kernels of
        `generation/kernels`, which are built meanwhile if need be. `dtype` is what is computed in:
        bfloat16 on accelerators and float32 on a CPU, if not given. With `codes_a_step` over 1 so many codes are
        guessed and confirmed at each step (see `jacobi.py`): the pictures are the same. Where the kernels serve, the
        decoder's `weights` may be kept in "bfloat16" or "int8": faster and smaller, and no longer exact.
        Raises ModelFileError.
        """
        if cache_dir is not None:
            keep_compiled_programs(cache_dir)
        dtype = dtype or (jnp.float32 if jax.default_backend() == "cpu" else jnp.bfloat16)
        kernels = kernels_meanwhile(cache_dir) if cache_dir is not None and dtype == jnp.float32 else None
        config = DalleConfig.from_file(folder / "config.json")
        vqgan = load_vqgan(folder / "vqgan")
        _refuse_mismatch(folder, config, vqgan)
        tokenise = TextTokeniser.from_folder(
            folder, length=config.max_text_length, vocabulary_size=config.encoder_vocab_size
        )
        manifest = Manifest.read(folder / MANIFEST_NAME) if (folder / MANIFEST_NAME).exists() else None
        sampling = SamplingSettings() if manifest is None else manifest.sampling
        return cls(
            name=folder.name if manifest is None else manifest.name,
            revision=_UNSEALED if manifest is None else manifest.revision,
            config=config,
            sampling=sampling,
            tokenise=tokenise,
            parameters=load_parameters(folder, config, param_dtype=dtype),
            vqgan=vqgan,
            dtype=dtype,
            word_list=folder / _WORD_LIST if (folder / _WORD_LIST).exists() else None,
            clip=ClipScorer.load(folder / "clip") if (folder / "clip" / "config.json").exists() else None,
            cache_dir=cache_dir,
            codes_a_step=codes_a_step,
            kernels=None if kernels is None else kernels.result(),
            weights=weights,
        )

    def draw(self, requests: Sequence[DrawRequest]) -> list[Candidate]:
        """Draw 1 to 10 pictures in one decode; the candidates come in the order of the requests.

        The picture of a request depends on nothing but the request and the model. Raises DrawingError for none or too
        many requests, DrawingCancelled if `cancel` was called meanwhile.
        """
        for event in self.stream(requests, previews=0):
            if isinstance(event, list):
                return event
        raise AssertionError("a stream ends with its candidates")

    def stream(
        self,
        requests: Sequence[DrawRequest],
        *,
        previews: int = PREVIEWS_A_PICTURE - 1,
        decoded: bool = False,
    ) -> Iterator[Preview | list[Candidate]]:
        """Like `draw`, but yields so many previews on the way, 15 at most, evenly spread, and the candidates last.

        A preview is a mosaic of the codes' colours, which costs nothing. With `decoded` the VQGAN paints each, which
        takes as long as painting the finished pictures does.
        """
        stop = threading.Event()
        self._streams.add(stop)
        try:
            yield from self._stream(requests, previews, decoded, stop)
        finally:
            self._streams.discard(stop)

    def unread(self, prompt: str) -> str:
        """The end of a prompt that is beyond what the text encoder reads."""
        return self._tokenise.left_out(self._prepare(prompt))

    def unshown(self, images: Sequence[Image.Image], caption: str) -> list[tuple[str, ...]]:
        """What of `caption` each picture may not show, by the bundle's CLIP; without one nothing is told."""
        return [()] * len(images) if self._clip is None else unshown(self._clip, images, caption)

    def cancel(self) -> None:
        """Stop all drawing that is under way, from any thread: it ends within a sixteenth of its time."""
        for stop in list(self._streams):
            stop.set()

    def _stream(
        self, requests: Sequence[DrawRequest], previews: int, decoded: bool, stop: threading.Event
    ) -> Iterator[Preview | list[Candidate]]:
        if not 1 <= len(requests) <= MOST_PICTURES:
            raise DrawingError(f"{len(requests)} pictures were asked for; ask for 1 to {MOST_PICTURES} at a time.")
        settings = [request.settings or self.sampling for request in requests]
        padding = self._placement.batch_size(len(requests)) - len(requests)
        padded = [*settings, *[settings[-1]] * padding]
        self._pixels.prepare((len(padded), self.config.image_length))
        text, drawing = self._begin([*requests, *[requests[-1]] * padding], padded)
        arrays = self._placement.by_picture(_settings_arrays(padded))
        seeds = [request.seed for request in requests] + [0] * padding
        keys = self._placement.by_picture(jnp.asarray(seed_keys(seeds)))
        most_kept = _most_kept([one.top_k for one in settings], self._codebook_size)
        steps = self.config.image_length
        at_once = -(-steps // _CALLS_A_PICTURE)
        shown = {-(-steps * (index + 1) // ((previews + 1) * at_once)) * at_once for index in range(previews)} - {steps}
        for start in range(0, steps, at_once):
            if stop.is_set():
                raise DrawingCancelled("Drawing was stopped.")
            until = min(start + at_once, steps)
            drawing = self._advance(text, drawing, arrays, keys, until - start, until, most_kept)
            if until in shown:
                codes = np.asarray(drawing.codes)[: len(requests)]
                yield Preview(until, steps, self._previews.pictures(codes, until, painted=decoded))
            else:
                drawing.codes.block_until_ready()
        yield self._candidates(requests, settings, drawing)

    def _begin(
        self, requests: Sequence[DrawRequest], settings: Sequence[SamplingSettings]
    ) -> tuple[TextMemory, Drawing | GuessedDrawing]:
        """Tokenise the texts of both sides, one group if all requests share them, and encode them."""
        sides = [[self._prepare(request.prompt) for request in requests]]
        if any(one.guidance_scale != 1.0 for one in settings):
            pairs = zip(requests, settings, strict=True)
            away = [request.negative_prompt if one.use_negative else "" for request, one in pairs]
            sides.append([self._prepare(text) for text in away])
        if all(len(set(side)) == 1 for side in sides):
            sides = [side[:1] for side in sides]
        tokenised = self._tokenise([text for side in sides for text in side])
        shape = (len(sides), len(sides[0]), -1)
        text, drawing = begin(
            self.config,
            self._encoder,
            self._encoder_state,
            self._weights,
            tokenised.ids.reshape(shape),
            tokenised.mask.reshape(shape),
            len(requests),
        )
        placed = self._placement.drawing(drawing)
        begun = placed if self._codes_a_step == 1 else begin_guessing(placed)
        return self._placement.texts(text, len(requests)), begun

    def _advance(
        self,
        text: TextMemory,
        drawing: Drawing | GuessedDrawing,
        settings: Settings,
        keys: jax.Array,
        count: int,
        until: int,
        most_kept: int,
    ) -> Drawing | GuessedDrawing:
        """Draw the `count` codes up to `until`, one a step or several."""
        advanced: Drawing | GuessedDrawing
        if isinstance(drawing, Drawing):
            advanced = advance(self.config, self._weights, text, drawing, settings, keys, count, most_kept)
        else:
            where, window = jnp.int32(until), self._codes_a_step
            advanced = advance_guessing(
                self.config, self._weights, text, drawing, settings, keys, where, most_kept, window
            )
        return advanced

    def _prepare(self, text: str) -> str:
        """The unconditional prompt is the empty text, without the normaliser's space."""
        return self._normalise(text) if self._normalise is not None and text else text

    def _candidates(
        self, requests: Sequence[DrawRequest], settings: Sequence[SamplingSettings], drawing: Drawing | GuessedDrawing
    ) -> list[Candidate]:
        codes = np.asarray(drawing.codes)[: len(requests)]
        images = [Image.fromarray(pixels) for pixels in self._pixels.paint(codes)]
        if self._clip is None:
            scores = (np.asarray(drawing.score) / codes.shape[1]).tolist()[: len(requests)]
        else:
            scores = self._clip.score(images, [request.prompt for request in requests])
        return [
            Candidate(
                image=image,
                seed=request.seed,
                score=score,
                model=self.name,
                revision=self.revision,
                settings=one,
                codes=tuple(row.tolist()),
            )
            for image, request, score, one, row in zip(images, requests, scores, settings, codes, strict=True)
        ]


def _settings_arrays(settings: Sequence[SamplingSettings]) -> Settings:
    return Settings(
        guidance_scale=jnp.array([one.guidance_scale for one in settings], jnp.float32),
        temperature=jnp.array([one.temperature for one in settings], jnp.float32),
        top_k=jnp.array([one.top_k for one in settings], jnp.int32),
        top_p=jnp.array([one.top_p for one in settings], jnp.float32),
    )


def _most_kept(top_ks: Sequence[int], codebook_size: int) -> int:
    """A bound of all pictures' top-k, 0 for none, of few values: each is a program of its own."""
    if 0 in top_ks:
        return 0
    bounds = [bound for bound in _TOP_K_BOUNDS if max(top_ks) <= bound <= codebook_size]
    return bounds[0] if bounds else 0


def _refuse_mismatch(folder: Path, config: DalleConfig, vqgan: Vqgan) -> None:
    side = math.isqrt(config.image_length)
    if side * side != config.image_length:
        raise ModelFileError(f"{folder / 'config.json'}: image_length {config.image_length} is no square of codes.")
    if vqgan.config.n_embed > config.decoder_vocab_size:
        raise ModelFileError(
            f"{folder / 'vqgan' / 'config.json'}: n_embed is {vqgan.config.n_embed}, more codes than the "
            f"{config.image_vocab_size} of {folder / 'config.json'}; this VQGAN belongs to another model."
        )
