"""The kernels as JAX sees them: products with packed weights, and attention of one position to a cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from generation.files.leaf import empty
from generation.kernels.compiler import Kernels

Array = jax.Array

_WORD_BYTES = 4
_LARGEST_CODE = 127
# Codes times scales give back what 8 bits hold; a rounding error of float32 apart.
_EXACT = 1e-6


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class PackedProduct:
    """A dense layer's parameters, its weights in the order in which the kernel reads them.

    kernel (panels, words, outputs of a panel, inputs of a word) of float32, bfloat16 or int8, the last with a `scale`
    (width,) for each output; bias (width,) or none.
    """

    kernel: Array
    scale: Array | None
    bias: Array | None
    width: int = field(metadata={"static": True})

    @property
    def dtype(self) -> Any:
        """What is computed in, whatever the weights are stored in."""
        return np.dtype(np.float32)

    def __call__(self, x: Array) -> Array:
        """x (..., in) -> (..., out) in float32. A row's result does not depend on the rows beside it."""
        rows = x.reshape(-1, x.shape[-1]).astype(jnp.float32)
        rows = jnp.pad(rows, ((0, 0), (0, self._inputs - x.shape[-1])))
        scale = () if self.scale is None else (self.scale,)
        y: Array = jax.ffi.ffi_call("easel_product", _floats(rows.shape[0], self.width))(rows, self.kernel, *scale)
        y = y.reshape(*x.shape[:-1], self.width)
        return y if self.bias is None else y + self.bias

    @property
    def _inputs(self) -> int:
        """The depth of the kernel, with the zeros that fill its last word."""
        return int(self.kernel.shape[1] * self.kernel.shape[3])


def pack(kernels: Kernels, kernel: np.ndarray[Any, Any], bias: Array | None, dtype: Any) -> PackedProduct:
    """A kernel (in, out) of floating numbers, stored in `dtype`: float32, bfloat16 or int8.

    One that 8 bits hold without loss, as it was stored so, is kept in 8 bits in any case.
    """
    scale = None
    eight_bits = _in_eight_bits(kernel, lossy=dtype == jnp.int8)
    if eight_bits is not None:
        kernel, scale = eight_bits[0], jax.device_put(eight_bits[1])
    else:
        kernel = kernel.astype(dtype, copy=False)
    panels = jax.device_put(_panels(kernel, kernels.panel))
    return PackedProduct(panels, scale, bias, width=kernel.shape[1])


def normalise_rows(x: Array, scale: Array | None, bias: Array | None, *, centred: bool, epsilon: float) -> Array:
    """Layer norm (`centred`) or RMS norm over the last axis, in float32. x (..., size) -> the same shape."""
    rows = x.reshape(-1, x.shape[-1]).astype(jnp.float32)
    scale, bias = (jnp.zeros(0) if part is None else part.astype(jnp.float32) for part in (scale, bias))
    name = "easel_layer_norm" if centred else "easel_rms_norm"
    y: Array = jax.ffi.ffi_call(name, _floats(*rows.shape))(rows, scale, bias, jnp.float32(epsilon))
    return y.reshape(x.shape)


def empty_caches(count: int, shape: tuple[int, ...]) -> tuple[Array, ...]:
    """So many arrays of zeros in float32, which a step reads faster than other ones."""
    caches: tuple[Array, ...] = tuple(jax.ffi.ffi_call("easel_empty_caches", [_floats(*shape)] * count)())
    return caches


def attend_in_cache(inputs: Array, cache: Array, position: Array) -> tuple[Array, Array]:
    """Queries, keys and values of `position` (), side by side (rows, 3 * H * K), and the cache (..., H, L, 2, K) ->
    what each row attends to (rows, H * K), and the cache with this position in it.
    """
    heads, length, _, size = cache.shape[-4:]
    rows = inputs.shape[0]
    call = jax.ffi.ffi_call(
        "easel_picture_attention",
        [_floats(rows, heads * size), _floats(rows, heads, length), _floats(*cache.shape)],
        input_output_aliases={1: 2},
    )
    mixed, _, cache = call(inputs, cache, position)
    return mixed, cache


def attend_to_text(queries: Array, keys: Array, values: Array, seen: Array) -> Array:
    """queries (rows, H * K), keys and values (S, G, H, T, K), seen (S, G, 1, 1, T) bool -> (rows, H * K).

    Each of the S * G texts is for as many rows, in order.
    """
    sides, groups, heads, length, _ = keys.shape
    shapes = [_floats(*queries.shape), _floats(queries.shape[0], heads, length)]
    call = jax.ffi.ffi_call("easel_text_attention", shapes)
    mixed: Array = call(queries, keys, values, seen.reshape(sides * groups, length))[0]
    return mixed


def _floats(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, jnp.float32)  # type: ignore[no-untyped-call]


def _in_eight_bits(
    kernel: np.ndarray[Any, Any], *, lossy: bool
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None:
    """Codes (in, out) and scales (out,); none if they would change the numbers and may not."""
    if not lossy and not _exact_in_eight_bits(kernel[:, :1]):  # one output decides for most
        return None
    if not lossy and not _exact_in_eight_bits(kernel):
        return None
    codes, scale = _codes(kernel)
    return codes.astype(np.int8), scale


def _exact_in_eight_bits(kernel: np.ndarray[Any, Any]) -> bool:
    codes, scale = _codes(kernel)
    return bool(np.abs(codes * scale - kernel).max(initial=0.0) <= _EXACT * np.abs(kernel).max(initial=0.0))


def _codes(kernel: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    largest = np.abs(kernel).max(axis=0).astype(np.float32)
    scale = np.where(largest > 0, largest / np.float32(_LARGEST_CODE), np.float32(1))
    return np.rint(kernel / scale), scale


def _panels(kernel: np.ndarray[Any, Any], panel: int) -> np.ndarray[Any, Any]:
    """(in, out) -> (panels, words, panel, inputs of a word), with zeros at both ends, in pages of its own."""
    packed = _WORD_BYTES // kernel.dtype.itemsize
    inputs, outputs = kernel.shape
    if inputs % packed:
        kernel = np.pad(kernel, ((0, -inputs % packed), (0, 0)))
    words = kernel.reshape(-1, packed, outputs)
    whole, rest = divmod(outputs, panel)
    panels = empty((whole + (rest > 0), len(words), panel, packed), kernel.dtype)
    panels[:whole] = words[:, :, : whole * panel].reshape(len(words), packed, whole, panel).transpose(2, 0, 3, 1)
    if rest:
        panels[whole] = 0
        panels[whole, :, :rest] = words[:, :, whole * panel :].transpose(0, 2, 1)
    return panels
