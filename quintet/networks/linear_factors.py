"""A linear factor model of the numbers of a row, conditioned exactly on any visible ones.

y = L f + e with f ~ N(0, I) and independent noise e, on the normal scores y of each column: what is known about f is a
sum over the visible cells, and E[y | visible cells] is what a network then has to correct. In tables of a few hundred
rows little is left to correct: factor analysis is a linear VAE whose posterior is exact (Tipping and Bishop, 1999).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from quintet.networks.factor_fit import fit_factors

MOST, COLUMNS = 8, 3
"""Most factors, and columns for each factor."""
QUICK = 5.0
"""Factor on the parameters, so that they learn faster than the weights of a network."""
LEAST = 0.01
"""Least variance of the noise."""


class Linear(NamedTuple):
    """What the factor model says about some rows."""

    factors: Tensor  # (..., factors), E[f | visible cells]
    mean: Tensor  # (..., columns), E[y | visible cells]
    log_spread: Tensor  # (..., columns), log of the standard deviation of y given the visible cells


class LinearFactors(nn.Module):
    """The factor model of some columns.

    Parameters
    ----------
    columns : number of columns.
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.size = max(1, min(MOST, columns // COLUMNS))
        self.loading = nn.Parameter(0.3 / QUICK * torch.randn(columns, self.size, dtype=torch.float32))
        self.log_noise = nn.Parameter(torch.zeros(columns, dtype=torch.float32))

    @property
    def width(self) -> int:
        """Numbers that describe what is known about the factors."""
        return self.size * (1 + self.size)

    @torch.no_grad()
    def fit(self, score: Tensor, observed: Tensor, weight: Tensor | None = None) -> None:
        """Set the parameters to those of the greatest likelihood of some rows.

        Parameters
        ----------
        score, observed : (rows, columns), normal scores of the observed numbers.
        weight : (rows,); None: all weigh the same.
        """
        found = fit_factors(score.double(), observed.double(), self.size, weight)
        self.loading.copy_(found.loading / QUICK)
        self.log_noise.copy_((found.noise - LEAST).clamp(min=LEAST).log() / QUICK)

    def evidence(self, score: Tensor, visible: Tensor, columns: list[int] | slice = slice(None)) -> Tensor:
        """What some visible cells say about the factors, a sum over them, (..., width).

        Parameters
        ----------
        score, visible : (..., columns).
        """
        loading, noise = self._columns(columns)
        weight = visible.to(loading) / noise
        square = (loading.unsqueeze(-1) * loading.unsqueeze(-2)).flatten(1)
        return torch.cat([(weight * score.to(loading)) @ loading, weight @ square], -1)

    def given(self, evidence: Tensor) -> Linear:
        """The factors and all columns given the sum of the evidence of the visible cells."""
        loading, noise = self._columns(slice(None))
        towards, precision = torch.split(evidence.to(loading), [self.size, self.size**2], -1)
        one = torch.eye(self.size, dtype=loading.dtype, device=loading.device)
        covariance = _inverse(precision.unflatten(-1, (self.size, self.size)) + one)  # type: ignore[no-untyped-call]
        factors = (covariance * towards.unsqueeze(-2)).sum(-1)
        variance = noise + ((loading @ covariance) * loading).sum(-1)
        return Linear(factors, factors @ loading.T, variance.log() / 2)

    def _columns(self, columns: list[int] | slice) -> tuple[Tensor, Tensor]:
        """Loadings (columns, factors) and variances of the noise (columns,)."""
        return QUICK * self.loading[columns], (QUICK * self.log_noise[columns]).exp() + LEAST


def _inverse(matrix: Tensor) -> Tensor:
    """Inverse of positive definite matrices (..., k, k) by elimination, in operations of exact arithmetic."""
    size = matrix.shape[-1]
    one = torch.eye(size, dtype=matrix.dtype, device=matrix.device)
    both = torch.cat([matrix, one.expand_as(matrix)], -1)
    for pivot in range(size):
        row = both[..., pivot, :] / both[..., pivot, pivot : pivot + 1]
        keep = 1 - one[pivot]
        column = both[..., :, pivot] * keep
        both = both * keep.unsqueeze(-1) + row.unsqueeze(-2) * one[pivot].unsqueeze(-1)
        both = both - column.unsqueeze(-1) * row.unsqueeze(-2)
    return both[..., size:]
