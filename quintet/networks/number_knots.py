"""Piecewise-linear inputs of numbers between the quantiles of a column (Gorishniy et al., "On embeddings for numerical
features in tabular deep learning", 2022)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

FEWEST, MOST = 6, 32
"""Pieces of a column."""
INTERVALS = 4
"""Intervals of a column for each piece."""
ALL = 2_048
"""Most pieces of all columns of a row, as long as each has ``FEWEST``."""
APART = 1e-3
"""Least length of a piece, in standard deviations of the column."""
REACH = 8.0
"""Distance from the mean, in standard deviations, beyond which a number looks like any number farther out."""


def knots_of(bins: Sequence[tuple[float, float]], cells: int) -> list[float]:
    """The ends of the pieces of one column, at most ``MOST`` + 1, ascending.

    Parameters
    ----------
    bins : intervals of about equally many training values, in the model's units.
    cells : number of columns of numbers.
    """
    centres = sorted((low + high) / 2 for low, high in bins)
    pieces = min(max(len(bins) // INTERVALS, FEWEST), MOST, max(ALL // max(cells, 1), FEWEST), max(len(bins) - 1, 1))
    chosen = [centres[i] for i in np.linspace(0, len(centres) - 1, pieces + 1).round().astype(int)]
    out = chosen[:1]
    for knot in chosen[1:]:
        if knot - out[-1] >= APART:
            out.append(knot)
    return out if len(out) > 1 else [out[0] - 0.5, out[0] + 0.5]


class NumberKnots(nn.Module):
    """Embedding of the numbers of a row: a piecewise-linear function of each, summed.

    Parameters
    ----------
    bins : intervals of each column of numbers, in the model's units.
    width : of the embedding.
    """

    low: Tensor
    length: Tensor

    def __init__(self, bins: Sequence[Sequence[tuple[float, float]]], width: int) -> None:
        super().__init__()
        knots = [knots_of(own, len(bins)) for own in bins]
        most = max((len(own) - 1 for own in knots), default=0)
        low = torch.zeros(len(knots), most, dtype=torch.float64, device="cpu")
        length = torch.full((len(knots), most), torch.inf, dtype=torch.float64, device="cpu")
        for i, own in enumerate(knots):
            ends = torch.tensor(own, dtype=torch.float64, device="cpu")
            low[i, : len(own) - 1], length[i, : len(own) - 1] = ends[:-1], ends.diff()
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("length", length, persistent=False)
        inputs = len(knots) * (most + 1)
        self.weight = nn.Parameter(
            torch.randn(len(knots), most + 1, width, dtype=torch.float32) / math.sqrt(max(3 * inputs, 1))
        )

    def forward(self, x: Tensor, visible: Tensor, columns: list[int] | slice = slice(None)) -> Tensor:
        """Sum of the embeddings of some columns, (..., width); x and visible are (..., columns)."""
        weight = self.weight[columns]
        found = pieces(x, self.low[columns].to(x), self.length[columns].to(x)).to(weight.dtype) * visible.unsqueeze(-1)
        return found.flatten(-2) @ weight.flatten(0, 1)


def pieces(x: Tensor, low: Tensor, length: Tensor) -> Tensor:
    """Numbers (..., columns) -> the share of each piece below them, and the number itself, (..., columns, pieces + 1).

    Parameters
    ----------
    low, length : (columns, pieces).
    """
    own = x.unsqueeze(-1)
    below = ((own - low) / length).clamp(0, 1)
    return torch.cat([below, own.clamp(-REACH, REACH) / 2], -1)
