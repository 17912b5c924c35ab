"""The four stages by which doodle is made: data, vqgan, seq2seq, clip. Each can be killed and run again.

A work folder holds everything: ``atlas.zip``, ``scenes.npz``, ``held-out.npz``, ``held-out-pairs.npz``, checkpoints,
curves, and ``result/`` in the published layout. Training starts from a given bundle (with ``vqgan/`` inside);
the stages need nothing else, so weights in the repository are enough to go on from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from generation.training.chained import Progress, Schedule
from generation.training.contrastive import ClipSchedule, ClipShape
from generation.training.dataset import SceneSet
from generation.training.errors import TrainingError
from generation.training.pixels import PixelSchedule

ENCODING_BATCH = {"gpu": 512, "cpu": 32}
"""More than these at once takes 12 GB on a CPU, and is no faster."""
HELD_OUT_COUNT = 2048
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """Where a training of doodle lives: its folder, and the bundle it starts from."""

    folder: Path
    given: Path

    @property
    def result(self) -> Path:
        """The bundle being made."""
        return self.folder / "result"

    def path(self, name: str) -> Path:
        """A file of the work folder."""
        return self.folder / name


class Curve:
    """Keeps every report of one stage, and says some of them: the first ones, and those with a held-out figure."""

    def __init__(self, stage: str, say: Say) -> None:
        self._stage, self._say = stage, say
        self._rows: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        """Take one report."""
        self._rows.append(progress)
        if progress.held_out is None and len(self._rows) not in (1, 2, 8):
            return
        figures = dict(progress.figures) | ({} if progress.held_out is None else {"held out": progress.held_out})
        told = ", ".join(f"{name} {value:.5g}" for name, value in figures.items())
        self._say(
            f"{self._stage}: step {progress.step} of {progress.steps}, {told}, "
            f"{progress.samples_a_second:.3g} samples/s, {progress.seconds:.0f} s"
        )

    def write(self, path: Path) -> None:
        """All reports, as JSON lines."""
        path.write_text("".join(json.dumps(asdict(row)) + "\n" for row in self._rows), "utf-8")


def build_data(work: Work, scenes: int, processes: int, icons: Path | None, clipart: Path | None, say: Say) -> None:
    """Atlas (unless it is there), training scenes and held-out scenes."""
    from generation.dalle.config import DalleConfig
    from generation.dalle.tokens import TextTokeniser
    from generation.training.dataset import held_out_pairs, held_out_scenes, training_scenes
    from generation.training.scenes import Composer
    from generation.training.sprites import Atlas, build_atlas, collect_vectors

    work.folder.mkdir(parents=True, exist_ok=True)
    atlas_path = work.path("atlas.zip")
    if not atlas_path.exists():
        if icons is None:
            raise TrainingError(
                f"{atlas_path} is missing: name the node_modules folder with the icon packages (--icons)"
            )
        build_atlas(collect_vectors(icons, clipart)).save(atlas_path)
    atlas = Atlas.load(atlas_path)
    say(f"{len(atlas.sprites)} pictures")
    config = DalleConfig.from_file(work.given / "config.json")
    tokeniser = TextTokeniser.from_folder(
        work.given, length=config.max_text_length, vocabulary_size=config.encoder_vocab_size
    )
    composer = Composer(atlas)
    say(f"{len(composer.concepts)} concepts")
    held_out_scenes(composer, tokeniser, HELD_OUT_COUNT).save(work.path("held-out.npz"))
    held_out_pairs(composer, tokeniser, HELD_OUT_COUNT).save(work.path("held-out-pairs.npz"))
    training_scenes(composer, tokeniser, scenes, processes).save(work.path("scenes.npz"))
    say(f"{scenes} scenes")


def encode_data(work: Work, say: Say) -> None:
    """Add the codes of every picture, by the given VQGAN, where they are missing."""
    import jax
    import jax.numpy as jnp

    from generation.training.render import render
    from generation.vqgan.params import load_vqgan

    sprites = _sprites(work)
    batch = _encoding_batch()
    fast = jnp.bfloat16 if jax.default_backend() == "gpu" else jnp.float32
    for name, dtype in (("held-out.npz", jnp.float32), ("held-out-pairs.npz", jnp.float32), ("scenes.npz", fast)):
        scenes = SceneSet.load(work.path(name))
        if scenes.codes is not None:
            continue
        vqgan = load_vqgan(work.given / "vqgan", dtype=dtype)
        encode = jax.jit(
            lambda layout, sprites, vqgan=vqgan: vqgan.nearest_codes(vqgan.encode(render(layout, sprites))).astype(
                jnp.int16
            )
        )
        count, size = len(scenes.layouts), min(batch, len(scenes.layouts))
        padded = np.concatenate([scenes.layouts, scenes.layouts[: -count % size]])
        parts = [encode(jnp.asarray(padded[i : i + size]), sprites) for i in range(0, len(padded), size)]
        codes = np.concatenate([np.asarray(part) for part in parts])[:count]
        replace(scenes, codes=codes).save(work.path(name))
        say(f"{name}: {count} pictures as codes")


def train_seq2seq_stage(work: Work, schedule: Schedule, say: Say) -> None:
    """Continue the given seq2seq on the scenes, and write it beside its tokenizer."""
    import jax

    from generation.dalle.params import load_dalle, published_weights
    from generation.dalle.tokens import TextTokeniser
    from generation.files.weights import write_safetensors
    from generation.training.dataset import blank_caption
    from generation.training.seq2seq import train_seq2seq
    from generation.training.teacher_forcing import Arithmetic

    encode_data(work, say)
    how = Arithmetic.for_backend(jax.default_backend())
    model = load_dalle(work.given)
    config = model.config
    tokeniser = TextTokeniser.from_folder(
        work.given, length=config.max_text_length, vocabulary_size=config.encoder_vocab_size
    )
    pairs, held_out = _pairs(work.path("scenes.npz")), _pairs(work.path("held-out.npz"))
    curve = Curve("seq2seq", say)
    trained = train_seq2seq(
        model, pairs, held_out, blank_caption(tokeniser), schedule, how, work.path("seq2seq.checkpoint"), curve
    )
    work.result.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", *TOKENIZER_FILES):
        shutil.copyfile(work.given / name, work.result / name)
    write_safetensors(work.result / "model.safetensors", published_weights(trained, dtype=np.float16))
    curve.write(work.path("seq2seq-curve.jsonl"))


def train_vqgan_stage(work: Work, schedule: PixelSchedule, say: Say) -> None:
    """Sharpen the given VQGAN's decoder; codes keep their meaning."""
    import jax
    import jax.numpy as jnp

    from generation.files.weights import write_safetensors
    from generation.training.pixels import train_pixels
    from generation.vqgan.params import load_vqgan, published_weights

    encode_data(work, say)
    dtype = jnp.bfloat16 if jax.default_backend() == "gpu" else jnp.float32
    scenes, held_out = SceneSet.load(work.path("scenes.npz")), SceneSet.load(work.path("held-out.npz"))
    curve = Curve("vqgan", say)
    vqgan = train_pixels(
        load_vqgan(work.given / "vqgan", dtype=dtype), jnp.asarray(scenes.layouts), _codes(scenes), _sprites(work),
        (jnp.asarray(held_out.layouts[:512]), _codes(held_out)[:512]), schedule,
        work.path("vqgan.checkpoint"), curve, dtype,
    )  # fmt: skip
    folder = work.result / "vqgan"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(work.given / "vqgan/config.json", folder / "config.json")
    write_safetensors(folder / "model.safetensors", published_weights(vqgan, dtype=np.float16))
    curve.write(work.path("vqgan-curve.jsonl"))


