"""Integers under normals with rounded parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
REACH = 6.5  # a truncated normal reaches this many spreads (of its octave's upper end) from its mean
CONSTANT = math.log2(math.sqrt(2 * math.pi * math.e))  # bits of a standard normal on a grid of step 1
MOST_BITS = 24  # the coder's precision


@dataclass(frozen=True)
class NormalBlock:
    """Normals over integers k, (rows, latent_dim).

    Parameters
    ----------
    radius : |k| is at most this, unless ``truncated``.
    truncated : whether each normal covers only the neighbourhood of its own mean.
    mean, scale : in units of k.
    fragile : bool, (rows,): whether another machine might round the parameters differently.
    """

    radius: int
    truncated: bool
    mean: Array
    scale: Array
    fragile: Array

    @property
    def expected_bits(self) -> Array:
        """The normals' entropy in bits, summed over each row, (rows,)."""
        return np.asarray(np.maximum(np.log2(self.scale) + CONSTANT, 0).sum(1))

    def priced(self, k: Array) -> PricedNormals:
        """Known k under these normals."""
        return PricedNormals(self, k)

    def bits(self, k: Array) -> Array:
        """Estimated code length of each row's k, (rows,): by the density, where the coder integrates it."""
        standard = (k - self.mean) / self.scale
        nats = 0.5 * np.square(standard) + np.log(self.scale) + 0.5 * math.log(2 * math.pi)
        return np.asarray(np.clip(nats / math.log(2), 0, MOST_BITS).sum(1))

    def push(self, coder: Any, k: Array) -> None:
        """Push k onto the stack."""
        flat = k.reshape(-1)
        for where, centre, mean, scale, family in reversed(list(self._classes())):
            coder.encode_reverse((flat[where] - centre).astype(np.int32), family, mean, scale)

    def pop(self, coder: Any) -> Array:
        """k from the stack, (rows, latent_dim) int32."""
        flat = np.zeros(self.mean.size, dtype=np.int32)
        for where, centre, mean, scale, family in self._classes():
            flat[where] = coder.decode(family, mean, scale) + centre
        return flat.reshape(self.mean.shape)

    def _classes(self) -> Iterator[tuple[Array, Array, Array, Array, Any]]:
        """Positions, centres, means and spreads about the centres, and the coder's model, octave by octave of spreads.

        The coder gives every k of its range a probability of at least 2^-24. Popping 24 latents a row from a range of
        thousands would draw an improbable z for some rows in a thousand, and those rows would take thousands of bits;
        so a posterior, from which the encoder pops, is truncated to its own neighbourhood. The encoder only pushes to a
        prior, which must give every k a probability.
        """
        from constriction import stream

        mean, scale = self.mean.reshape(-1), self.scale.reshape(-1)
        if not self.truncated:
            family = stream.model.QuantizedGaussian(-self.radius, self.radius)
            yield np.arange(mean.size), np.zeros(mean.size), mean, scale, family
            return
        octave, centre = np.ceil(np.log2(scale)).astype(np.int64), np.rint(mean)
        for one in np.unique(octave):
            where = np.flatnonzero(octave == one)
            far = max(1, math.ceil(REACH * 2.0 ** int(one)))
            family = stream.model.QuantizedGaussian(-far, far)
            yield where, centre[where].astype(np.int32), (mean - centre)[where], scale[where], family


@dataclass(frozen=True)
class PricedNormals:
    """Known k under normals."""

    block: NormalBlock
    k: Array

    @property
    def bits(self) -> Array:
        """Code length of each row in bits, (rows,)."""
        return self.block.bits(self.k)

    @property
    def fragile(self) -> Array:
        """See ``NormalBlock.fragile``."""
        return self.block.fragile

    def push(self, coder: Any) -> None:
        """Push the k onto the stack."""
        self.block.push(coder, self.k)
