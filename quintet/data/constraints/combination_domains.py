"""Values of cells that known cells of a row leave possible, by the combinations of the training rows.

The possible values of all cells are narrowed until each occurs in a combination of possible values (arc consistency:
Mackworth, 1977). Where constraints form a tree, each possible value then has a completion, in any order of the cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import torch
from torch import Tensor

from quintet.data.columns.any_column import AnyColumn
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.base import modelled
from quintet.data.constraints.combinations import Combinations


class CombinationDomains:
    """The combinations of a table as indices of values.

    Parameters
    ----------
    columns : of the table.
    constraints : of which the combinations are read.
    device : of the tensors.
    """

    possible: Mapping[int, Tensor]
    """Which values some cells can have at all, (values,) of bool, by their places; others can have each."""

    def __init__(
        self, columns: Sequence[AnyColumn], constraints: Sequence[AnyConstraint], device: torch.device
    ) -> None:
        self.possible = {}
        laws = [one for one in constraints if isinstance(one, Combinations) and one.rows]
        tables = [(one.places(columns), torch.tensor(one.rows, dtype=torch.float64, device=device)) for one in laws]
        found: dict[int, list[Tensor]] = {}
        for places, table in tables:
            for j, place in enumerate(places):
                found.setdefault(place, []).append(table[:, j])
        self.values = {place: torch.unique(torch.cat(each)) for place, each in found.items()}
        own = modelled(columns)
        self.of_levels = {place: own[place].codes > 0 for place in self.values}
        self.tables = [
            (places, [torch.searchsorted(self.values[p], table[:, j].contiguous()) for j, p in enumerate(places)])
            for places, table in tables
        ]

    def within(self, possible: Mapping[int, Tensor]) -> CombinationDomains:
        """The same where cells can have some values alone."""
        found = copy(self)
        found.possible = possible
        return found

    def nearest(self, place: int, cells: Tensor) -> Tensor:
        """The nearest value of each cell."""
        values = self.values[place]
        right = torch.searchsorted(values, cells.contiguous()).clamp(1, max(len(values) - 1, 1))
        left, right = right - 1, right.clamp(max=len(values) - 1)
        near = torch.where((values[left] - cells).abs() <= (values[right] - cells).abs(), values[left], values[right])
        return torch.where(cells.isnan(), cells, near)

    def complete(self, cells: Tensor, fixed: Tensor) -> None:
        """Replace cells that are not fixed, and that no combination has beside those before, in place.

        A number becomes the nearest allowed one; levels the most frequent one.

        Parameters
        ----------
        cells : (n, cells), NaN where missing, which stays.
        fixed : like cells, of bool.
        """
        known = torch.where(fixed, cells, torch.nan)
        for place, values in self.values.items():
            allowed, own = self.allowed(place, known), cells[:, place]
            apart = (own.unsqueeze(-1) - values).abs()
            if self.of_levels[place]:
                apart = torch.where(apart == 0, -1.0, values.expand_as(apart))
            found = values[torch.where(allowed, apart, torch.inf).argmin(-1)]
            cells[:, place] = torch.where(fixed[:, place] | own.isnan(), own, found)
            known[:, place] = cells[:, place]

    def allowed(self, place: int, cells: Tensor) -> Tensor:
        """Which values the cell can have beside the known ones, (..., values) of bool; all where none is possible.

        Parameters
        ----------
        cells : (..., cells), NaN where not known.
        """
        domains = {p: self._domain(p, cells[..., p]) for p in self._reached(place)}
        tables = [(places, index) for places, index in self.tables if places[0] in domains]
        for _ in range(len(tables)):
            before = sum(int(domain.sum()) for domain in domains.values())
            for places, index in tables:
                _narrow(domains, places, index)
            if len(tables) == 1 or before == sum(int(domain.sum()) for domain in domains.values()):
                break
        found = domains[place]
        return found | ~found.any(-1, keepdim=True)

    def _domain(self, place: int, cells: Tensor) -> Tensor:
        """The value of a known cell, all possible values of another one and of one with another value."""
        same: Tensor = cells.unsqueeze(-1) == self.values[place]
        other = ~same.any(-1, keepdim=True)
        return same | (other & self.possible[place] if place in self.possible else other)

    def _reached(self, place: int) -> set[int]:
        """The cells that constraints connect with one."""
        found, before = {place}, 0
        while len(found) > before:
            before = len(found)
            for places, _ in self.tables:
                if found & set(places):
                    found |= set(places)
        return found


def _narrow(domains: dict[int, Tensor], places: Sequence[int], index: Sequence[Tensor]) -> None:
    """Keep the values that occur in a combination of possible values."""
    alive = torch.stack([domains[place][..., own] for place, own in zip(places, index, strict=True)]).all(0)
    for place, own in zip(places, index, strict=True):
        reached = torch.zeros(domains[place].shape, dtype=torch.int32, device=own.device)
        reached.index_add_(-1, own, alive.to(torch.int32))
        domains[place] = domains[place] & (reached > 0)
