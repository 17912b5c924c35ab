"""Measures of a model on a data set's test split, and what follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from generation.dalle.params import load_dalle
from generation.models.bundle import ModelBundle
from generation.training.data.captions import Captions
from generation.training.data.encoded import encoded
from generation.training.data.gathering import Gathered, gather
from generation.training.data.pictures import Pixels
from generation.training.data.splitting import split
from generation.training.data.table import Table
from generation.training.diagnosis.clusters import CLUSTERS, PLAIN, Clusters
from generation.training.likeness import decibels, structural_similarity
from generation.training.teacher_forcing import Arithmetic
from generation.training.tuning.transformer_tasks import row_nats
from generation.vqgan.config import VqganConfig
from generation.vqgan.params import load_vqgan

BATCH = 16
WORST = 10
MOST_EXAMINED = 256
"""Enough for a mean to a twentieth of a nat; more would only take longer."""

GOOD_DECIBELS, GOOD_SIMILARITY = 24.0, 0.8
"""Below either, the VQGAN loses what a person sees: edges smear and small things vanish (compare the worst ten)."""

FRAGMENTED_FROM = 3
"""A word in so many pieces or more has no piece that stands for it."""

MUCH_FRAGMENTED = 0.1
WEAKER_BY = 0.3
"""Nats a code by which a kind of captions must be worse than plain ones to count."""

FEWEST_OF_A_KIND = 3


@dataclass(frozen=True)
class Reconstruction:
    """The pictures through the VQGAN: figures of each, the share of the codebook they use, and the worst pairs."""

    decibels: float
    similarity: float
    codebook_use: float
    worst: Sequence[tuple[Pixels, Pixels, float, str]]
    """Original, reconstruction, decibels, caption."""


@dataclass(frozen=True)
class Kind:
    """Captions of one kind: how many, the mean nats a code, the share of fragmented words, and the worst of them."""

    count: int
    nats: float
    fragmented: float
    worst: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Words:
    """How the tokenizer reads the words of all captions."""

    words: int
    fragmented: float
    unknown: float
    examples: Sequence[str]


@dataclass(frozen=True)
class Diagnosis:
    """Everything a report shows."""

    model: str
    data: Gathered
    examined: int
    reconstruction: Reconstruction
    nats: float
    own_nats: float | None
    kinds: Mapping[str, Kind]
    words: Words
    vqgan: bool
    encoder: bool
    reasons: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "model": self.model,
            "pictures": len(self.data),
            "left_out": self.data.counts,
            "examined": self.examined,
            "decibels": round(self.reconstruction.decibels, 2),
            "similarity": round(self.reconstruction.similarity, 4),
            "codebook_use": round(self.reconstruction.codebook_use, 4),
            "nats_a_code": round(self.nats, 4),
            "own_nats_a_code": self.own_nats,
            "fragmented_words": round(self.words.fragmented, 4),
            "unknown_words": round(self.words.unknown, 4),
            "kinds": {name: {"count": kind.count, "nats": round(kind.nats, 4)} for name, kind in self.kinds.items()},
            "train": {"vqgan": self.vqgan, "encoder": self.encoder, "decoder": True},
            "reasons": list(self.reasons),
        }


def diagnose(
    model: ModelBundle, table: Table, lexicon: Path, work: Path, say: Callable[[str], None], seed: int = 0
) -> Diagnosis:
    """Measure `model` on three in ten of the captions: those that a training with this seed holds out are among them.

    `work` keeps the gathered pictures. Raises TrainingError for data that cannot be learned from.
    """
    data = gather(table, model.picture_size, work / "data")
    say(data.summary())
    shares = split(data.captions, seed, test=0.3)
    places = shares.test[:MOST_EXAMINED]
    pixels, captions = np.asarray(data.pixels[places]), [data.captions[place] for place in places]
    say(f"examining {len(places)} pictures of the test split")
    codes = encoded(model.vqgan_folder, data.pixels, data.digest, work / "codes", say)[places]
    reconstruction = _reconstruction(model, pixels, codes, captions)
    network = load_dalle(model.folder)
    reader = Captions(model.folder, network.config)
    nats = _nats(network, reader, captions, codes)
    clusters = Clusters(lexicon)
    kinds = _kinds(clusters, reader, captions, nats)
    words = _words(reader, data.captions)
    own = own_nats(model.manifest.training)
    vqgan, encoder, reasons = recommend(reconstruction, float(nats.mean()), own, kinds, words)
    return Diagnosis(
        model.name, data, len(places), reconstruction, float(nats.mean()), own, kinds, words, vqgan, encoder, reasons
    )


def own_nats(training: Mapping[str, Any]) -> float | None:
    """What a manifest says of the model's loss on its own test split; None where it says nothing of the kind."""
    try:
        return float(training["test"]["seq2seq"]["after"])
    except (KeyError, TypeError, ValueError):  # anybody may have written it
        return None


