"""A mixture of uniform intervals as piecewise constant densities, for the probabilities of many values at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from quintet.distributions.binned import Binned, Intervals


@dataclass(frozen=True)
class Piecewise:
    """The densities of ``Binned`` between neighbouring ends of intervals, in float64.

    Parameters
    ----------
    edges : (cells, edges), ascending.
    density : (batch, cells, edges), of the intervals right of each edge.
    below : (batch, cells, edges), P(X <= edge) of the intervals.
    wide : (batch, cells), share of the wide component.
    intervals : of the cells.
    """

    edges: Tensor
    density: Tensor
    below: Tensor
    wide: Tensor
    intervals: Intervals

    @classmethod
    def of(cls, p: Binned) -> Piecewise:
        """The densities of the first draw."""
        i, share = p.intervals, p.shares[0].double()
        height = share[..., :-1] / (i.high - i.low).clamp(min=1e-12).double()
        there = (i.high > i.low).double()
        steps = torch.cat([height * there, -height * there], -1)
        edges, order = torch.cat([i.low, i.high], -1).double().sort(dim=-1, stable=True)
        density = steps.gather(-1, order.expand_as(steps)).cumsum(-1).clamp(min=0.0)
        mass = density[..., :-1] * (edges[:, 1:] - edges[:, :-1])
        below = torch.cat([torch.zeros_like(mass[..., :1]), mass.cumsum(-1)], -1)
        return cls(edges, density, below, share[..., -1], i)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats of values (values, batch, cells)."""
        x = x.double()
        at, inside = self._at(x)
        t = (x - self.intervals.centre) / self.intervals.scale
        wide = self.wide.log() + logsigmoid(t) + logsigmoid(-t) - self.intervals.scale.log()
        return torch.logaddexp((self._gathered(self.density, at) * inside).log(), wide)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) of the intervals, of values (values, batch, cells)."""
        x = x.double()
        at, inside = self._at(x)
        over = x - self._gathered(self.edges.expand_as(self.density), at)
        found = self._gathered(self.below, at) + torch.where(inside, over * self._gathered(self.density, at), 0.0)
        return torch.where(x < self.edges[:, 0], 0.0, found)

    def likeliest(self, reach: float) -> Tensor:
        """The value that the number is most probably within ``reach`` of, (batch, cells)."""
        values = (0.5 * (self.edges[:, 1:] + self.edges[:, :-1])).T.unsqueeze(1)
        values = values.expand(-1, len(self.density), -1)
        mass = self.cdf(values + reach) - self.cdf(values - reach)
        return values.gather(0, mass.argmax(0, keepdim=True))[0]

    def _at(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The last edge at or below each value, and whether the value is between the first and the last edge."""
        sorted_by_cell = x.permute(2, 0, 1).flatten(1).contiguous()
        found = torch.searchsorted(self.edges, sorted_by_cell, right=True) - 1
        at = found.reshape(x.shape[2], *x.shape[:2]).permute(1, 2, 0)
        return at.clamp(min=0), (at >= 0) & (at < self.edges.shape[-1] - 1)

    def _gathered(self, table: Tensor, at: Tensor) -> Tensor:
        """Entries (values, batch, cells) of a table (batch, cells, edges)."""
        return table.gather(-1, at.movedim(0, -1)).movedim(-1, 0)
