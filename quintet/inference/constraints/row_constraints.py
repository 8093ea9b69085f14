"""The constraints of a table, for cells in the model's units: what they leave to a cell beside known and given ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from quintet.data.columns.numbers import Integer
from quintet.data.constraints.base import modelled, support_of
from quintet.data.constraints.combination_domains import CombinationDomains
from quintet.data.constraints.possible import PossibleRows, Spans, within
from quintet.data.constraints.rows import inner_first
from quintet.data.constraints.sums import Sum
from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.chain import Group
from quintet.distributions.restricted import restricted
from quintet.distributions.restricted_rows import among_values, log_share_of_values, within_range
from quintet.inference.constraints.cell_bounds import CellBounds
from quintet.noise import Noise

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
        possible: dict[int, Spans] = {}
        if given:
            spans = {place: self._spans(place, allowed) for place, allowed in given.items()}
            possible = PossibleRows(schema.columns, schema.constraints).of(spans) or {}
        values = {place: own for place, own in self.combinations.values.items() if place in possible}
        met = {place: within(own.cpu().numpy(), possible[place]) for place, own in values.items()}
        self.beside_given = self.combinations.within({p: torch.from_numpy(own).to(device) for p, own in met.items()})
        hulls = {place: (float(spans[0, 0]), float(spans[-1, 1])) for place, spans in possible.items()}
        self.bounds = CellBounds(schema.columns, schema.constraints, hulls)
        self.places = self.bounds.places | self.combinations.values.keys()
        numbers = self.bounds.places - self.combinations.values.keys()
        self.choices = {
            p: torch.from_numpy(possible[p]).to(device)
            for p in sorted(numbers & possible.keys())
            if len(possible[p]) > 1
        }

    def _spans(self, place: int, allowed: Tensor) -> Spans:
        """Given codes of bool, or intervals in the model's units, as intervals of cells."""
        if allowed.ndim == 1:
            return torch.nonzero(allowed).double().expand(-1, 2).cpu().numpy()
        half = self.columns[place].spacing / 2
        ends = self.cell(place, allowed) + torch.tensor([half, -half], device=allowed.device)
        return ends.sort(-1).values.sort(0).values.cpu().numpy()

    def chosen(self, noise: Noise, rows: Tensor) -> CellBounds:
        """The bounds with one interval, equally likely for each row, of given numbers that have several.

        Parameters
        ----------
        rows : (draws, batch, cells), for their number alone.
        """
        ranges = {}
        for place, spans in self.choices.items():
            index = (noise.uniform(rows.shape[1])[: rows.shape[0]] * len(spans)).long().clamp(max=len(spans) - 1)
            own = spans[index.expand(rows.shape[:2])]
            ranges[place] = own[..., 0], own[..., 1]
        return self.bounds.within(ranges)

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
        self,
        place: int,
        cell: Distribution,
        known: Tensor,
        allowed: Tensor | None = None,
        bounds: CellBounds | None = None,
    ) -> tuple[Distribution, Tensor]:
        """p(x_i | constraints, allowed values), and log P(allowed values and range | combinations), (draws, batch).

        A combination is one that given cells have, too.

        Parameters
        ----------
        known : (draws, batch, cells) in the user's units, NaN where not known.
        bounds : of these rows; None: those of all rows.
        """
        step = self.columns[place].spacing / self.schema.scale[place]
        if place in self.combinations.values:
            return self._in_combination(place, cell, known, allowed, max(step / 2, 1e-6))
        log_share = known.new_zeros(known.shape[:2])
        if allowed is not None:
            cell, log_share = restricted(cell, allowed)
        if place in self.bounds.places:
            low, high = (bounds or self.bounds).of(place, known)
            reach = ROUNDED * step
            ends = self.x(place, low) - reach, self.x(place, high) + reach
            cell, share = within_range(cell, ends[0].unsqueeze(-1), ends[1].unsqueeze(-1))
            log_share = log_share + share
        return cell, log_share

    def _in_combination(
        self, place: int, cell: Distribution, known: Tensor, allowed: Tensor | None, width: float
    ) -> tuple[Distribution, Tensor]:
        """As ``narrowed`` of a cell of a combination."""
        values, free = self.x(place, self.combinations.values[place]), self.combinations.allowed(place, known)
        own = self.beside_given.possible.get(place)
        if own is None:
            found = among_values(cell, values, free, width)
            return (found, known.new_zeros(known.shape[:2])) if allowed is None else restricted(found, allowed)
        both = free & own & self.beside_given.allowed(place, known)
        log_share = log_share_of_values(cell, values, both, free)
        return among_values(cell, values, both | (own & ~both.any(-1, keepdim=True)), width), log_share

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


def row_constraints(
    schema: Schema, device: torch.device, given: Mapping[int, Tensor] | None = None
) -> RowConstraints | None:
    """The constraints of a schema as ``RowConstraints``; None if it has none."""
    return RowConstraints(schema, given or {}, device) if schema.constraints else None
