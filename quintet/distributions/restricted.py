"""The distribution of one cell within allowed values, and the probability of these values."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.binned import ABSENT, Binned, Intervals
from quintet.distributions.joint import Joint
from quintet.distributions.levels import IMPOSSIBLE, Levels

TOUCHING = 1e-4
"""Share of the narrower of two intervals up to which an overlap is rounding."""


def restricted(cell: Distribution, allowed: Tensor) -> tuple[Distribution, Tensor]:
    """p(x | x is allowed) of one cell, and log P(x is allowed) in nats, (draws, batch).

    Both are of values that are drawn: neither ``OTHER`` nor the wide component of numbers counts, unless no interval of
    a number covers an allowed value.

    Parameters
    ----------
    cell : the distribution over (draws, batch, 1): of ``Levels`` or ``Binned``, or a ``Joint`` of one such part.
    allowed : (codes,) of bool; or intervals (n, 2) of float64 in the units of x, apart from each other.
    """
    if isinstance(cell, Joint):
        (part,) = cell.parts
        cell = part.distribution
    if isinstance(cell, Levels):
        return _of_codes(cell, allowed)
    assert isinstance(cell, Binned)
    return _of_intervals(cell, allowed)


def _of_codes(levels: Levels, allowed: Tensor) -> tuple[Distribution, Tensor]:
    drawn = levels.drawn & allowed
    within = levels.logits.masked_fill(~drawn, IMPOSSIBLE)
    whole = levels.logits.masked_fill(~levels.drawn, IMPOSSIBLE)
    return Levels(within, drawn), (within.logsumexp(-1) - whole.logsumexp(-1))[..., 0]


def _of_intervals(binned: Binned, allowed: Tensor) -> tuple[Distribution, Tensor]:
    """The parts of the cell's intervals within the allowed ones, each with its share."""
    own = binned.intervals
    low, high = own.low[0].double(), own.high[0].double()
    first, last = torch.maximum(low[:, None], allowed[:, 0]), torch.minimum(high[:, None], allowed[:, 1])
    narrower = torch.minimum((high - low)[:, None], allowed[:, 1] - allowed[:, 0])
    component, region = torch.nonzero(last - first > TOUCHING * narrower, as_tuple=True)
    if len(component):
        ends = torch.stack([first[component, region], last[component, region]])
        share = ((ends[1] - ends[0]) / (high - low)[component]).to(binned.logits)
        logits = torch.log_softmax(binned.logits[..., :-1], -1)[..., component] + share.log()
    else:
        ends = allowed.T
        below = torch.sigmoid((ends - own.centre[0].double()) / own.scale[0].double())
        logits = torch.log_softmax(binned.logits, -1)[..., -1:] + (below[1] - below[0]).log().to(binned.logits)
    near = ends.to(own.low)
    intervals = Intervals(near[:1], near[1:], own.centre, own.scale)
    whole = torch.cat([logits, torch.full_like(logits[..., :1], ABSENT)], -1)
    return Binned(whole, intervals), logits.logsumexp(-1)[..., 0]
