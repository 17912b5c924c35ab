"""Hard prompts by gradient: words whose CLIP vector comes near that of a picture or of a longer text.

Soft vectors are optimised, but the gradient is always taken at the nearest real words, so that what is found can be
written down (PEZ: Wen et al. 2023, arXiv 2302.03668, algorithm 1). Several starts run side by side.

What fits one CLIP should mean the same to another. So words stand between commas, as captions and prompts list them,
and words that training hardly met are left out: `benchmarks/hard_prompts.py` measures it.

Axes: B starts, M words, T positions (start, words and commas, end), D width, V words of the vocabulary, E the shared
space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from PIL import Image, ImageOps

from generation.clip.modeling import Clip
from generation.clip.scoring import ClipScorer, FloatArray
from generation.errors import DrawingError
from generation.prompting.optimise.vocabulary import Vocabulary, whole_words

Array = jax.Array
State = tuple[Array, Array, Array]
"""Soft words (B, M, D), and the means of their gradients and of these squared, as Adam keeps them."""

SHIFT = 20
"""A picture is shifted by the twentieth part of its shorter side."""
HARDLY_TRAINED = 0.88
"""Words with a shorter vector, as a share of the median, are left out: training lengthens those that it meets."""
SEPARATOR = ", "
NO_LOSS = 0.005
"""A word without which the similarity falls by no more than this is left out of what was found."""
_FIRST_MOMENT, _SECOND_MOMENT, _EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class PezSettings:
    """How to search. The rate and the decay of weights are the paper's."""

    words: int = 8
    steps: int = 200
    starts: int = 8
    rate: float = 0.1
    decay: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class Step:
    """The best of the starts after a step: its words, and how near they come (a cosine)."""

    number: int
    prompt: str
    similarity: float


@dataclass(frozen=True)
class HardPrompt:
    """What was found, and every step on the way to it."""

    prompt: str
    similarity: float
    steps: tuple[Step, ...]

    def milestones(self, most: int) -> tuple[Step, ...]:
        """The steps at which the best so far got better: the first, the last, and evenly spread ones between."""
        better = [step for place, step in enumerate(self.steps) if step.similarity > _best(self.steps[:place])]
        places = np.unique(np.linspace(0, len(better) - 1, min(most, len(better))).round().astype(int))
        return tuple(better[place] for place in places)


def _best(steps: Sequence[Step]) -> float:
    return max((step.similarity for step in steps), default=-1.0)


def target_of_pictures(scorer: ClipScorer, images: Sequence[Image.Image]) -> FloatArray:
    """The vector of what pictures show, (E,): the mean over small shifts and their mirror images, brought to length 1.

    A single look would let words be found that fit its pixels and nothing else.
    """
    return _unit(scorer.pictures([look for image in images for look in _looks(image.convert("RGB"))]).mean(0))


