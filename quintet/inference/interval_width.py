"""Calibrated width of the predictive distribution of missing cells.

Few candidate latents make intervals of cells far from all observed cells too narrow. A factor on the spread, measured
on held-out rows (``interval_width_fit.py``), corrects them. It multiplies the normal score Φ⁻¹(F(x)) of bounded cells,
so that values stay valid, and the distance from the mean of real-valued cells (variance inflation, as for weather
ensembles: Gneiting, Balabdaoui and Raftery, 2007). It depends on the distance of a pixel from the nearest observed one,
or, in tables, on the missing share of the row and on the column. The mean is not changed. The probabilities of levels
are not changed either: codes have no distance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.special import ndtr, ndtri

from quintet.data.dataset import Batch
from quintet.inference.copula import Forecast, NeighbourForecast, forecast, forecast_from_neighbours, half_steps
from quintet.inference.importance import WeightedDraws
from quintet.inference.normal_scores import TINY
from quintet.inference.quantiles import attainable, bisected, upper_end
from quintet.inference.width_factors import cells_with_width
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise

CACHED = 1 << 12
"""Largest number of elements, draws x cells, of a row whose likelihoods are cached."""
AT_ONCE = 8
"""Number of draws that are widened at a time."""


@dataclass(frozen=True)
class CellMarginals:
    """Marginals p(missing cell | observed cells), and their widening."""

    fitted: Fitted
    parts: list[WeightedDraws]
    seen: Forecast  # at the values x
    given: NeighbourForecast
    x: Tensor  # (batch, *row)

    @classmethod
    def of(cls, fitted: Fitted, parts: list[WeightedDraws], batch: Batch, x: Tensor) -> CellMarginals:
        """Marginals of a batch at the values x, (batch, *row), which hold the observed values in observed cells."""
        if sum(len(part.z) for part in parts) * fitted.schema.size <= CACHED:
            parts = [replace(p, likelihood=p.likelihood or fitted.model.decode(p.z, p.condition)) for p in parts]
        seen = forecast(fitted, parts, x)
        return cls(
            fitted, parts, seen, forecast_from_neighbours(fitted, seen, batch.observed.flatten(1).to(x.dtype)), x
        )

    @property
    def mean(self) -> Tensor:
        """E[x], (batch, *row); of levels the most probable one."""
        if self.fitted.artifacts.copula is None:  # exactly, since codes are whole
            return self.seen.mean.reshape(self.x.shape)
        return self.given.expected(self.seen).reshape(self.x.shape)

    @property
    def has_width(self) -> Tensor:
        """As ``cells_with_width``."""
        return cells_with_width(self.fitted).to(self.x.device)

    def _stretched(self, x: Tensor, scale: Tensor) -> Tensor:
        """P(X <= x) with spreads multiplied by ``scale``, x and scale (batch, cells)."""
        apart = (x - self.seen.mean) / scale
        return self._below((self.seen.mean + apart).reshape(1, *self.x.shape))[0].flatten(1)

    def rank(self, scale: Tensor, u: Tensor) -> Tensor:
        """Randomised probability integral transform of x, (batch, cells), with spreads multiplied by ``scale``.

        Parameters
        ----------
        scale : (batch, cells).
        u : (batch, cells), uniform position between P(X < x) and P(X <= x).
        """
        if self.fitted.schema.is_standardised:
            if not self.has_width.any():
                return torch.lerp(self.seen.low, self.seen.high, u)
            ends: tuple[Tensor | float, ...] = (0.0,)
            if self.fitted.schema.columns:
                half = half_steps(self.fitted, self.x)
                ends = -half, half
            shares = [self._stretched(self.x.flatten(1) + end, scale) for end in ends]
            rank = torch.lerp(shares[0], shares[-1], u)
            return torch.where(self.has_width, rank, torch.lerp(self.seen.low, self.seen.high, u))
        given = self.given.widened(scale)
        return torch.lerp(given.below(self.seen.low), given.below(self.seen.high), u)

    def widened(self, draws: Tensor, scale: Tensor, seed: tuple[int, ...], start: int) -> Tensor:
        """Widen draws (batch, draws, *row) by the factor ``scale`` (batch, cells), preserving their ranks.

        Ranks preserve the dependence between cells (ensemble copula coupling: Schefzik et al., 2013). All cells of a
        draw have the same position within the step of a whole number, so that neighbours move together.
        """
        factor = scale.reshape(self.x.shape)
        if self.fitted.schema.is_standardised:
            middle = self.seen.mean.reshape(self.x.shape)
            moved = middle[:, None] + factor[:, None] * (draws - middle[:, None])
            return torch.where(self.has_width.reshape(self.x.shape[1:]), moved, draws)
        noise = RowNoise(seed, start, draws.shape[1], draws.device)
        within = noise.uniform(len(draws), *[1] * (self.x.ndim - 1)).movedim(0, 1)
        parts = zip(torch.split(draws, AT_ONCE, 1), torch.split(within, AT_ONCE, 1), strict=True)
        return torch.cat([self._moved(x, u, factor) for x, u in parts], 1) if draws.shape[1] else draws

    def _moved(self, draws: Tensor, within: Tensor, factor: Tensor) -> Tensor:
        x = draws.movedim(1, 0)
        mean, spread = (t.reshape(self.x.shape) for t in (self.given.mean, self.given.variance.sqrt()))
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
        """P(X <= x | z), in the shape of x, and the weight of z, (batch,), for each draw."""
        if part.likelihood is not None and len(x) == 1:  # all draws in one operation
            yield from zip(torch.split(part.likelihood.cdf(x), 1), part.weight, strict=True)
            return
        for clean, weight in part.decoded(self.fitted.model):
            yield clean.cdf(x), weight

    def _quantile(self, share: Tensor) -> Tensor:
        """The smallest valid x with P(X <= x) >= share, (draws, batch, *row), by bisection between edges."""
        schema = self.fitted.schema
        share = attainable(schema, share)
        edges = self.seen.edges.to(share)
        index = (self.seen.table.reshape(*self.x.shape, -1) < share[..., None]).sum(-1)
        lowest = edges.new_tensor([-1.0 if schema.is_whole else 0.0])
        bounded = torch.cat([lowest, edges, edges.new_tensor([schema.top])])
        low, high = bounded[index], bounded[index + 1]
        found = bisected(schema, self._below, share, low, high, steps=12)
        return self._beyond_training(found, share) if schema.support.is_half_bounded else found

    def _beyond_training(self, found: Tensor, share: Tensor) -> Tensor:
        """Quantiles of counts, with those at the largest count of training searched anew without that limit."""
        schema = self.fitted.schema
        place = (found >= schema.top).nonzero(as_tuple=True)
        if not len(place[0]):
            return found

        def below(x: Tensor) -> Tensor:
            total, (_draw, row, *cell) = torch.zeros_like(x), place
            for part in self.parts:
                for clean, weight in part.decoded(self.fitted.model):
                    total += weight[row] * clean.select((torch.zeros_like(row), row, *cell)).cdf(x)
            return total

        wanted, low = share[place], found[place] - 1
        return found.index_put(place, bisected(schema, below, wanted, low, upper_end(schema, below, wanted), steps=0))
