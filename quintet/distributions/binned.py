"""Mixture of uniform intervals for numbers, with one wide component for values outside all of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from quintet.distributions.base import Distribution, uniform_for
from quintet.noise import Noise

ABSENT = -1e9
"""Logit of a component that a cell does not have."""
HALVINGS = 40
"""Halvings of the range of a cell that find a quantile."""


@dataclass(frozen=True)
class Intervals:
    """The components of each cell: intervals, and a logistic that covers the real line.

    ``low`` and ``high`` are (cells, intervals), ``low`` = ``high`` for components that a cell does not have; ``centre``
    and ``scale`` (cells,) are those of the logistic.
    """

    low: Tensor
    high: Tensor
    centre: Tensor
    scale: Tensor

    def to(self, like: Tensor) -> Intervals:
        """In the dtype and on the device of ``like``."""
        return Intervals(self.low.to(like), self.high.to(like), self.centre.to(like), self.scale.to(like))

    def select(self, cells: object) -> Intervals:
        """The intervals of some cells."""
        return Intervals(self.low[cells], self.high[cells], self.centre[cells], self.scale[cells])  # type: ignore[index]


@dataclass(frozen=True)
class Binned(Distribution):
    """Σ_k p_k uniform(low_k, high_k) + p_wide · logistic, for each cell.

    Frequent values have a narrow interval of their own within a wider one, so that atoms and densities mix. The wide
    component is scored and never drawn.

    Parameters
    ----------
    logits : (draws, batch, cells, intervals + 1), the last one of the wide component.
    intervals : the components.
    """

    logits: Tensor
    intervals: Intervals
    has_cdf = True

    @property
    def shares(self) -> Tensor:
        """Probability of each component, (draws, batch, cells, intervals + 1)."""
        return torch.softmax(self.logits, -1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats."""
        i = self.intervals
        log_share = torch.log_softmax(self.logits, -1)
        value = x.unsqueeze(-1)
        width = (i.high - i.low).clamp(min=1e-12)
        inside = (value >= i.low) & (value < i.high)
        pieces = (log_share[..., :-1] - width.log()).masked_fill(~inside, ABSENT)
        t = (x - i.centre) / i.scale
        wide = log_share[..., -1] + logsigmoid(t) + logsigmoid(-t) - i.scale.log()
        return torch.cat([pieces, wide.unsqueeze(-1)], -1).logsumexp(-1)

    @property
    def _drawn(self) -> Tensor:
        """Shares of the intervals, which alone are drawn."""
        return torch.softmax(self.logits[..., :-1], -1)

    @property
    def mean(self) -> Tensor:
        """E[x] over the intervals."""
        return (self._drawn * (self.intervals.low + self.intervals.high) / 2).sum(-1)

    @property
    def variance(self) -> Tensor:
        """Var[x] over the intervals."""
        i, share = self.intervals, self._drawn
        middle, width = (i.low + i.high) / 2, i.high - i.low
        second = (share * (middle.square() + width.square() / 12)).sum(-1)
        return (second - self.mean.square()).clamp(min=1e-12)

    def sample(self, noise: Noise) -> Tensor:
        """A draw from the intervals."""
        u, within = uniform_for(self.logits[..., 0], noise), uniform_for(self.logits[..., 0], noise)
        steps = self._drawn.cumsum(-1)
        pick = (u.unsqueeze(-1) * steps[..., -1:] >= steps).sum(-1, keepdim=True).clamp(max=steps.shape[-1] - 1)
        low, high = (
            t.expand(pick.shape[:-1] + t.shape[-1:]).gather(-1, pick)[..., 0]
            for t in (self.intervals.low, self.intervals.high)
        )
        return low + within * (high - low)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x)."""
        i, share = self.intervals, self.shares
        width = (i.high - i.low).clamp(min=1e-12)
        below = ((x.unsqueeze(-1) - i.low) / width).clamp(0.0, 1.0)
        return (share[..., :-1] * below).sum(-1) + share[..., -1] * torch.sigmoid((x - i.centre) / i.scale)

    def quantile(self, share: Tensor) -> Tensor:
        """The smallest x with P(X <= x) >= share over the intervals, in float64.

        Parameters
        ----------
        share : broadcasts against (draws, batch, cells), such as (quantiles, 1, 1).
        """
        low, high = self.intervals.low.double(), self.intervals.high.double()
        drawn, width, exists = self._drawn.double(), (high - low).clamp(min=1e-12), high > low
        left = torch.where(exists, low, torch.inf).amin(-1) + torch.zeros_like(share * drawn[..., 0])
        right = torch.where(exists, high, -torch.inf).amax(-1) + torch.zeros_like(left)
        for _ in range(HALVINGS):
            middle = (left + right) / 2
            below = ((middle.unsqueeze(-1) - low) / width).clamp(0.0, 1.0)
            enough = (drawn * below).sum(-1) >= share
            left, right = torch.where(enough, left, middle), torch.where(enough, middle, right)
        return right

    def select(self, index: object) -> Binned:
        """The distribution of the selected draws and rows, and of cells."""
        cells = index[2] if isinstance(index, tuple) and len(index) > 2 else slice(None)
        return Binned(self.logits[index], self.intervals.select(cells))  # type: ignore[index]