def recommend(
    seen: Reconstruction, nats: float, own: float | None, kinds: Mapping[str, Kind], words: Words
) -> tuple[bool, bool, list[str]]:
    """Whether to train the VQGAN and the encoder, and why; the decoder always learns."""
    reasons = []
    vqgan = seen.decibels < GOOD_DECIBELS or seen.similarity < GOOD_SIMILARITY
    reasons.append(
        f"Reconstruction: {seen.decibels:.1f} dB, similarity {seen.similarity:.2f}; "
        + (f"below {GOOD_DECIBELS:.0f} dB or {GOOD_SIMILARITY}: train the VQGAN." if vqgan else "good: keep the VQGAN.")
    )
    plain = kinds[PLAIN].nats if PLAIN in kinds else nats
    weak = [
        name for name, kind in kinds.items()
        if name != PLAIN and kind.count >= FEWEST_OF_A_KIND and kind.nats > plain + WEAKER_BY
    ]  # fmt: skip
    encoder = words.fragmented > MUCH_FRAGMENTED or bool(weak)
    reasons.append(
        f"Words: {words.fragmented:.0%} fragmented, {words.unknown:.0%} unknown"
        + (f"; weak in {', '.join(weak)}" if weak else "")
        + (": train the encoder." if encoder else ": keep the encoder.")
    )
    against = f", {nats - own:+.2f} against the {own:.2f} of what it was trained on" if own is not None else ""
    reasons.append(f"Codes: {nats:.2f} nats on held-out captions{against}: train the decoder, as always.")
    return vqgan, encoder, reasons


def _reconstruction(model: ModelBundle, pixels: Pixels, codes: Any, captions: Sequence[str]) -> Reconstruction:
    graph, state = nnx.split(load_vqgan(model.vqgan_folder))
    decode = jax.jit(lambda state, codes: jnp.clip(nnx.merge(graph, state).decode_codes(codes), 0, 1))
    drawn = _by_batch(lambda codes: decode(state, codes), codes)
    real = pixels / 255.0
    noise, similar = decibels(real, drawn), structural_similarity(real, drawn)
    worst = [
        (pixels[i], (drawn[i] * 255).round().astype(np.uint8), float(noise[i]), captions[i])
        for i in noise.argsort()[:WORST]
    ]
    used = len(np.unique(codes)) / VqganConfig.from_file(model.vqgan_folder / "config.json").n_embed
    return Reconstruction(float(noise.mean()), float(similar.mean()), used, worst)


def _nats(network: Any, reader: Captions, captions: Sequence[str], codes: Any) -> np.ndarray[Any, Any]:
    ids, lengths = reader(captions)
    graph, state = nnx.split(network)

    @jax.jit
    def rows(state: Any, ids: jax.Array, lengths: jax.Array, codes: jax.Array) -> jax.Array:
        mask = jnp.arange(ids.shape[1])[None] < lengths[:, None]
        return row_nats(nnx.merge(graph, state), ids, mask, codes, Arithmetic())

    return _by_batch(lambda *batch: rows(state, *batch), ids, lengths, codes)


def _kinds(
    clusters: Clusters, reader: Captions, captions: Sequence[str], nats: np.ndarray[Any, Any]
) -> dict[str, Kind]:
    members = defaultdict(list)
    for index, caption in enumerate(captions):
        members[clusters.of(caption)].append(index)
    kinds = {}
    for name in CLUSTERS:
        if indices := members.get(name):
            worst = sorted(((float(nats[i]), captions[i]) for i in indices), reverse=True)[:3]
            fragmented = _words(reader, [captions[i] for i in indices]).fragmented
            kinds[name] = Kind(len(indices), float(nats[indices].mean()), fragmented, worst)
    return kinds


def _words(reader: Captions, captions: Sequence[str]) -> Words:
    """A word is fragmented in FRAGMENTED_FROM pieces or more, and unknown where no piece has two letters."""
    pieces: dict[str, Sequence[str]] = {}
    count = fragmented = unknown = 0
    for caption in captions:
        words = caption.split()
        for word in words:
            if word not in pieces:
                pieces[word] = reader.pieces(word)
            count += 1
            fragmented += len(pieces[word]) >= FRAGMENTED_FROM
            unknown += max((len(piece) for piece in pieces[word]), default=0) < min(2, len(word))
    examples = sorted((word for word, found in pieces.items() if len(found) >= FRAGMENTED_FROM), key=len)[-12:]
    return Words(count, fragmented / max(count, 1), unknown / max(count, 1), examples)


def _by_batch(function: Callable[..., Any], *columns: Any) -> np.ndarray[Any, Any]:
    """Call on batches of one size, the last filled up, and join what comes."""
    count = len(columns[0])
    size = min(BATCH, count)
    parts = []
    for start in range(0, count, size):
        rows = np.arange(start, start + size) % count
        parts.append(np.asarray(function(*(column[rows] for column in columns))))
    return np.concatenate(parts)[:count]
