"""A network's layers from input to output, and which parameters belong to the top ones.

encoder, decoder   the transformer's layers
clip               the layers of both towers, counted together from their outputs
vqgan              encoder levels, its middle, codebook, the decoder's middle, decoder levels: the way of a picture
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jax
from flax import nnx

from generation.clip.config import ClipConfig
from generation.dalle.config import DalleConfig
from generation.dalle.params import OurPath
from generation.training.errors import PlanError
from generation.training.tuning.plan import TopLayers
from generation.vqgan.config import VqganConfig

Parameters = dict[str, jax.Array]
"""Arrays by the path of their parameter, its parts joined by "/"."""

Part = Literal["encoder", "decoder", "vqgan", "clip"]


@dataclass(frozen=True)
class Network:
    """A network taken apart: its parameters by name, and how to put it together from them."""

    parameters: Parameters
    build: Callable[[Mapping[str, jax.Array]], Any]

    @classmethod
    def of(cls, model: nnx.Module) -> Network:
        """Take `model` apart; the parts share its arrays."""
        graph, state = nnx.split(model)
        flat = nnx.to_flat_state(state)
        names = ["/".join(map(str, path)) for path, _ in flat]
        paths = [path for path, _ in flat]

        def build(parameters: Mapping[str, jax.Array]) -> Any:
            leaves = [variable.replace(parameters[name]) for name, (_, variable) in zip(names, flat, strict=True)]
            return nnx.merge(graph, nnx.from_flat_state(list(zip(paths, leaves, strict=True))))

        return cls({name: variable.get_value() for name, (_, variable) in zip(names, flat, strict=True)}, build)


def of_transformer(config: DalleConfig, part: Literal["encoder", "decoder"]) -> tuple[tuple[OurPath, ...], ...]:
    """The layers of one side, each as the paths that its parameters begin with; the last has what lies above it."""
    count = config.encoder_layers if part == "encoder" else config.decoder_layers
    above: tuple[OurPath, ...] = ((part, "final_norm"),) + ((("head",),) if part == "decoder" else ())
    layers: list[tuple[OurPath, ...]] = [((part, "layers", index),) for index in range(count)]
    return _with_top(layers, above)


def of_clip(config: ClipConfig) -> tuple[tuple[OurPath, ...], ...]:
    """Pairs of a text and a vision layer, from the outputs down; the taller tower's first layers stand alone."""
    counts = {"text": config.text.num_hidden_layers, "vision": config.vision.num_hidden_layers}
    tallest = max(counts.values())
    pairs = [
        tuple((side, "layers", count - depth) for side, count in counts.items() if depth <= count)
        for depth in range(tallest, 0, -1)
    ]
    above = tuple((side, part) for side in counts for part in ("last_norm", "projection"))
    return _with_top(pairs, (*above, ("logit_scale",)))


def of_vqgan(config: VqganConfig) -> tuple[tuple[OurPath, ...], ...]:
    """The way of a picture: encoder levels, middle, codebook, middle, decoder levels."""
    levels = range(len(config.channels))
    return (
        (("encoder", "first"), ("encoder", "levels", 0)),
        *((("encoder", "levels", index),) for index in levels[1:]),
        (("encoder", "middle"), ("encoder", "last_norm"), ("encoder", "last")),
        (("before_codes",), ("codebook",), ("after_codes",)),
        (("decoder", "first"), ("decoder", "middle")),
        *((("decoder", "levels", index),) for index in reversed(levels[1:])),
        (("decoder", "levels", 0), ("decoder", "last_norm"), ("decoder", "last")),
    )


def chosen(parameters: Parameters, part: Part, layers: tuple[tuple[OurPath, ...], ...], top: TopLayers) -> set[str]:
    """The names of the parameters in the `top` layers of a part; all of the part's where `top` is "all".

    Raises:
        PlanError: the part has fewer layers.
    """
    if top == "all":
        sides = {"encoder": ("encoder/",), "decoder": ("decoder/", "head/")}.get(part, ("",))
        return {name for name in parameters if name.startswith(sides)}
    if top > len(layers):
        raise PlanError(
            f"parts.{part} asks for {top} top layers; this model's {part} has {len(layers)}. "
            f'Ask for at most {len(layers)}, or for "all".'
        )
    begins = tuple("/".join(map(str, path)) + "/" for layer in layers[len(layers) - top :] for path in layer)
    return {name for name in parameters if f"{name}/".startswith(begins)} if begins else set()


def _with_top(layers: Sequence[tuple[OurPath, ...]], above: tuple[OurPath, ...]) -> tuple[tuple[OurPath, ...], ...]:
    return (*layers[:-1], (*layers[-1], *above))
