"""Latents on a grid: whole numbers k for z = k 2^e, under normals with rounded parameters, so that machines agree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.tasks.compress.wire import Reader, Writer

Array = np.ndarray[Any, Any]
REACH = 8.0  # the prior is coded up to this many standard deviations at least
FARTHEST = 64.0  # and to where posteriors lie, up to this many
MAX_RADIUS = 1 << 16  # largest |k|
WIDE = 4  # radii that the prior covers, so that every k of a posterior whose mean lies within the radius is inside
NEAR = 6.5  # a posterior is cut off at this many spreads (of its octave's upper end)
FINE = 16  # means are rounded to 1/16 of the step, spreads to 1/16 of an octave
TOLERANCE = 1e-8  # how far two machines' parameters may be apart, in units of FINE
SALT_STEP = 0.381966
# 2^(i/16), cut to twenty bits so that no machine's exp2 can differ.
OCTAVE = np.array([round(2.0 ** (i / FINE) * 2**20) / 2**20 for i in range(FINE)])
CONSTANT = math.log2(math.sqrt(2 * math.pi * math.e))  # bits of a standard normal on a grid of step 1


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

    def place(self, z: Array) -> Array:
        """Nearest k, int32."""
        k = np.clip(np.rint(np.ldexp(z, -self.exponent)), -self.radius, self.radius)
        return np.asarray(np.nan_to_num(k).astype(np.int32))

    def value(self, k: Array) -> Array:
        """z of k, float64."""
        return np.asarray(np.ldexp(k.astype(np.float64), self.exponent))

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

    def write(self, out: Writer) -> None:
        """Into the header."""
        out.varint(self.radius)
        out.array(self.exponent.astype(np.int8))

    @classmethod
    def read(cls, source: Reader, latent_dim: int) -> LatentGrid:
        """From the header."""
        radius = source.varint()
        return cls(source.array("i1", latent_dim).astype(np.int64), min(max(radius, 1), 4 * MAX_RADIUS))


@dataclass(frozen=True)
class LatentCode:
    """Normals over k, (rows, latent_dim): over all k to ``radius``, or ``near`` their means only."""

    radius: int
    near: bool
    mean: Array
    scale: Array
    fragile: Array  # (rows,) bool: another machine might round the parameters otherwise

    def take(self, rows: Array) -> LatentCode:
        """Some of the rows."""
        return replace(self, mean=self.mean[rows], scale=self.scale[rows], fragile=self.fragile[rows])

    @property
    def expected_bits(self) -> Array:
        """About how many bits each row's k take, (rows,)."""
        return np.asarray(np.maximum(np.log2(self.scale) + CONSTANT, 0).sum(1))

    def bits(self, k: Array) -> Array:
        """Price of each row's k, (rows,), by the density where the coder integrates it; for estimates."""
        standard = (k - self.mean) / self.scale
        nats = 0.5 * np.square(standard) + np.log(self.scale) + 0.5 * math.log(2 * math.pi)
        return np.asarray(np.clip(nats / math.log(2), 0, 24).sum(1))

    def push(self, coder: Any, k: Array) -> None:
        """Onto the stack."""
        flat = k.reshape(-1)
        for where, centre, mean, scale, family in reversed(list(self._classes())):
            coder.encode_reverse((flat[where] - centre).astype(np.int32), family, mean, scale)

    def pop(self, coder: Any) -> Array:
        """From the stack, (rows, latent_dim) int32."""
        flat = np.zeros(self.mean.size, dtype=np.int32)
        for where, centre, mean, scale, family in self._classes():
            flat[where] = coder.decode(family, mean, scale) + centre
        return flat.reshape(self.mean.shape)

    def _classes(self) -> Iterator[tuple[Array, Array, Array, Array, Any]]:
        """Positions, centres, means and spreads about the centres, and the family of the normals with spreads of one
        octave.

        The coder gives 2^-24 to every k of its range at least. Popping 24 latents a row from a range of thousands
        would draw a z from nowhere for some rows in a thousand, and those would cost thousands of bits; so a
        posterior's range is its own neighbourhood. A prior is only pushed to at encoding, and must take every k.
        """
        from constriction import stream

        mean, scale = self.mean.reshape(-1), self.scale.reshape(-1)
        if not self.near:
            yield (
                np.arange(mean.size),
                np.zeros(mean.size),
                mean,
                scale,
                stream.model.QuantizedGaussian(-self.radius, self.radius),
            )
            return
        octave, centre = np.ceil(np.log2(scale)).astype(np.int64), np.rint(mean)
        for one in np.unique(octave):
            where = np.flatnonzero(octave == one)
            far = max(1, math.ceil(NEAR * 2.0 ** int(one)))
            family = stream.model.QuantizedGaussian(-far, far)
            yield where, centre[where].astype(np.int32), (mean - centre)[where], scale[where], family


def _rounded(value: Array, salt: int) -> tuple[Array, Array]:
    moved = value + salt * SALT_STEP % 1.0
    whole = np.rint(moved)
    return whole, np.abs(np.abs(moved - whole) - 0.5) < TOLERANCE
