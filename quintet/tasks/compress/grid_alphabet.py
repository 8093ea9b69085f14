"""The alphabet of continuous latents: points of a grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.codec.container.varints import ByteWriter
from quintet.codec.entropy.cdf import CodedCells
from quintet.codec.entropy.latent_grid import GridBins, LatentGrid
from quintet.codec.entropy.symbol_blocks import CdfBlock, SymbolBlock
from quintet.distributions import Distribution, Normal

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class GridAlphabet:
    """Latents rounded to a grid."""

    grid: LatentGrid

    @property
    def width(self) -> int:
        """Number of latents."""
        return self.grid.width

    def quantise(self, z: Array) -> Array:
        """The nearest point of the grid."""
        return self.grid.quantise(z)

    def dequantise(self, k: Array) -> Array:
        """The latents of a point of the grid."""
        return self.grid.dequantise(k)

    def context(self, k: Array) -> Array:
        """The latents, on which continuous distributions condition."""
        return self.grid.dequantise(k)

    def block(self, given: Distribution, rows: int, span: slice, salt: int, truncated: bool) -> SymbolBlock:
        """Some of the latents, under normals or under any distribution with a cdf."""
        part = replace(self.grid, exponent=self.grid.exponent[span])
        if isinstance(given, Normal):
            return part.normal_block(given.loc[0].numpy(), given.scale[0].numpy(), salt, truncated)
        bins, all_cells = GridBins(part), np.ones((rows, part.width), dtype=bool)
        return CdfBlock(CodedCells(given, (part.width,), bins, all_cells, salt), bins.lowest)

    def expected_bits(self, mean: Array, spread: Array | None) -> Array:
        """The entropy of normal posteriors on the grid."""
        assert spread is not None, "continuous posteriors from which the coder pops have a spread"
        return self.grid.normal_block(mean, spread, truncated=True).expected_bits

    def write(self, out: ByteWriter) -> None:
        """Write the grid."""
        self.grid.write(out)
