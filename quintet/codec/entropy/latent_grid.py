"""Continuous latents on a grid: integers k for z = k 2^e, under normals whose parameters every machine rounds alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.rounded_normals import NormalBlock

Array = np.ndarray[Any, Any]
REACH = 8.0  # the grid covers at least this many standard deviations of the prior
FARTHEST = 64.0  # and as many as the posteriors need, up to this many
MAX_RADIUS = 1 << 16  # largest |k|
WIDE = 4  # radii that the prior covers, so that it covers every truncated posterior with its mean within the radius
FINE = 16  # means are rounded to 1/16 of the step, spreads to 1/16 of an octave
TOLERANCE = 1e-8  # how far two machines' parameters may differ, in units of 1/FINE
SALT_STEP = 0.381966
OCTAVE = np.array([round(2.0 ** (i / FINE) * 2**20) / 2**20 for i in range(FINE)])
"""2^(i/16), rounded to twenty bits so that every machine's exp2 gives the same table."""


@dataclass(frozen=True)
class LatentGrid:
    """z = k 2^exponent with |k| <= radius; ``exponent`` is int64, (latent_dim,)."""

    exponent: Array
    radius: int

    @classmethod
    def for_posteriors(
        cls, mean: Array, scale: Array, prior_loc: Array, prior_scale: Array, finer: bool = True
    ) -> LatentGrid:
        """The grid of normal posteriors, (n, latent_dim), under a normal prior, (latent_dim,).

        Its step is at most half (``finer``: a quarter) of the 5 % quantile of the posteriors' spreads. A finer step
        costs nothing in the long run, since bits-back coding returns its bits; it only raises the initial bits, by one
        a latent. A coarse one costs a little: z moves by step²/12 more than the posterior's variance.
        """
        usual = np.nan_to_num(np.quantile(np.nan_to_num(scale, nan=1.0), 0.05, axis=0), posinf=1.0)
        exponent = np.floor(np.log2(np.maximum(usual, 1e-30))).astype(np.int64) - 1 - finer
        posteriors = np.nan_to_num(np.abs(mean) + 6 * np.minimum(scale, prior_scale)).max(0, initial=0.0)
        reach = np.clip(posteriors, np.abs(prior_loc) + REACH * prior_scale, np.abs(prior_loc) + FARTHEST * prior_scale)
        return cls._with_reach(exponent, reach)

    @classmethod
    def around(cls, z: Array, step: Array) -> LatentGrid:
        """The grid with a step of about ``step``, (latent_dim,), that covers every z, (n, latent_dim)."""
        exponent = np.rint(np.log2(np.maximum(step, 1e-30))).astype(np.int64)
        return cls._with_reach(exponent, np.abs(z).max(0, initial=0.0) + np.ldexp(1.0, exponent))

    @classmethod
    def _with_reach(cls, exponent: Array, reach: Array) -> LatentGrid:
        coarsest = np.ceil(np.log2(np.maximum(reach, 1e-30) / MAX_RADIUS)).astype(np.int64)
        exponent = np.clip(np.maximum(exponent, coarsest), -60, 60)
        radius = int(np.ceil(np.ldexp(reach, -exponent)).max(initial=1))
        return cls(exponent, min(max(radius, 1), 4 * MAX_RADIUS))

    @property
    def width(self) -> int:
        """Number of latents."""
        return len(self.exponent)

    def quantise(self, z: Array) -> Array:
        """Nearest k, int32."""
        k = np.clip(np.rint(np.ldexp(z, -self.exponent)), -self.radius, self.radius)
        return np.asarray(np.nan_to_num(k).astype(np.int32))

    def dequantise(self, k: Array) -> Array:
        """z of k, float64."""
        return np.asarray(np.ldexp(k.astype(np.float64), self.exponent))

    def normal_block(self, loc: Array, scale: Array, salt: int = 0, truncated: bool = False) -> NormalBlock:
        """Normals over z, (rows, latent_dim), as normals over k with rounded parameters."""
        mean = np.clip(np.nan_to_num(np.ldexp(loc, -self.exponent)), -self.radius, self.radius)
        spread = np.log2(np.clip(np.nan_to_num(scale, nan=1.0), 1e-30, 1e30)) - self.exponent
        # A spread of 1/8 step is one k in practice; one of a quarter of the radius stays within ``WIDE`` radii.
        spread = np.clip(spread, -3.0, math.floor(math.log2(self.radius)) - 2 if truncated else 40)
        centre, doubtful_mean = _rounded(mean * FINE, salt)
        width, doubtful_spread = _rounded(spread * FINE, salt)
        index = width.astype(np.int64)
        rounded = np.ldexp(OCTAVE[index % FINE], index // FINE)
        fragile = np.asarray((doubtful_mean | doubtful_spread).any(1))
        return NormalBlock(WIDE * self.radius, truncated, centre / FINE, rounded, fragile)

    def write(self, out: ByteWriter) -> None:
        """Write the grid into a payload."""
        out.varint(self.radius)
        out.array(self.exponent.astype(np.int8))

    @classmethod
    def read(cls, source: ByteReader, latent_dim: int) -> LatentGrid:
        """The inverse of ``write``."""
        radius = source.varint()
        return cls(source.array("i1", latent_dim).astype(np.int64), min(max(radius, 1), 4 * MAX_RADIUS))


@dataclass(frozen=True)
class GridBins:
    """The bins of k = -WIDE radius .. WIDE radius, numbered from 0."""

    grid: LatentGrid

    @property
    def lowest(self) -> int:
        """The k of the first bin."""
        return -WIDE * self.grid.radius

    @property
    def size(self) -> Array:
        """Number of bins of each latent."""
        return np.full(self.grid.width, 2 * WIDE * self.grid.radius + 1)

    @property
    def first(self) -> Array:
        """No symbol is tested first."""
        return np.full(self.grid.width, -1)

    def upper(self, symbols: Array, column: Array) -> Array:
        """Upper edges of the bins, in units of z."""
        return np.asarray(np.ldexp(symbols - WIDE * self.grid.radius + 0.5, self.grid.exponent[column]))


def _rounded(value: Array, salt: int) -> tuple[Array, Array]:
    moved = value + salt * SALT_STEP % 1.0
    whole = np.rint(moved)
    return whole, np.abs(np.abs(moved - whole) - 0.5) < TOLERANCE
