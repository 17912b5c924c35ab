"""Scenes without end: which illustrations stand where, on what ground, and how a person would say it.

A scene follows from (seed, index) alone, so a held-out set is a seed and a range of indices. Scenes of training never
show a held-out pair of concepts together (:func:`is_held_out_pair`), so held-out pairs test composition, not memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from generation.training.captions import Shown, caption_of
from generation.training.concepts import SYNONYMS, clean_label
from generation.training.grounds import GROUND_WEIGHTS, Ground, make_ground
from generation.training.palette import HUES, Tint, dominant_tint
from generation.training.sprites import CLIPART_STYLE, Atlas

SCENE_SIZE = 128
MOST_SPRITES = 3
TRAINING_SEED = 8
HELD_OUT_SEED = 2_026_11
"""No scene of this seed is ever trained on."""

HELD_OUT_PAIR_SHARE = 32
"""One pair of concepts in this many is kept out of training, by a hash of the two names."""

SOURCE_WEIGHTS = {"fluent-emoji-flat": 1.0, "fluent-emoji": 1.0, "noto": 1.0, "noto-v1": 0.6, "fxemoji": 0.5}
OTHER_SOURCE_WEIGHT = 0.5
CLIPART_WEIGHT = 0.1
EVERYDAY_BOOST = 2.5
"""Concepts with everyday names are what posts are about."""

RECOLOURED_SHARE = 0.07
SAME_STYLE_SHARE = 0.85


@dataclass(frozen=True)
class Scene:
    """One scene: its caption, what is on it, and the numbers that :mod:`generation.training.render` draws it from."""

    caption: str
    concepts: tuple[str, ...]
    ground: Ground
    layout: np.ndarray
    """(LAYOUT_SIZE,) float32, see :func:`generation.training.render.render`."""


Box = tuple[float, float, float, float]
"""Left, top, width, height in pixels."""

LAYOUT_SIZE = MOST_SPRITES * 6 + 12
"""Per sprite: index (or -1), left, top, width (negative: mirrored), height, hue rotation; then the ground's twelve."""


