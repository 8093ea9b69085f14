"""Chains whose draws obey the constraints of a table: each cell is drawn within what the cells before it leave."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from quintet.data.columns.numbers import Integer
from quintet.data.constraints.base import modelled, support_of
from quintet.data.constraints.combination_domains import CombinationDomains
from quintet.data.constraints.rows import inner_first
from quintet.data.constraints.sums import Sum
from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.chain import Chain, Group, Visible
from quintet.distributions.restricted import restricted
from quintet.distributions.restricted_rows import among_values, within_range
from quintet.inference.constraints.cell_bounds import CellBounds

ROUNDED = 0.499
"""Share of a step by which a legal number may be off and still round to it."""


class RowConstraints:
    """The constraints of a schema, for cells in the model's units.

    Parameters
    ----------
    schema : of a table.
    given : what cells may be, as an argument ``allowed`` of ``restricted``, by their places.
    device : of the cells.
    """

    def __init__(self, schema: Schema, given: Mapping[int, Tensor], device: torch.device) -> None:
        self.schema = schema
        self.columns = modelled(schema.columns)
        self.combinations = CombinationDomains(schema.columns, schema.constraints, device)
        ends = {p: (float(a[:, 0].min()), float(a[:, 1].max())) for p, a in given.items() if a.ndim == 2}
        hulls = {place: tuple(self.cell(place, torch.tensor(pair)).tolist()) for place, pair in ends.items()}
        self.bounds = CellBounds(schema.columns, schema.constraints, hulls)
        self.places = self.bounds.places | self.combinations.values.keys()

    def cell(self, place: int, x: Tensor) -> Tensor:
        """The cell of the user's rows."""
        return x.double() * self.schema.scale[place] + self.schema.loc[place]

    def x(self, place: int, cell: Tensor) -> Tensor:
        """The cell in the model's units, in float64."""
        return (cell - self.schema.loc[place]) / self.schema.scale[place]

    def legal(self, place: int, x: Tensor) -> Tensor:
        """The legal cell that is nearest."""
        column, cell = self.columns[place], self.cell(place, x)
        if place in self.combinations.values:
            return self.combinations.nearest(place, cell)
        if not column.spacing:
            return cell
        base = (support_of(column).seen_low or 0.0) if isinstance(column, Integer) else 0.0
        return torch.round((cell - base) / column.spacing) * column.spacing + base

    def narrowed(
        self, place: int, cell: Distribution, known: Tensor, allowed: Tensor | None = None
    ) -> tuple[Distribution, Tensor]:
        """p(x_i | constraints, allowed values), and log P(allowed values and range | combinations), (draws, batch).

        Parameters
        ----------
        known : (draws, batch, cells) in the user's units, NaN where not known.
        """
        step = self.columns[place].spacing / self.schema.scale[place]
        if place in self.combinations.values:
            values, possible = self.combinations.values[place], self.combinations.allowed(place, known)
            cell = among_values(cell, self.x(place, values), possible, max(step / 2, 1e-6))
        log_share = known.new_zeros(known.shape[:2])
        if allowed is not None:
            cell, log_share = restricted(cell, allowed)
        if place in self.bounds.places and place not in self.combinations.values:
            low, high = self.bounds.of(place, known)
            reach = ROUNDED * step
            ends = self.x(place, low) - reach, self.x(place, high) + reach
            cell, share = within_range(cell, ends[0].unsqueeze(-1), ends[1].unsqueeze(-1))
            log_share = log_share + share
        return cell, log_share

    def groups(self, groups: Sequence[Group]) -> tuple[Group, ...]:
        """The groups of a chain with each constrained cell alone, and totals after their parts."""
        alone: list[Group] = []
        for group in groups:
            free = tuple(place for place in group if place not in self.places)
            alone += ([free] if free else []) + [(place,) for place in group if place in self.places]
        for law in inner_first(self.schema.constraints):
            if isinstance(law, Sum):
                *parts, total = law.places(self.schema.columns)
                alone.remove((total,))
                alone.insert(max(alone.index((part,)) for part in parts) + 1, (total,))
        return tuple(alone)

    def with_parts(self, given: Collection[int]) -> set[int]:
        """Given places and the parts of the totals among them: a total follows from its parts."""
        found = set(given)
        for law in reversed(inner_first(self.schema.constraints)):
            if isinstance(law, Sum) and (places := law.places(self.schema.columns))[-1] in found:
                found |= set(places)
        return found


class ConstrainedCells:
    """Visible cells of some rows, and what the constraints leave to the others.

    Parameters
    ----------
    inner : the cells that the decoder sees.
    constraints : of the rows.
    rows : (1 or draws, batch, cells), for their number alone.
    """

    def __init__(self, inner: Any, constraints: RowConstraints, rows: Tensor) -> None:
        self.inner, self.constraints = inner, constraints
        self.cells = torch.full(rows.shape, torch.nan, dtype=torch.float64, device=rows.device)

    def conditional(self, cells: Group) -> Distribution:
        """p(x_i | z, visible cells, constraints) of a constrained cell alone, or of several others."""
        found: Distribution = self.inner.conditional(cells)
        if cells[0] not in self.constraints.places:
            return found
        (place,) = cells
        return self.constraints.narrowed(place, found, self.cells)[0]

    def restricted(self, place: int, allowed: Tensor | None) -> tuple[Distribution, Tensor]:
        """As ``restricted``, within the constraints; None: all that they allow."""
        found = self.inner.conditional((place,))
        if allowed is not None and place not in self.constraints.places:
            return restricted(found, allowed)
        return self.constraints.narrowed(place, found, self.cells, allowed)

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some cells visible, each once."""
        self.inner.reveal(cells, x, visible)
        for number, place in enumerate(cells):
            if place in self.constraints.places:
                shown = visible[..., number] > 0
                own = self.constraints.legal(place, x[..., number])
                self.cells[..., place] = torch.where(shown, own, self.cells[..., place])

    def lose(self, cells: Group, gone: Tensor) -> None:
        """Mark some cells as missing."""
        self.inner.lose(cells, gone)

    def chance_missing(self, cells: Group) -> Tensor:
        """P(cell is missing | decided cells, z) of some cells, (draws, batch, cells)."""
        found: Tensor = self.inner.chance_missing(cells)
        return found


def row_constraints(
    schema: Schema, device: torch.device, given: Mapping[int, Tensor] | None = None
) -> RowConstraints | None:
    """The constraints of a schema as ``RowConstraints``; None if it has none."""
    return RowConstraints(schema, given or {}, device) if schema.constraints else None


def constrained(likelihood: Distribution, constraints: RowConstraints | None) -> Distribution:
    """A chain within constraints; any other distribution as it is."""
    if constraints is None or not isinstance(likelihood, Chain):
        return likelihood

    def begin(rows: Tensor) -> Visible:
        return ConstrainedCells(likelihood.begin(rows), constraints, rows)

    return replace(likelihood, begin=begin, groups=constraints.groups(likelihood.groups), in_one_pass=None)
