"""What scenes stand on: white, a colour, a gradient, grass, a beach, the night, a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generation.training.palette import GROUND_COLOURS

GROUND_WEIGHTS = {
    "white": 0.26,
    "colour": 0.48,
    "gradient": 0.08,
    "grass": 0.06,
    "beach": 0.03,
    "night": 0.05,
    "table": 0.04,
}
STAR_FIELDS = 32
_JITTER = 10.0  # of 255, so that a named colour is a neighbourhood and not one code


@dataclass(frozen=True)
class Ground:
    """A ground: its kind, the colours to name, and twelve numbers to draw it from.

    ``numbers``: three colours in [0, 1]; the row (share of the height) where the second begins; the row where the third
    begins, or -1 for a gradient from the first to the second; the star field (0 for none).
    """

    kind: str
    colours: tuple[str, ...]
    numbers: tuple[float, ...]


def make_ground(random: np.random.Generator, weights: dict[str, float]) -> Ground:
    """Draw a ground of a random kind."""
    kinds = list(weights)
    odds = np.cumsum([weights[kind] for kind in kinds])
    kind = kinds[min(int(np.searchsorted(odds / odds[-1], random.random())), len(kinds) - 1)]
    if kind == "white":
        return Ground(kind, ("white",), _numbers([(255, 255, 255)] * 3))
    if kind in ("colour", "gradient"):
        names = list(GROUND_COLOURS)
        first, second = (names[random.integers(len(names))] for _ in range(2))
        if kind == "colour" or first == second:
            return solid_ground(random, first)
        return Ground(kind, (first, second), _numbers([_near(random, first), _near(random, second)] * 2, gradient=True))
    if kind == "grass":
        horizon = random.uniform(0.6, 0.8)
        return Ground(
            kind, (), _numbers([_shift(random, (160, 212, 246)), _shift(random, (110, 190, 96))] * 2, horizon, 2.0)
        )
    if kind == "beach":
        colours = [_shift(random, rgb) for rgb in ((160, 212, 246), (70, 160, 214), (240, 222, 176))]
        horizon = random.uniform(0.5, 0.6)
        return Ground(kind, (), _numbers(colours, horizon, horizon + random.uniform(0.08, 0.16)))
    if kind == "night":
        sky = _shift(random, (24, 28, 66))
        return Ground(kind, (), _numbers([sky] * 3, stars=int(random.integers(1, STAR_FIELDS))))
    wall, wood = _shift(random, (250, 232, 208)), _shift(random, (160, 112, 74))
    return Ground(kind, (), _numbers([wall, wood, wood], random.uniform(0.62, 0.8), 2.0))


def solid_ground(random: np.random.Generator, name: str) -> Ground:
    """One named colour, a little off its centre."""
    return Ground("colour", (name,), _numbers([_near(random, name)] * 3))


def star_fields() -> np.ndarray:
    """(STAR_FIELDS, 128, 128) float32 in [0, 1]: field 0 is empty, the others hold thirty stars of 1 or 2 pixels."""
    random = np.random.default_rng(0)
    fields = np.zeros((STAR_FIELDS, 128, 128), np.float32)
    for field in fields[1:]:
        for _ in range(30):
            y, x = random.integers(0, 127, 2)
            side = 2 if random.random() < 0.3 else 1
            field[y : y + side, x : x + side] = random.uniform(0.6, 1.0)
    return fields


def _near(random: np.random.Generator, name: str) -> tuple[float, float, float]:
    return _shift(random, GROUND_COLOURS[name])


def _shift(random: np.random.Generator, rgb: tuple[int, int, int]) -> tuple[float, float, float]:
    shifted = np.clip(np.array(rgb) + random.uniform(-_JITTER, _JITTER, 3), 0, 255)
    return float(shifted[0]), float(shifted[1]), float(shifted[2])


def _numbers(
    colours: list[tuple[float, float, float]] | list[tuple[int, int, int]],
    second_from: float = 2.0,
    third_from: float = 2.0,
    stars: int = 0,
    *,
    gradient: bool = False,
) -> tuple[float, ...]:
    flat = [value / 255 for rgb in colours[:3] for value in rgb]
    return (*flat, second_from, -1.0 if gradient else third_from, float(stars))
