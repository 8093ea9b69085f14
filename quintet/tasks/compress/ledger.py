"""What the bits of a lossless payload paid for, added up while it is decoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quintet.codec.entropy.cdf import cell_code_length
from quintet.tasks.compress.latent_blocks import PricedBlocks
from quintet.tasks.compress.row_code import Step

Array = np.ndarray[Any, Any]


@dataclass
class Ledger:
    """Bits of one payload or of several.

    Parameters
    ----------
    latents : -log2 p(z) of all rows, less -log2 q(z|x), which bits-back coding takes back.
    cells : -log2 p(cells | z).
    low_bits : bits of cells under the uniform distribution: digits finer than the model resolves.
    initial : bits at the bottom of the stack, with which bits-back coding began.
    stream : bits of the coder's stack, which holds all of the above.
    exceptions : cells off the value grid and rows that escaped, stored as they are.
    rows : rows that the model codes; the others are stored as they are.
    tables : value grid, condition, alphabet of the latents and groups of rows.
    by_cell : bits of ``cells`` and ``low_bits`` by the place of the cell in the row.
    """

    latents: float = 0.0
    cells: float = 0.0
    low_bits: float = 0.0
    initial: float = 0.0
    stream: float = 0.0
    exceptions: float = 0.0
    tables: float = 0.0
    by_cell: Counter[int] = field(default_factory=Counter)
    rows: int = 0

    def add_group(
        self, symbols: Array, steps: Sequence[Step], prior: PricedBlocks, popped: PricedBlocks | None, low: Array
    ) -> None:
        """Add the bits of a group of rows: its symbols (rows, cells), its latents, and its low bits, (cells,)."""
        self.rows += len(symbols)
        bits = low.astype(np.float64)
        self.low_bits += float(bits.sum())
        for step in steps:
            of_cells = cell_code_length(symbols[:, step.place], step.cells).sum(0)
            bits[step.place] += of_cells
            self.cells += float(of_cells.sum())
        self.by_cell.update(dict(enumerate(bits.tolist())))
        self.latents += float(prior.bits.sum()) - (0.0 if popped is None else float(popped.bits.sum()))

    @property
    def coded(self) -> float:
        """Bits of the stack for latents and cells: those that the model codes."""
        return self.stream - self.initial - self.low_bits
