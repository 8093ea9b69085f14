"""The distribution of one cell within limits that differ from row to row, and the probability of these limits."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.binned import ABSENT, Binned, Intervals
from quintet.distributions.joint import Joint
from quintet.distributions.levels import IMPOSSIBLE, Levels


def within_range(cell: Distribution, low: Tensor, high: Tensor) -> tuple[Binned, Tensor]:
    """p(x | low <= x <= high) of a number, and log P(low <= x <= high) in nats, (draws, batch).

    Where no interval of the number has a part of the range, x is uniform over it; ``low`` = ``high`` is a certain
    value.

    Parameters
    ----------
    cell : over (draws, batch, 1), of ``Binned``.
    low, high : (draws, batch, 1).
    """
    binned = single(cell)
    assert isinstance(binned, Binned)
    own, dtype = binned.intervals, binned.logits.dtype
    low, high = low[..., None].to(dtype), high[..., None].to(dtype)
    first, last = torch.maximum(own.low.to(dtype), low), torch.minimum(own.high.to(dtype), high)
    share = ((last - first) / (own.high - own.low).clamp(min=1e-12)).clamp(0.0, 1.0)
    logits = (torch.log_softmax(binned.logits[..., :-1], -1) + share.log()).clamp(min=ABSENT)
    log_share = logits.logsumexp(-1)[..., 0].clamp(min=ABSENT)
    none = logits.amax(-1, keepdim=True) <= ABSENT / 2
    whole = torch.where(none, 0.0, ABSENT).to(dtype)
    ends = Intervals(
        torch.cat([first, low.expand_as(whole)], -1),
        torch.cat([torch.maximum(first, last), torch.maximum(low, high).expand_as(whole)], -1),
        own.centre,
        own.scale,
    )
    return Binned(torch.cat([logits, whole, torch.full_like(whole, ABSENT)], -1), ends), log_share


def among_values(cell: Distribution, values: Tensor, allowed: Tensor, width: float) -> Distribution:
    """p(x | x is an allowed value) of one cell.

    Parameters
    ----------
    cell : over (draws, batch, 1).
    values : (values,), codes, or numbers in the units of x.
    allowed : (draws, batch, values) of bool.
    width : of the intervals that stand for numbers.
    """
    whole = single(cell)
    if isinstance(whole, Levels):
        codes = torch.zeros(*allowed.shape[:2], whole.logits.shape[-1], dtype=torch.bool, device=allowed.device)
        codes[..., values.long()] = allowed
        return Levels(whole.logits.masked_fill(~codes.unsqueeze(-2), IMPOSSIBLE), whole.drawn)
    assert isinstance(whole, Binned)
    at = values.to(whole.logits.dtype)
    logits = _log_prob_at(whole, values).masked_fill(~allowed, ABSENT)
    ends = Intervals((at - width / 2)[None], (at + width / 2)[None], whole.intervals.centre, whole.intervals.scale)
    return Binned(torch.cat([logits, torch.full_like(logits[..., :1], ABSENT)], -1).unsqueeze(-2), ends)


def log_share_of_values(cell: Distribution, values: Tensor, allowed: Tensor, possible: Tensor) -> Tensor:
    """log P(x is an allowed value | x is a possible value) of one cell in nats, (draws, batch).

    Parameters
    ----------
    allowed, possible : (draws, batch, values) of bool; allowed values are possible.
    """
    logits = _log_prob_at(single(cell), values)
    inside, whole = (logits.masked_fill(~some, ABSENT).logsumexp(-1) for some in (allowed, possible))
    return torch.where(allowed.any(-1), inside - whole, ABSENT)


def _log_prob_at(whole: Distribution, values: Tensor) -> Tensor:
    """log p of some values of a cell, but for a constant, (draws, batch, values)."""
    if isinstance(whole, Levels):
        return whole.logits[..., 0, values.long()]
    assert isinstance(whole, Binned)
    at = values.to(whole.logits.dtype).reshape(-1, 1, 1, 1)
    return whole.log_prob(at)[..., 0].movedim(0, -1)


def single(cell: Distribution) -> Distribution:
    """The distribution of the only part of a joint; any other as it is."""
    if isinstance(cell, Joint):
        (part,) = cell.parts
        return part.distribution
    return cell
