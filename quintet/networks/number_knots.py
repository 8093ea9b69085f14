"""Piecewise-linear inputs of numbers between the quantiles of a column (Gorishniy et al., "On embeddings for numerical
features in tabular deep learning", 2022)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import ndtri
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


def knots_of(
    bins: Sequence[tuple[float, float]], counts: Sequence[int], columns: int
) -> tuple[list[float], list[float]]:
    """The ends of the pieces of one column, at most ``MOST`` + 1, ascending, and their normal scores.

    Parameters
    ----------
    bins : intervals in the order of their centres, in the model's units.
    counts : training values in each; empty: equally many.
    columns : number of columns of numbers.
    """
    centres = [(low + high) / 2 for low, high in bins]
    weight = np.array(counts or [1] * len(bins)) + 0.5
    scores = ndtri((np.cumsum(weight) - weight / 2) / weight.sum()).tolist()
    pieces = min(max(len(bins) // INTERVALS, FEWEST), MOST, max(ALL // max(columns, 1), FEWEST), max(len(bins) - 1, 1))
    chosen = np.linspace(0, len(centres) - 1, pieces + 1).round().astype(int).tolist()
    kept = chosen[:1]
    for index in chosen[1:]:
        if centres[index] - centres[kept[-1]] >= APART:
            kept.append(index)
    if len(kept) == 1:
        return [centres[0] - 0.5, centres[0] + 0.5], [-0.5, 0.5]
    return [centres[index] for index in kept], [scores[index] for index in kept]


class NumberKnots(nn.Module):
    """Embedding of the numbers of a row: a piecewise-linear function of each, summed.

    Parameters
    ----------
    bins, counts : intervals of each column of numbers, in the model's units, and their training values.
    width : of the embedding.
    """

    low: Tensor
    length: Tensor
    first: Tensor
    rise: Tensor

    def __init__(
        self, bins: Sequence[Sequence[tuple[float, float]]], counts: Sequence[Sequence[int]], width: int
    ) -> None:
        super().__init__()
        knots = [knots_of(own, times, len(bins)) for own, times in zip(bins, counts, strict=True)]
        most = max((len(own) - 1 for own, _ in knots), default=0)
        low = torch.zeros(len(knots), most, dtype=torch.float64, device="cpu")
        length = torch.full((len(knots), most), torch.inf, dtype=torch.float64, device="cpu")
        rise = torch.zeros(len(knots), most, dtype=torch.float64, device="cpu")
        for i, (own, scores) in enumerate(knots):
            ends = torch.tensor(own, dtype=torch.float64, device="cpu")
            low[i, : len(own) - 1], length[i, : len(own) - 1] = ends[:-1], ends.diff()
            rise[i, : len(own) - 1] = torch.tensor(scores, dtype=torch.float64, device="cpu").diff()
        first = torch.tensor([scores[0] for _, scores in knots], dtype=torch.float64, device="cpu")
        for name, value in (("low", low), ("length", length), ("first", first), ("rise", rise)):
            self.register_buffer(name, value, persistent=False)
        inputs = len(knots) * (most + 1)
        self.weight = nn.Parameter(
            torch.randn(len(knots), most + 1, width, dtype=torch.float32) / math.sqrt(max(3 * inputs, 1))
        )

    def forward(self, found: Tensor, visible: Tensor, columns: list[int] | slice = slice(None)) -> Tensor:
        """Sum of the embeddings of some columns, (..., width).

        Parameters
        ----------
        found : (..., columns, pieces + 1), of ``pieces``.
        visible : (..., columns).
        """
        weight = self.weight[columns]
        out: Tensor = (found.to(weight.dtype) * visible.unsqueeze(-1)).flatten(-2) @ weight.flatten(0, 1)
        return out

    def pieces(self, x: Tensor, columns: list[int] | slice = slice(None)) -> Tensor:
        """The share of each piece below numbers (..., columns), and the number itself, (..., columns, pieces + 1)."""
        own = x.unsqueeze(-1)
        below = ((own - self.low[columns].to(x)) / self.length[columns].to(x)).clamp(0, 1)
        return torch.cat([below, own.clamp(-REACH, REACH) / 2], -1)

    def scores(self, found: Tensor, columns: list[int] | slice = slice(None)) -> Tensor:
        """Normal scores of numbers, (..., columns), from their pieces."""
        rise = self.rise[columns].to(found)
        return self.first[columns].to(found) + (found[..., :-1] * rise).sum(-1)
