"""How much wider than the model's own forecast of a missing cell an honest one is.

Completions of a row are few, and a model is surest where it knows least, so intervals of cells far from all that is
seen cover too little. A factor on the spread, measured on held-out rows of a fit (``interval_width_fit.py``),
mends that: it multiplies the normal score Φ⁻¹(F(x)) of bounded cells, so that legal values stay legal, and the distance
from the mean of real-valued ones (variance inflation, as of weather ensembles: Gneiting, Balabdaoui and Raftery, 2007).
It depends on where a cell lies: on its distance from the nearest pixel seen, or, in tables, on the share of the row
that is missing and on the column. The mean is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d
from torch.special import ndtr, ndtri

from quintet.data.dataset import Batch
from quintet.inference.copula import TINY, Forecast, NeighbourForecast, forecast, forecast_from_neighbours
from quintet.inference.importance import WeightedDraws
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise

PLACES = 5
"""Of images: up to 1, 2, 4, 8 pixels from the nearest one seen, or farther."""
THIRDS = 3
"""Of tables: the places used, by the share of the row that is missing."""
LEAST, LARGEST = 0.5, 16.0
"""Factors allowed."""
EFFORTS = ("low", "normal")
"""That factors are measured for; "high" takes those of "normal"."""
CACHED = 1 << 12
"""Numbers, draws x cells, of a row up to which its likelihoods are decoded once."""
AT_ONCE = 8
"""Draws that are widened at a time."""


@dataclass(frozen=True)
class CellMarginals:
    """p(missing cell | observed), cell by cell, and how it is widened."""

    fitted: Fitted
    parts: list[WeightedDraws]
    seen: Forecast  # at the values asked about
    told: NeighbourForecast
    x: Tensor  # (batch, *row): those values

    @classmethod
    def of(cls, fitted: Fitted, parts: list[WeightedDraws], batch: Batch, x: Tensor) -> CellMarginals:
        """Of a batch; x, (batch, *row), has the values asked about, in the observed cells what was observed."""
        if sum(len(part.z) for part in parts) * fitted.schema.size <= CACHED:
            parts = [replace(p, likelihood=p.likelihood or fitted.model.decode(p.z, p.condition)) for p in parts]
        seen = forecast(fitted, parts, x)
        return cls(
            fitted, parts, seen, forecast_from_neighbours(fitted, seen, batch.observed.flatten(1).to(x.dtype)), x
        )

    @property
    def mean(self) -> Tensor:
        """E[x], (batch, *row)."""
        return self.told.expected(self.seen).reshape(self.x.shape)

    def rank(self, scale: Tensor, u: Tensor) -> Tensor:
        """The randomised transform of x, (batch, cells), under spreads ``scale`` times as wide.

        Parameters
        ----------
        scale : (batch, cells).
        u : (batch, cells), uniform: where within P(X < x) .. P(X <= x).
        """
        if self.fitted.schema.kind == "real":
            apart = (self.x.flatten(1) - self.seen.mean) / scale
            return self._below((self.seen.mean + apart).reshape(1, *self.x.shape))[0].flatten(1)
        told = self.told.widened(scale)
        return torch.lerp(told.below(self.seen.low), told.below(self.seen.high), u)

    def widened(self, draws: Tensor, scale: Tensor, seed: tuple[int, ...], start: int) -> Tensor:
        """Draws, (batch, draws, *row), each in its rank among all, but spread ``scale``, (batch, cells), times as wide.

        Cells keep their ranks, so what ties them to each other stays (ensemble copula coupling: Schefzik et al., 2013).
        Within the steps of whole numbers all cells of a draw have one rank, so that neighbours move together.
        """
        factor = scale.reshape(self.x.shape)
        if self.fitted.schema.kind == "real":
            middle = self.seen.mean.reshape(self.x.shape)
            return middle[:, None] + factor[:, None] * (draws - middle[:, None])
        noise = RowNoise(seed, start, draws.shape[1], draws.device)
        within = noise.uniform(len(draws), *[1] * (self.x.ndim - 1)).movedim(0, 1)
        parts = zip(torch.split(draws, AT_ONCE, 1), torch.split(within, AT_ONCE, 1), strict=True)
        return torch.cat([self._moved(x, u, factor) for x, u in parts], 1) if draws.shape[1] else draws

    def _moved(self, draws: Tensor, within: Tensor, factor: Tensor) -> Tensor:
        x = draws.movedim(1, 0)
        mean, spread = (t.reshape(self.x.shape) for t in (self.told.mean, self.told.variance.sqrt()))
        high = self._below(x)
        low = self._below(x - 1) if self.fitted.schema.is_whole else high
        score = (ndtri(torch.lerp(low, high, within.movedim(1, 0)).clamp(TINY, 1 - TINY)) - mean) / spread
        return self._quantile(ndtr(mean + spread * factor * score)).movedim(0, 1)

    def _below(self, x: Tensor) -> Tensor:
        """P(X <= x) of the forecast, x (draws, batch, *row)."""
        total = torch.zeros_like(x)
        for part in self.parts:
            for below, weight in self._cdfs(part, x):
                total += weight.reshape(-1, *[1] * (x.ndim - 2)) * below
        return total

    def _cdfs(self, part: WeightedDraws, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """P(X <= x | z), x's shape, and the weight of z, (batch,), draw by draw."""
        if part.likelihood is not None and len(x) == 1:  # all draws in one operation
            yield from zip(torch.split(part.likelihood.cdf(x), 1), part.weight, strict=True)
            return
        for clean, weight in part.decoded(self.fitted.model):
            yield clean.cdf(x), weight

    def _quantile(self, share: Tensor) -> Tensor:
        """The smallest legal x with P(X <= x) >= share, (draws, batch, *row), by halving between the table's edges."""
        schema = self.fitted.schema
        edges = self.seen.edges.to(share)
        index = (self.seen.table.reshape(*self.x.shape, -1) < share[..., None]).sum(-1)
        bounded = torch.cat(
            [edges.new_tensor([-1.0 if schema.is_whole else 0.0]), edges, edges.new_tensor([schema.top])]
        )
        low, high = bounded[index], bounded[index + 1]
        wide = float(bounded.diff().max())
        for _ in range(int(wide).bit_length() if schema.is_whole else 12):
            middle = ((low + high) / 2).floor() if schema.is_whole else (low + high) / 2
            enough = (self._below(middle) >= share) & (middle > low)
            low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
        return high