def train_clip_stage(work: Work, schedule: ClipSchedule, name: str, say: Say) -> None:
    """Train a tiny CLIP from nothing; ``name`` is its folder in the result."""
    import jax
    import jax.numpy as jnp

    from generation.training.clip_tokenizer import write_clip_tokenizer
    from generation.training.contrastive import (
        clip_ids,
        embed_pictures,
        embed_texts,
        save_clip,
        top_k_retrieval,
        train_clip,
        training_pictures,
    )
    from generation.training.render import render
    from generation.vqgan.params import load_vqgan

    dtype = jnp.bfloat16 if jax.default_backend() == "gpu" else jnp.float32
    scenes, held_out = SceneSet.load(work.path("scenes.npz")), SceneSet.load(work.path("held-out.npz"))
    sprites, shape = _sprites(work), ClipShape()
    tuned = work.result / "vqgan"
    vqgan = load_vqgan(tuned if tuned.exists() else work.given / "vqgan", dtype=dtype)
    curve = Curve(name, say)
    count = min(schedule.pictures, len(scenes.layouts))
    pictures = training_pictures(vqgan, scenes.layouts[:count], sprites, schedule, _encoding_batch())
    say(f"{name}: {count} pictures, the first {min(schedule.decoded, count)} as the VQGAN gives them back")
    ids = jnp.asarray(scenes.ids[:count, : scenes.lengths.max()])
    clip = train_clip(pictures, ids, shape, schedule, curve, dtype)
    save_clip(work.result / name, clip, shape)
    write_clip_tokenizer(work.given / "tokenizer.json", work.result / name, shape)
    curve.write(work.path(f"{name}-curve.jsonl"))
    shares = []
    for start in range(0, 500, 100):
        part = slice(start, start + 100)
        texts = embed_texts(clip, clip_ids(jnp.asarray(held_out.ids[part], jnp.int32), shape))
        pictures = embed_pictures(clip, render(jnp.asarray(held_out.layouts[part]), sprites))
        shares.append(top_k_retrieval(texts, pictures, 5))
    say(f"{name}: top-5 among 100 held-out scenes {np.mean(shares):.3f}")


def _pairs(path: Path) -> Any:
    import jax.numpy as jnp

    from generation.training.seq2seq import Pairs

    scenes = SceneSet.load(path)
    return Pairs(jnp.asarray(scenes.ids), jnp.asarray(scenes.lengths), _codes(scenes))


def _codes(scenes: SceneSet) -> Any:
    import jax.numpy as jnp

    assert scenes.codes is not None, "a stage that needs codes begins with encode_data"
    return jnp.asarray(scenes.codes)


def _encoding_batch() -> int:
    import jax

    return ENCODING_BATCH["gpu" if jax.default_backend() == "gpu" else "cpu"]


def _sprites(work: Work) -> Any:
    import jax.numpy as jnp

    from generation.training.sprites import Atlas

    return jnp.asarray(Atlas.load(work.path("atlas.zip")).pixels)