class Composer:
    """Makes scenes from an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self.tints: list[Tint | None] = [dominant_tint(picture) for picture in atlas.pixels]
        by_concept: dict[str, list[int]] = {}
        for index, sprite in enumerate(atlas.sprites):
            by_concept.setdefault(sprite.concept, []).append(index)
        self.concepts = sorted(by_concept)
        self.members = [by_concept[concept] for concept in self.concepts]
        self.member_odds = [_cumulative([self._sprite_weight(i) for i in members]) for members in self.members]
        everyday = {clean_label(label) for label in SYNONYMS}
        weights = [
            max(self._concept_weight(i) for i in members) * (EVERYDAY_BOOST if concept in everyday else 1.0)
            for concept, members in zip(self.concepts, self.members, strict=True)
        ]
        self.concept_odds = _cumulative(weights)
        self.everyday = [i for i, concept in enumerate(self.concepts) if concept in everyday]

    def scene(self, seed: int, index: int) -> Scene:
        """The scene of this seed and index."""
        random = np.random.Generator(np.random.Philox(key=[seed, index]))
        kind = random.random()
        if kind < 0.52:
            count, copies = 1, 1
        elif kind < 0.56:
            count, copies = 1, int(random.integers(2, 4))
        elif kind < 0.91:
            count, copies = 2, 1
        else:
            count, copies = 3, 1
        return self.compose(random, self._pick_concepts(random, count, held_out=False), copies)

    def held_out_pair_scene(self, index: int) -> Scene:
        """A scene of two concepts that training never shows together, both of the everyday ones."""
        random = np.random.Generator(np.random.Philox(key=[HELD_OUT_SEED + 1, index]))
        return self.compose(random, self._pick_concepts(random, 2, held_out=True), 1)

    def compose(self, random: np.random.Generator, chosen: Sequence[int], copies: int) -> Scene:
        """Place one sprite of each chosen concept (or ``copies`` of a single one) and say what is seen."""
        sprites = self._pick_sprites(random, chosen)
        ground = make_ground(random, GROUND_WEIGHTS)
        layout = np.zeros(LAYOUT_SIZE, np.float32)
        layout[0 : MOST_SPRITES * 6 : 6] = -1
        layout[MOST_SPRITES * 6 :] = ground.numbers
        placed = [sprites[0]] * copies if copies > 1 else sprites
        boxes, relation = _arrange(random, len(placed))
        shown: list[Shown] = []
        recolour: float | None = None
        for slot, (sprite, box) in enumerate(zip(placed, boxes, strict=True)):
            description = self.atlas.sprites[sprite]
            if slot == 0 or copies == 1:
                recolour, colour = self._recolour(random, sprite)
                shown.append(Shown(description.concept, description.tags, description.style, colour))
            mirrored = random.random() < 0.25
            width = -box[2] if mirrored else box[2]
            layout[slot * 6 : slot * 6 + 6] = (sprite, box[0], box[1], width, box[3], recolour or 0.0)
        caption = caption_of(random, shown, copies, relation, ground)
        return Scene(caption, tuple(item.concept for item in shown), ground, layout)

    def _recolour(self, random: np.random.Generator, sprite: int) -> tuple[float | None, str | None]:
        """Hue rotation in radians, and the colour to name if one is to be named."""
        tint = self.tints[sprite]
        roll = random.random()
        if tint is None:
            return None, None
        if roll < RECOLOURED_SHARE and tint.hue is not None:
            name = list(HUES)[random.integers(len(HUES))]
            return HUES[name] - tint.hue, name
        return None, tint.name if roll > 0.9 else None

    def _pick_concepts(self, random: np.random.Generator, count: int, *, held_out: bool) -> list[int]:
        while True:
            if held_out:
                chosen = [self.everyday[random.integers(len(self.everyday))] for _ in range(count)]
            else:
                chosen = [int(np.searchsorted(self.concept_odds, random.random())) for _ in range(count)]
            names = [self.concepts[i] for i in chosen]
            if len(set(names)) < count:
                continue
            pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
            if all(is_held_out_pair(*pair) == held_out for pair in pairs):
                return chosen

    def _pick_sprites(self, random: np.random.Generator, chosen: Sequence[int]) -> list[int]:
        picked: list[int] = []
        same_style = random.random() < SAME_STYLE_SHARE
        for concept in chosen:
            members = self.members[concept]
            sprite = members[int(np.searchsorted(self.member_odds[concept], random.random()))]
            if picked and same_style:
                style = self.atlas.sprites[picked[0]].style
                matching = [i for i in members if self.atlas.sprites[i].style == style]
                sprite = matching[random.integers(len(matching))] if matching else sprite
            picked.append(sprite)
        return picked

    def _sprite_weight(self, index: int) -> float:
        sprite = self.atlas.sprites[index]
        return (
            CLIPART_WEIGHT if sprite.style == CLIPART_STYLE else SOURCE_WEIGHTS.get(sprite.source, OTHER_SOURCE_WEIGHT)
        )

    def _concept_weight(self, index: int) -> float:
        sprite = self.atlas.sprites[index]
        return CLIPART_WEIGHT if sprite.style == CLIPART_STYLE else sprite.weight


@lru_cache(maxsize=1 << 20)
def is_held_out_pair(first: str, second: str) -> bool:
    """Whether the two concepts, in either order, are kept apart in training."""
    digest = hashlib.sha256("|".join(sorted((first, second))).encode()).digest()
    return digest[0] % HELD_OUT_PAIR_SHARE == 0


def _arrange(random: np.random.Generator, count: int) -> tuple[list[Box], str]:
    """Boxes (left, top, width, height) in pixels for this many sprites, and how the second stands to the first."""
    if count == 1:
        size = random.uniform(72, 120)
        slack = SCENE_SIZE - size
        left, top = slack / 2 + random.uniform(-0.3, 0.3) * slack, slack / 2 + random.uniform(-0.25, 0.35) * slack
        return [(left, top, size, size)], ""
    if count == 2 and random.random() < 0.2:
        sizes = random.uniform(48, 62, 2)
        lefts = [(SCENE_SIZE - size) / 2 + random.uniform(-16, 16) for size in sizes]
        tops = [2 + random.uniform(0, 4), 64 + random.uniform(0, 3)]
        return [(x, y, size, size) for x, y, size in zip(lefts, tops, sizes, strict=True)], "above"
    if count == 2:
        sizes = random.uniform(50, 63, 2)
        boxes: list[Box] = []
        base = random.uniform(78, 112)
        for slot, size in enumerate(sizes):
            left = 64 * slot + (64 - size) / 2 + random.uniform(-1, 1)
            boxes.append((left, min(base + random.uniform(-8, 8), 126) - size, size, size))
        return boxes, "beside"
    sizes = random.uniform(38, 46, 3)
    if random.random() < 0.5:
        middle = random.uniform(50, 90)
        boxes = [(42.5 * i + (42.5 - s) / 2, middle - s / 2 + random.uniform(-9, 9), s, s) for i, s in enumerate(sizes)]
    else:
        sizes = sizes * 1.25
        centres = [(64.0, 33.0), (33.0, 94.0), (95.0, 94.0)]
        boxes = [(x - s / 2, y - s / 2, s, s) for (x, y), s in zip(centres, sizes, strict=True)]
    return boxes, "group"


def _cumulative(weights: Sequence[float]) -> np.ndarray:
    total = np.cumsum(np.asarray(weights, np.float64))
    odds: np.ndarray = total / total[-1]
    return odds