def factors(fitted: Fitted, observed: Tensor, effort: str) -> Tensor | None:
    """How much wider than forecast each cell of rows with such holes is, (batch, cells); None where nothing is known.

    Parameters
    ----------
    observed : (batch, *row).
    """
    widths = fitted.artifacts.interval_widths
    if widths is None:
        return None
    table = widths.log_factor.to(observed.device)[EFFORTS.index("low" if effort == "low" else "normal")]
    factor = table.expand(-1, observed[0].numel()).gather(0, width_group(observed)).exp()
    return factor.clamp(LEAST, LARGEST)


def width_group(observed: Tensor) -> Tensor:
    """Which of the ``PLACES`` each cell is in, (batch, cells) of int64; those of observed cells mean nothing.

    Parameters
    ----------
    observed : (batch, *row).
    """
    if observed.ndim == 4:
        near = observed.any(1, keepdim=True).float()
        place = torch.full_like(near, PLACES - 1)
        for number in range(PLACES - 1):
            for _ in range(max(1, 2 ** (number - 1))):
                near = max_pool2d(near, 3, stride=1, padding=1)
            place = torch.where((near > 0) & (place == PLACES - 1), float(number), place)
        return place.expand(observed.shape).flatten(1).long()
    hidden = 1 - observed.flatten(1).float().mean(1, keepdim=True)
    return (hidden * THIRDS + 1e-3).long().clamp(max=THIRDS - 1).expand(len(observed), observed[0].numel())
