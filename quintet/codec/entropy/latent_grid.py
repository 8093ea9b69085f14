"""Latents on a grid: whole numbers k for z = k 2^e, under normals with rounded parameters, so that machines agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.coding_order import SymbolBlock, cdf_symbols
from quintet.codec.entropy.rounded_normals import LatentCode
from quintet.distributions import Distribution, Normal

Array = np.ndarray[Any, Any]
REACH = 8.0  # the prior is coded up to this many standard deviations at least
FARTHEST = 64.0  # and to where posteriors lie, up to this many
MAX_RADIUS = 1 << 16  # largest |k|
WIDE = 4  # radii that the prior covers, so that every k of a posterior whose mean lies within the radius is inside
FINE = 16  # means are rounded to 1/16 of the step, spreads to 1/16 of an octave
TOLERANCE = 1e-8  # how far two machines' parameters may be apart, in units of FINE
SALT_STEP = 0.381966
# 2^(i/16), cut to twenty bits so that no machine's exp2 can differ.
OCTAVE = np.array([round(2.0 ** (i / FINE) * 2**20) / 2**20 for i in range(FINE)])


@dataclass(frozen=True)
class LatentGrid:
    """z = k 2^exponent with |k| <= radius."""

    exponent: Array  # (latent_dim,) int64
    radius: int

    @classmethod
    def under(cls, mean: Array, scale: Array, prior_loc: Array, prior_scale: Array, finer: bool = True) -> LatentGrid:
        """Steps of at most half the posteriors' spread (``finer``: a quarter); all but 5 % of the spreads are that
        wide.

        A finer step costs nothing in the long run, since its bits are given back; it only raises the initial bits, by
        one a latent. A coarse one loses a little: z moves by step²/12 more than the posterior asks.
        """
        usual = np.nan_to_num(np.quantile(np.nan_to_num(scale, nan=1.0), 0.05, axis=0), posinf=1.0)
        exponent = np.floor(np.log2(np.maximum(usual, 1e-30))).astype(np.int64) - 1 - finer
        posteriors = np.nan_to_num(np.abs(mean) + 6 * np.minimum(scale, prior_scale)).max(0, initial=0.0)
        reach = np.clip(posteriors, np.abs(prior_loc) + REACH * prior_scale, np.abs(prior_loc) + FARTHEST * prior_scale)
        return cls._reaching(exponent, reach)

    @classmethod
    def _reaching(cls, exponent: Array, reach: Array) -> LatentGrid:
        coarsest = np.ceil(np.log2(np.maximum(reach, 1e-30) / MAX_RADIUS)).astype(np.int64)
        exponent = np.clip(np.maximum(exponent, coarsest), -60, 60)
        radius = int(np.ceil(np.ldexp(reach, -exponent)).max(initial=1))
        return cls(exponent, min(max(radius, 1), 4 * MAX_RADIUS))

    @classmethod
    def around(cls, z: Array, step: Array) -> LatentGrid:
        """Steps of about ``step`` that hold every z, (n, latent_dim)."""
        exponent = np.rint(np.log2(np.maximum(step, 1e-30))).astype(np.int64)
        return cls._reaching(exponent, np.abs(z).max(0, initial=0.0) + np.ldexp(1.0, exponent))

    @property
    def width(self) -> int:
        """Number of latents."""
        return len(self.exponent)

    def place(self, z: Array) -> Array:
        """Nearest k, int32."""
        k = np.clip(np.rint(np.ldexp(z, -self.exponent)), -self.radius, self.radius)
        return np.asarray(np.nan_to_num(k).astype(np.int32))

    def value(self, k: Array) -> Array:
        """z of k, float64."""
        return np.asarray(np.ldexp(k.astype(np.float64), self.exponent))

    def told(self, k: Array) -> Array:
        """z of k, which is what distributions are told of."""
        return self.value(k)

    def part(self, given: Distribution, span: slice, salt: int, near: bool) -> SymbolBlock:
        """Some of the latents under normals, or under what has a cdf."""
        part = replace(self, exponent=self.exponent[span])
        if isinstance(given, Normal):
            return part.normal(given.loc[0].numpy(), given.scale[0].numpy(), salt, near)
        return cdf_symbols(given, GridBins(part), salt, -WIDE * self.radius)

    def normal(self, loc: Array, scale: Array, salt: int = 0, near: bool = False) -> LatentCode:
        """Normals in z, (rows, latent_dim), rounded to the grid's units."""
        mean = np.clip(np.nan_to_num(np.ldexp(loc, -self.exponent)), -self.radius, self.radius)
        spread = np.log2(np.clip(np.nan_to_num(scale, nan=1.0), 1e-30, 1e30)) - self.exponent
        # A spread of 1/8 step is one k in practice; one of a quarter of the radius stays within ``WIDE`` radii.
        spread = np.clip(spread, -3.0, math.floor(math.log2(self.radius)) - 2 if near else 40)
        middle, doubt_mean = _rounded(mean * FINE, salt)
        width, doubt_spread = _rounded(spread * FINE, salt)
        index = width.astype(np.int64)
        rounded = np.ldexp(OCTAVE[index % FINE], index // FINE)
        fragile = np.asarray((doubt_mean | doubt_spread).any(1))
        return LatentCode(WIDE * self.radius, near, middle / FINE, rounded, fragile)

    def write(self, out: ByteWriter) -> None:
        """Into the header."""
        out.varint(self.radius)
        out.array(self.exponent.astype(np.int8))

    @classmethod
    def read(cls, source: ByteReader, latent_dim: int) -> LatentGrid:
        """From the header."""
        radius = source.varint()
        return cls(source.array("i1", latent_dim).astype(np.int64), min(max(radius, 1), 4 * MAX_RADIUS))


@dataclass(frozen=True)
class GridBins:
    """The bins of -WIDE radius .. WIDE radius, numbered from 0."""

    grid: LatentGrid

    @property
    def size(self) -> Array:
        """How many for each latent."""
        return np.full(self.grid.width, 2 * WIDE * self.grid.radius + 1)

    @property
    def first(self) -> Array:
        """None is common."""
        return np.full(self.grid.width, -1)

    def upper(self, symbols: Array, column: Array) -> Array:
        """Where they end, in z."""
        return np.asarray(np.ldexp(symbols - WIDE * self.grid.radius + 0.5, self.grid.exponent[column]))


def _rounded(value: Array, salt: int) -> tuple[Array, Array]:
    moved = value + salt * SALT_STEP % 1.0
    whole = np.rint(moved)
    return whole, np.abs(np.abs(moved - whole) - 0.5) < TOLERANCE
