"""VQGAN's network in Flax NNX: pixels -> vectors -> nearest codes, and codes -> pixels.

Axes: B pictures, Y and X rows and columns, C channels (kernels are YXIO), E width of a code's vector.

Sources: Taming Transformers (arXiv 2012.09841); vqgan-jax's VQModel.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from generation.parameters import normal, ones, parameter, zeros
from generation.vqgan.config import GROUPS, VqganConfig

Array = jax.Array
DType = Any

_EPSILON = 1e-6  # of every group norm in the reference


class Convolution(nnx.Module):
    """x (B, Y, X, in) -> (B, Y, X, out), kept in size by zeros around it, computed in `dtype`."""

    def __init__(
        self, in_size: int, out_size: int, side: int, *, dtype: DType, param_dtype: DType, rngs: nnx.Rngs | None
    ) -> None:
        deviation = 1.0 / math.sqrt(in_size * side * side)
        self.kernel = parameter(rngs, (side, side, in_size, out_size), param_dtype, normal(deviation))
        self.bias = parameter(rngs, (out_size,), param_dtype, zeros)
        self.dtype = dtype

    def __call__(self, x: Array, *, stride: int = 1, padding: Any = "SAME") -> Array:
        """x (B, Y, X, in) -> (B, Y / stride, X / stride, out)."""
        y = jax.lax.conv_general_dilated(
            x.astype(self.dtype),
            self.kernel[...].astype(self.dtype),
            (stride, stride),
            padding,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        return y + self.bias[...].astype(self.dtype)


class GroupNorm(nnx.Module):
    """Group norm over pictures (B, Y, X, C), its statistics in float32."""

    def __init__(self, channels: int, *, dtype: DType, param_dtype: DType, rngs: nnx.Rngs | None) -> None:
        self.scale = parameter(rngs, (channels,), param_dtype, ones)
        self.bias = parameter(rngs, (channels,), param_dtype, zeros)
        self.dtype = dtype

    def __call__(self, x: Array) -> Array:
        """x (B, Y, X, C) -> the same shape."""
        x = x.astype(jnp.float32)
        centred = x - _group_mean(x)
        deviation = jax.lax.rsqrt(_group_mean(jnp.square(centred)) + _EPSILON)
        y = centred * (deviation * self.scale[...].astype(jnp.float32)) + self.bias[...].astype(jnp.float32)
        return y.astype(self.dtype)


def _group_mean(x: Array) -> Array:
    """x (B, Y, X, C) -> the mean of each channel's group (B, 1, 1, C).

    Channels first, groups after: reducing over the picture and half a channel axis at once is ten times slower
    on a CPU.
    """
    of_groups = x.mean((1, 2)).reshape(x.shape[0], GROUPS, -1).mean(-1)
    return of_groups.repeat(x.shape[-1] // GROUPS, axis=-1)[:, None, None, :]


class _Maker:
    """Makes the parts of the network with one set of types and one source of randomness."""

    def __init__(self, config: VqganConfig, dtype: DType, param_dtype: DType, rngs: nnx.Rngs | None) -> None:
        self.config, self.dtype, self.param_dtype, self.rngs = config, dtype, param_dtype, rngs

    def convolution(self, in_size: int, out_size: int, side: int) -> Convolution:
        return Convolution(in_size, out_size, side, dtype=self.dtype, param_dtype=self.param_dtype, rngs=self.rngs)

    def norm(self, channels: int) -> GroupNorm:
        return GroupNorm(channels, dtype=self.dtype, param_dtype=self.param_dtype, rngs=self.rngs)


class ResidualBlock(nnx.Module):
    """Two convolutions beside a shortcut; a 1x1 convolution on the shortcut where the channels change."""

    def __init__(self, make: _Maker, in_size: int, out_size: int) -> None:
        self.norm1 = make.norm(in_size)
        self.conv1 = make.convolution(in_size, out_size, 3)
        self.norm2 = make.norm(out_size)
        self.conv2 = make.convolution(out_size, out_size, 3)
        self.shortcut = make.convolution(in_size, out_size, 1) if in_size != out_size else None

    def __call__(self, x: Array) -> Array:
        """x (B, Y, X, in) -> (B, Y, X, out)."""
        y = self.conv1(jax.nn.swish(self.norm1(x)))
        y = self.conv2(jax.nn.swish(self.norm2(y)))
        return y + (x if self.shortcut is None else self.shortcut(x))


class AttentionBlock(nnx.Module):
    """Every place attends to every place, one head, beside a shortcut."""

    def __init__(self, make: _Maker, channels: int) -> None:
        self.norm = make.norm(channels)
        self.query = make.convolution(channels, channels, 1)
        self.key = make.convolution(channels, channels, 1)
        self.value = make.convolution(channels, channels, 1)
        self.output = make.convolution(channels, channels, 1)

    def __call__(self, x: Array) -> Array:
        """x (B, Y, X, C) -> the same shape."""
        y = self.norm(x)
        flat = (x.shape[0], -1, x.shape[-1])
        queries, keys, values = (part(y).reshape(flat) for part in (self.query, self.key, self.value))
        scores = jnp.einsum("bqc,bsc->bqs", queries, keys).astype(jnp.float32) / math.sqrt(x.shape[-1])
        mixed = jnp.einsum("bqs,bsc->bqc", jax.nn.softmax(scores).astype(values.dtype), values)
        return x + self.output(mixed.reshape(x.shape))


class Level(nnx.Module):
    """The blocks of one resolution, and the way to the next: the same on the way down and on the way up."""

    def __init__(
        self, make: _Maker, in_size: int, out_size: int, blocks: int, *, attends: bool, resamples: bool
    ) -> None:
        sizes = [in_size] + [out_size] * (blocks - 1)
        self.blocks = nnx.List([ResidualBlock(make, size, out_size) for size in sizes])
        self.attentions = nnx.List([AttentionBlock(make, out_size) for _ in sizes] if attends else [])
        self.resamples = resamples
        with_convolution = resamples and make.config.resamp_with_conv
        self.resample = make.convolution(out_size, out_size, 3) if with_convolution else None

    def __call__(self, x: Array) -> Array:
        """x (B, Y, X, in) -> (B, Y, X, out), not yet resampled."""
        for index, block in enumerate(self.blocks):
            x = block(x)
            if self.attentions:
                x = self.attentions[index](x)
        return x

    def halve(self, x: Array) -> Array:
        """(B, Y, X, C) -> (B, Y / 2, X / 2, C), if this level has a next one."""
        if not self.resamples:
            return x
        if self.resample is None:
            rows, columns = x.shape[1] // 2, x.shape[2] // 2
            return x.reshape(x.shape[0], rows, 2, columns, 2, x.shape[3]).mean((2, 4))
        # The reference pads only below and on the right.
        return self.resample(x, stride=2, padding=((0, 1), (0, 1)))

    def double(self, x: Array) -> Array:
        """(B, Y, X, C) -> (B, 2Y, 2X, C) by repeating, if this level has a next one."""
        if not self.resamples:
            return x
        rows, columns = x.shape[1], x.shape[2]
        repeated = jnp.broadcast_to(x[:, :, None, :, None, :], (x.shape[0], rows, 2, columns, 2, x.shape[3]))
        x = repeated.reshape(x.shape[0], 2 * rows, 2 * columns, x.shape[3])
        return x if self.resample is None else self.resample(x)


class Middle(nnx.Module):
    """The blocks at the lowest resolution."""

    def __init__(self, make: _Maker, channels: int) -> None:
        self.block1 = ResidualBlock(make, channels, channels)
        self.attention = AttentionBlock(make, channels)
        self.block2 = ResidualBlock(make, channels, channels)

    def __call__(self, x: Array) -> Array:
        """x (B, Y, X, C) -> the same shape."""
        return self.block2(self.attention(self.block1(x)))


class Encoder(nnx.Module):
    """Pixels -> one vector of `z_channels` a code."""

    def __init__(self, make: _Maker) -> None:
        config = make.config
        self.first = make.convolution(config.in_channels, config.ch, 3)
        levels, size = [], config.ch
        for index, out_size in enumerate(config.channels):
            attends = config.resolution >> index in config.attn_resolutions
            resamples = index < len(config.channels) - 1
            levels.append(Level(make, size, out_size, config.num_res_blocks, attends=attends, resamples=resamples))
            size = out_size
        self.levels = nnx.List(levels)
        self.middle = Middle(make, size)
        self.last_norm = make.norm(size)
        self.last = make.convolution(size, config.z_channels, 3)

    def __call__(self, x: Array) -> Array:
        """pixels (B, Y, X, 3) in [0, 1] -> (B, y, x, z_channels)."""
        x = self.first(x)
        for level in self.levels:
            x = level.halve(level(x))
        return self.last(jax.nn.swish(self.last_norm(self.middle(x))))


class Decoder(nnx.Module):
    """One vector of `z_channels` a code -> pixels. `levels` counts from the pixels, as the checkpoint does."""

    def __init__(self, make: _Maker) -> None:
        config = make.config
        size = config.channels[-1]
        self.first = make.convolution(config.z_channels, size, 3)
        self.middle = Middle(make, size)
        levels: list[Level] = []
        for index in reversed(range(len(config.channels))):
            attends = config.resolution >> index in config.attn_resolutions
            out_size = config.channels[index]
            levels.insert(
                0,
                Level(make, size, out_size, config.num_res_blocks + 1, attends=attends, resamples=index > 0),
            )
            size = out_size
        self.levels = nnx.List(levels)
        self.last_norm = make.norm(size)
        self.last = make.convolution(size, config.out_ch, 3)

    def __call__(self, x: Array) -> Array:
        """(B, y, x, z_channels) -> pixels (B, Y, X, 3), not clipped."""
        x = self.middle(self.first(x))
        for level in reversed(self.levels):
            x = level.double(level(x))
        return self.last(jax.nn.swish(self.last_norm(x)))


class Vqgan(nnx.Module):
    """The whole network. `dtype` is what is computed in, `param_dtype` what parameters are kept in.

    Without `rngs` the parameters have shapes and no values.
    """

    def __init__(
        self,
        config: VqganConfig,
        *,
        rngs: nnx.Rngs | None,
        dtype: DType = jnp.float32,
        param_dtype: DType = jnp.float32,
    ) -> None:
        make = _Maker(config, dtype, param_dtype, rngs)
        self.config = config
        self.encoder = Encoder(make)
        self.decoder = Decoder(make)
        self.before_codes = make.convolution(config.z_channels, config.embed_dim, 1)
        self.after_codes = make.convolution(config.embed_dim, config.z_channels, 1)
        # vqgan-jax begins with a small uniform codebook; training replaces it anyway.
        shape = (config.n_embed, config.embed_dim)
        limit = 1.0 / config.n_embed
        uniform = partial(jax.random.uniform, minval=-limit, maxval=limit)
        self.codebook = parameter(rngs, shape, param_dtype, uniform)

    def encode(self, pixels: Array) -> Array:
        """pixels (B, Y, X, 3) in [0, 1] -> vectors before quantisation (B, y, x, E)."""
        return self.before_codes(self.encoder(pixels))

    def nearest_codes(self, vectors: Array) -> Array:
        """vectors (B, y, x, E) -> the nearest codebook rows by squared distance, row-major (B, y * x)."""
        flat = vectors.astype(jnp.float32).reshape(-1, vectors.shape[-1])
        codebook = self.codebook[...].astype(jnp.float32)
        # The squared length of the vector is the same for all rows, so it does not decide.
        distances = jnp.square(codebook).sum(1) - 2 * flat @ codebook.T
        return distances.argmin(1).reshape(vectors.shape[0], -1)

    def look_up(self, codes: Array) -> Array:
        """codes (B, n) of a square grid -> vectors (B, root n, root n, E). Codes outside the codebook give NaN."""
        side = math.isqrt(codes.shape[1])
        rows = self.codebook[...].at[codes].get(mode="fill", fill_value=jnp.nan)
        return rows.reshape(codes.shape[0], side, side, -1)

    def decode(self, vectors: Array) -> Array:
        """vectors (B, y, x, E) -> pixels (B, Y, X, 3), not clipped."""
        return self.decoder(self.after_codes(vectors))

    def decode_codes(self, codes: Array) -> Array:
        """codes (B, n) of a square grid -> pixels (B, Y, X, 3), not clipped."""
        return self.decode(self.look_up(codes))

    def __call__(self, pixels: Array) -> tuple[Array, Array]:
        """pixels (B, Y, X, 3) in [0, 1] -> (reconstruction, codes (B, n))."""
        codes = self.nearest_codes(self.encode(pixels))
        return self.decode_codes(codes), codes


def to_uint8(pixels: Array) -> Array:
    """Clip to [0, 1] and scale to 0..255, cut off and not rounded, as the reference does."""
    return (jnp.clip(pixels.astype(jnp.float32), 0.0, 1.0) * 255).astype(jnp.uint8)
