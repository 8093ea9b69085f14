"""The pattern of missing cells: whether a cell is missing, given the cells that were decided before it.

Imputing, scores and files do not use it: there a missing cell is one that is not known. Rows that are generated with
missing cells do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from quintet.models.context.decoder import estimate
from quintet.noise import Noise

RARE = -4.0
"""Logit of a missing cell at the start."""
MARKED = 0.5
"""Share of training rows whose missing cells are marked as missing; in the others they are merely not known."""


class MissingCells(nn.Module):
    """Marks of missing cells among what a context decoder sees, and P(cell is missing | decided cells, z).

    Parameters
    ----------
    places : cells that are missing in some training rows.
    cells : number of cells of a row.
    width : of the decoder.
    """

    gaps: Tensor

    def __init__(self, places: list[int], cells: int, width: int) -> None:
        super().__init__()
        gaps = torch.zeros(cells, dtype=torch.float32, device="cpu")
        gaps[places] = 1.0
        self.register_buffer("gaps", gaps, persistent=False)
        self.mark = nn.Parameter(torch.randn(cells, width, dtype=torch.float32) / cells**0.5)
        self.head = nn.Linear(width, cells)
        with torch.no_grad():
            self.head.weight.mul_(0.1)
            self.head.bias.fill_(RARE)

    def marks(self, observed: Tensor, decided: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        """What marks add to training rows, (batch, width), and the rows that have marks, (batch,) of 0 and 1.

        Parameters
        ----------
        observed, decided : (batch, cells) of 0 and 1.
        """
        marked = (noise.uniform(len(observed), 1)[0] < MARKED).to(observed)
        return ((1 - observed) * decided * marked) @ self.mark, marked[:, 0]

    def log_prob(self, features: Tensor, observed: Tensor, decided: Tensor) -> Tensor:
        """Estimate of the log probability of which cells are missing, in nats, (batch,).

        Parameters
        ----------
        features : (batch, width).
        observed, decided : (batch, cells) of 0 and 1.
        """
        pattern = logsigmoid((1 - 2 * observed) * self.head(features).to(observed.dtype))
        return estimate(pattern, self.gaps.expand_as(observed), decided)

    def embedded(self, cells: tuple[int, ...], gone: Tensor) -> Tensor:
        """What the marks of some cells add to the sum, (draws, batch, width); gone (draws, batch, cells) of 0 and 1."""
        return gone @ self.mark[list(cells)]

    def chance(self, cells: tuple[int, ...], features: Tensor) -> Tensor:
        """P(cell is missing | decided cells, z) of some cells, (draws, batch, cells); 0 where training had none."""
        index = list(cells)
        logits = nn.functional.linear(features, self.head.weight[index], self.head.bias[index])
        return torch.sigmoid(logits) * self.gaps[index]
