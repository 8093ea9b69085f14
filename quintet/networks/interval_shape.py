"""Smooth distributions over the intervals of a column: mixtures of logistics in the column's normal scores."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

COMPONENTS = 2
"""Logistics of each cell."""
PARAMETERS = 3 * COMPONENTS + 2
"""Outputs of each cell: centres, log scales and log weights, relative to a mean and a log spread, which are the last
two."""
NARROWEST, WIDEST = -5.0, 3.0
"""Bounds of a log scale."""
FLOOR = 1e-3
"""Weight of the column's own distribution in training, so that no interval is impossible."""
END = 1e4
"""Stands for an infinite normal score; a logistic is flat there."""


@dataclass(frozen=True)
class IntervalShape:
    """The intervals of each cell on the scale of normal scores, on which training values are standard normal.

    Parameters
    ----------
    edges : (cells, intervals + 1), ascending; equal for intervals that a cell does not have.
    shares : (cells, intervals), of the training values; 1 for intervals that a cell does not have.
    """

    edges: Tensor
    shares: Tensor

    def log_shares(self, raw: Tensor) -> Tensor:
        """Log probabilities of the intervals and a 0 for the wide component, (..., cells, intervals + 1).

        Parameters
        ----------
        raw : (..., cells, PARAMETERS).
        """
        centre, log_scale, log_weight, mean, log_spread = torch.split(raw, [COMPONENTS] * 3 + [1, 1], -1)
        centre = mean + centre * log_spread.clamp(NARROWEST, WIDEST).exp()
        scale = (log_scale + log_spread).clamp(NARROWEST, WIDEST).exp().unsqueeze(-1)
        below = torch.sigmoid((self.edges.to(raw).unsqueeze(-2) - centre.unsqueeze(-1)) / scale)
        mass = torch.softmax(log_weight, -1).unsqueeze(-1) * (below[..., 1:] - below[..., :-1])
        mixed = (1 - FLOOR) * mass.sum(-2) + FLOOR * self.shares.to(raw)
        return torch.cat([mixed.log(), torch.zeros_like(mixed[..., :1])], -1)


def shape_of(counts: tuple[int, ...], most: int) -> IntervalShape:
    """The shape of one cell, padded to ``most`` intervals: edges (most + 1,), shares (most,)."""
    found = torch.tensor(counts, dtype=torch.float64, device="cpu") + 0.5
    below = (found.cumsum(0) / found.sum()).clamp(1e-9, 1 - 1e-9)
    edges = torch.full((most + 1,), END, dtype=torch.float64, device="cpu")
    shares = torch.ones(most, dtype=torch.float64, device="cpu")
    edges[0], shares[: len(counts)] = -END, found / found.sum()
    edges[1 : len(counts)] = torch.special.ndtri(below[:-1])
    return IntervalShape(edges, shares)


@torch.no_grad()
def start_shape(weight: Tensor, bias: Tensor, outputs: Tensor) -> None:
    """Start a cell's shape near that of its column, in place: centres apart and moved by the features.

    Parameters
    ----------
    weight, bias : (all outputs, width) and (all outputs,) of the last layer.
    outputs : (PARAMETERS,), places of the cell's parameters.
    """
    weight[outputs] *= 3
    bias[outputs[:COMPONENTS]] = torch.linspace(-0.5, 0.5, COMPONENTS, dtype=bias.dtype, device=bias.device)
    bias[outputs[COMPONENTS : 2 * COMPONENTS]] = -0.5
    bias[outputs[2 * COMPONENTS :]] = 0.0
    weight[outputs[-2:]] = 0.0
