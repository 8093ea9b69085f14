"""Whole numbers under normals with rounded parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
NEAR = 6.5  # a posterior is cut off at this many spreads (of its octave's upper end)
CONSTANT = math.log2(math.sqrt(2 * math.pi * math.e))  # bits of a standard normal on a grid of step 1


@dataclass(frozen=True)
class LatentCode:
    """Normals over k, (rows, latent_dim): over all k to ``radius``, or ``near`` their means only."""

    radius: int
    near: bool
    mean: Array
    scale: Array
    fragile: Array  # (rows,) bool: another machine might round the parameters otherwise

    @property
    def expected_bits(self) -> Array:
        """About how many bits each row's k take, (rows,)."""
        return np.asarray(np.maximum(np.log2(self.scale) + CONSTANT, 0).sum(1))

    def of(self, k: Array) -> PricedNormals:
        """Some k with their price."""
        return PricedNormals(self, k)

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


@dataclass(frozen=True)
class PricedNormals:
    """Known k under normals."""

    code: LatentCode
    k: Array

    @property
    def bits(self) -> Array:
        """Price of each row, (rows,)."""
        return self.code.bits(self.k)

    @property
    def fragile(self) -> Array:
        """(rows,) bool."""
        return self.code.fragile

    def push(self, coder: Any) -> None:
        """Onto the stack."""
        self.code.push(coder, self.k)
