"""The range that known cells of a row leave to a number, by sums and orders; interval arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import torch
from torch import Tensor

from quintet.data.columns.any_column import AnyColumn
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.base import modelled, support_of, unit
from quintet.data.constraints.order import Order
from quintet.data.constraints.sums import Sum

Range = tuple[Tensor, Tensor]


class CellBounds:
    """Sums and orders of a table.

    Parameters
    ----------
    columns : of the table.
    constraints : of which sums and orders are read.
    ranges : smallest and largest cell at some places; elsewhere, and where they leave some, those of training.
    """

    def __init__(
        self,
        columns: Sequence[AnyColumn],
        constraints: Sequence[AnyConstraint],
        ranges: Mapping[int, tuple[float, float]],
    ) -> None:
        self.laws = [(one, one.places(columns)) for one in constraints if isinstance(one, Sum | Order)]
        self.places = {place for _, places in self.laws for place in places}
        own = modelled(columns)
        self.unit = {place: unit(own[place]) for place in self.places}
        self.offset = {place: support_of(own[place]).offset for place in self.places}
        each = {place: _range_of(own[place], ranges.get(place)) for place in self.places}
        self.ranges: dict[int, Range] = {
            p: (torch.tensor(a).double(), torch.tensor(b).double()) for p, (a, b) in each.items()
        }

    def within(self, ranges: Mapping[int, Range]) -> CellBounds:
        """The same with other smallest and largest cells, (...), at some places."""
        found = copy(self)
        found.ranges = {**self.ranges, **ranges}
        return found

    def of(self, place: int, cells: Tensor) -> Range:
        """The smallest and the largest cell, (...), of a place beside the known ``cells``, (..., cells), NaN where not
        known."""
        low, high = (torch.full_like(cells[..., place], end) for end in (-torch.inf, torch.inf))
        for law, places in self.laws:
            if place in places:
                own = (
                    self._in_sum(place, places, cells) if isinstance(law, Sum) else self._in_order(place, places, cells)
                )
                low, high = torch.maximum(low, own[0]), torch.minimum(high, own[1])
        first, last = (end.to(cells) for end in self.ranges[place])
        within = torch.maximum(low, first), torch.minimum(high, last)
        empty = within[0] > within[1]  # what follows from known cells, even outside the range of training
        low, high = (
            torch.where(empty & whole.isfinite(), whole, own) for whole, own in zip((low, high), within, strict=True)
        )
        return low, torch.maximum(low, high)

    def _in_sum(self, place: int, places: Sequence[int], cells: Tensor) -> Range:
        """Total less the other parts, or the sum of the parts."""
        *parts, total = places
        apart = float(sum(self.offset[part] for part in parts) - self.offset[total])
        ranges = {other: self._range(other, cells) for other in places if other != place}
        others = [ranges[part] for part in parts if part != place]
        low, high = (sum((one[end] for one in others), torch.zeros_like(cells[..., place])) for end in (0, 1))
        if place == total:
            return low + apart, high + apart
        return ranges[total][0] - apart - high, ranges[total][1] - apart - low

    def _in_order(self, place: int, places: Sequence[int], cells: Tensor) -> Range:
        """From the values before to those after."""
        at = list(places).index(place)
        low, high = (torch.full_like(cells[..., place], end) for end in (-torch.inf, torch.inf))
        for number, other in enumerate(places):
            apart = float(self.offset[other] - self.offset[place])
            ends = [(end * self.unit[other] + apart) / self.unit[place] for end in self._range(other, cells)]
            if number < at:
                low = torch.maximum(low, ends[0])
            elif number > at:
                high = torch.minimum(high, ends[1])
        return low, high

    def _range(self, place: int, cells: Tensor) -> Range:
        """The known cell, or the range of the column."""
        known = cells[..., place]
        low, high = (torch.where(known.isnan(), end.to(known), known) for end in self.ranges[place])
        return low, high


def _range_of(column: AnyColumn, ends: tuple[float, float] | None) -> tuple[float, float]:
    """The cells of training between some ends, or the ends if training had none there."""
    support = support_of(column)
    low = -torch.inf if support.seen_low is None else support.seen_low
    high = torch.inf if support.seen_high is None else support.seen_high
    if ends is None:
        return low, high
    both = max(low, ends[0]), min(high, ends[1])
    return both if both[0] <= both[1] else ends