def _looks(image: Image.Image) -> list[Image.Image]:
    width, height = image.size
    margin = max(1, min(width, height) // SHIFT)
    corners = ((0, 0), (2 * margin, 0), (0, 2 * margin), (2 * margin, 2 * margin), (margin, margin))
    cuts = [image.crop((x, y, x + width - 2 * margin, y + height - 2 * margin)) for x, y in corners]
    return [image, ImageOps.mirror(image), *cuts]


def target_of_text(scorer: ClipScorer, text: str) -> FloatArray:
    """The vector of a text of any length, (E,): the mean of the parts that fit into CLIP, brought to length 1."""
    words = text.split()
    if not words:
        raise DrawingError("The text to distil is empty. Give the words that the prompt should stand for.")
    room = max(1, scorer.clip.config.max_position_embeddings // 3)  # a word seldom has more than three pieces
    parts = [" ".join(words[start : start + room]) for start in range(0, len(words), room)]
    return _unit(scorer.texts(parts).mean(0))


def find_prompt(
    scorer: ClipScorer, target: FloatArray, settings: PezSettings | None = None, avoid: Sequence[str] = ()
) -> HardPrompt:
    """Words whose vector comes near the `target` (E,), a unit vector of pictures or of a text.

    Raises:
        DrawingError: more words are wanted than this CLIP reads, or its tokenizer holds no whole words.
    """
    settings = settings or PezSettings()
    vocabulary = _trained(whole_words(scorer.tokenizer, avoid), scorer)
    most = (scorer.clip.config.max_position_embeddings - 1) // 2
    if not 1 <= settings.words <= most:
        raise DrawingError(f"{settings.words} words are wanted; this CLIP reads 1 to {most}.")
    if len(vocabulary.words) < settings.words:
        raise DrawingError("The tokenizer of this CLIP holds too few whole words to write a prompt with.")
    graph, state = nnx.split(scorer.clip)
    start, end = _ends(scorer)
    keys = jax.random.key(settings.seed)
    places = jax.random.randint(keys, (settings.starts, settings.words), 0, len(vocabulary.words))
    chosen, similarities = _descend(
        graph, state, places, jnp.asarray(vocabulary.ids), jnp.asarray(target), (start, vocabulary.separator, end),
        settings,
    )  # fmt: skip
    return _told(scorer, vocabulary, target, np.asarray(chosen), np.asarray(similarities))


def _trained(vocabulary: Vocabulary, scorer: ClipScorer) -> Vocabulary:
    lengths = np.linalg.norm(np.asarray(scorer.clip.text.tokens[...])[vocabulary.ids], axis=-1)
    return vocabulary.only(lengths >= HARDLY_TRAINED * np.median(lengths))


def _told(
    scorer: ClipScorer, vocabulary: Vocabulary, target: FloatArray, chosen: Any, similarities: FloatArray
) -> HardPrompt:
    """chosen (steps, B, M), similarities (steps, B) -> the best prompt, without the words that add nothing."""
    ahead = similarities.argmax(1)
    steps = tuple(
        Step(number, _sentence(vocabulary, chosen[number, start]), float(similarities[number, start]))
        for number, start in enumerate(ahead)
    )
    found = max(steps, key=lambda step: step.similarity)
    prompt = SEPARATOR.join(_without_idle_words(scorer, found.prompt.split(SEPARATOR), target))
    return HardPrompt(prompt, float(scorer.texts([prompt])[0] @ target), steps)


def _sentence(vocabulary: Vocabulary, places: Any) -> str:
    return SEPARATOR.join(vocabulary.words[place] for place in places)


def _without_idle_words(scorer: ClipScorer, words: list[str], target: FloatArray) -> list[str]:
    """The words without those whose loss costs no similarity, the idlest first; at least one stays."""
    similarity = float(scorer.texts([SEPARATOR.join(words)])[0] @ target)
    while len(words) > 1:
        shorter = [words[:place] + words[place + 1 :] for place in range(len(words))]
        after = scorer.texts([SEPARATOR.join(part) for part in shorter]) @ target
        best = int(after.argmax())
        if after[best] < similarity - NO_LOSS:
            break
        words, similarity = shorter[best], max(similarity, float(after[best]))
    return words


def _ends(scorer: ClipScorer) -> tuple[int, int]:
    """The ids that this CLIP's tokenizer puts before and after a text."""
    encoding = scorer.tokenizer.encode("word")
    used = encoding.ids[: sum(encoding.attention_mask)]
    return used[0], used[-1]


@partial(jax.jit, static_argnums=(0, 5, 6))
def _descend(
    graph: nnx.GraphDef[Clip], state: Any, places: Array, ids: Array, target: Array, marks: tuple[int, int, int],
    settings: PezSettings,
) -> tuple[Array, Array]:  # fmt: skip
    """First places (B, M) in the vocabulary `ids` (V,) -> nearest words (steps, B, M), similarities (steps, B).

    `marks` are the ids that start a text, stand between two words, and end it.
    """
    text = nnx.merge(graph, state).text
    vectors = text.tokens[...][ids]  # (V, D)
    directions = vectors / jnp.linalg.norm(vectors, axis=-1, keepdims=True)
    batch, count = places.shape
    first, comma, last = (jnp.broadcast_to(text.tokens[...][id_], (batch, 1, vectors.shape[1])) for id_ in marks)
    mask = jnp.ones((batch, 2 * count + 1), jnp.int32)
    ends = jnp.full(batch, 2 * count)

    def similarity(words: Array) -> Array:
        """(B, M, D) -> (B,)"""
        parts = [part for place in range(count) for part in (comma, words[:, place : place + 1])]
        return text.read(jnp.concatenate([first, *parts[1:], last], 1), mask, ends) @ target

    def step(carry: State, number: Array) -> tuple[State, tuple[Array, Array]]:
        soft, mean, square = carry
        nearest = (soft / jnp.linalg.norm(soft, axis=-1, keepdims=True) @ directions.T).argmax(-1)  # (B, M)
        similarities, pull = jax.vjp(similarity, vectors[nearest])
        gradient = -pull(jnp.ones(batch))[0]
        mean = _FIRST_MOMENT * mean + (1 - _FIRST_MOMENT) * gradient
        square = _SECOND_MOMENT * square + (1 - _SECOND_MOMENT) * gradient**2
        direction = mean / (1 - _FIRST_MOMENT**number)
        size = jnp.sqrt(square / (1 - _SECOND_MOMENT**number)) + _EPSILON
        soft = soft - settings.rate * (direction / size + settings.decay * soft)
        return (soft, mean, square), (nearest, similarities)

    soft = vectors[places]
    begin = (soft, jnp.zeros_like(soft), jnp.zeros_like(soft))
    _, (chosen, similarities) = jax.lax.scan(step, begin, jnp.arange(1, settings.steps + 1))
    return chosen, similarities


def _unit(vector: FloatArray) -> FloatArray:
    length: FloatArray = vector / np.linalg.norm(vector)
    return length
