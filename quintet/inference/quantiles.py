"""Quantiles of cells by bisection of their cumulative distribution."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from quintet.data.kind_columns import LARGEST_COUNT
from quintet.data.schema import Schema

HIGHEST_SHARE = 1 - 4e-6
"""Largest probability whose quantile float32 can find where cells have no largest value."""


def attainable(schema: Schema, share: Tensor) -> Tensor:
    """Probabilities whose quantiles are finite: counts have no largest value, so theirs stay below 1."""
    return share.clamp(max=HIGHEST_SHARE) if schema.support.is_half_bounded else share


def upper_end(schema: Schema, below: Callable[[Tensor], Tensor], share: Tensor) -> Tensor:
    """A value of each cell with P(X <= value) >= share, in the shape of ``share``.

    It is the largest value of the kind, 1 or the highest level. Counts have none: the largest of training is doubled
    until it suffices.

    Parameters
    ----------
    below : x -> P(X <= x).
    """
    top = torch.full_like(share, schema.top)
    if not schema.support.is_half_bounded:
        return top
    while bool((short := (below(top) < share) & (top < LARGEST_COUNT)).any()):
        top = torch.where(short, (2 * top).clamp(max=LARGEST_COUNT), top)
    return top


def bisected(
    schema: Schema, below: Callable[[Tensor], Tensor], share: Tensor, low: Tensor, high: Tensor, steps: int
) -> Tensor:
    """The smallest valid value in low < value <= high with P(X <= value) >= share.

    Parameters
    ----------
    below : x -> P(X <= x).
    low, high : in the shape of ``share``, whole where cells are.
    steps : halvings of the distance of continuous cells.
    """
    whole = schema.is_whole
    for _ in range(int((high - low).max()).bit_length() if whole else steps):
        middle = ((low + high) / 2).floor() if whole else (low + high) / 2
        enough = (below(middle) >= share) & (middle > low)
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return high
