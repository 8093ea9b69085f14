"""Sums: a column is the sum of others, exactly on its decimals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.constraints.base import Constraint, legal, modelled, support_of
from quintet.errors import InputError, quoted

ROUNDING = 1e-9
"""Error of a sum of floats without decimals, as a share of the largest member."""


class Sum(Constraint):
    """``total`` is the sum of ``parts`` in every row."""

    type: Literal["sum"] = "sum"
    total: str
    parts: tuple[str, ...] = Field(min_length=1)

    @property
    def names(self) -> tuple[str, ...]:
        """The parts, then the total."""
        return (*self.parts, self.total)

    def learnt(self, columns: Sequence[AnyColumn], cells: Array) -> Self:
        """The constraint itself."""
        places = self.places(columns)
        if len(set(places)) < len(places):
            raise InputError(f"The schema's constraint '{self.describe()}' must name each column once.")
        for place in places:
            if not isinstance(modelled(columns)[place], Continuous | Integer):
                odd = modelled(columns)[place]
                raise InputError(
                    f"The schema's constraint '{self.describe()}' needs numbers, got {odd.name!r} of type {odd.type!r}."
                )
        self.hold_in_every_row(columns, cells)
        return self

    def broken(self, columns: Sequence[AnyColumn], cells: Array) -> npt.NDArray[np.bool_]:
        """Rows whose total differs from the sum by more than rounding."""
        parts, total = self._values(columns, cells)
        with np.errstate(invalid="ignore"):
            off = np.abs(parts.sum(1) - total)
            return np.asarray(off > self._tolerance(columns, np.abs(parts).max(1, initial=0.0)))

    def complete(self, columns: Sequence[AnyColumn], cells: Array, fixed: Array) -> None:
        """Make the total that of the parts; where the total is fixed, share the rest among the free parts."""
        places = self.places(columns)
        parts, total, own = places[:-1], places[-1], modelled(columns)
        for place in places:
            cells[:, place] = np.where(fixed[:, place], cells[:, place], legal(own[place], cells[:, place]))
        rest = np.nan_to_num(self._rest(columns, cells))
        free = ~fixed[:, total]
        cells[free, total] += rest[free]
        some = ~free & (rest != 0) & (~fixed[:, parts]).any(1)
        if some.any():
            self._share(columns, cells, fixed, np.flatnonzero(some), rest)
        for place in places:
            cells[:, place] = np.where(fixed[:, place], cells[:, place], legal(own[place], cells[:, place]))

    def _share(self, columns: Sequence[AnyColumn], cells: Array, fixed: Array, rows: Array, rest: Array) -> None:
        """Scale free parts so that they add up to the total; the largest takes what rounding leaves."""
        parts, own = self.places(columns)[:-1], modelled(columns)
        offsets = np.array([support_of(own[place]).offset for place in parts], dtype=np.float64)
        values, open_ = cells[rows][:, parts] + offsets, ~fixed[rows][:, parts]
        weight = np.where(open_, np.maximum(values, 0.0), 0.0)
        sums = weight.sum(1, keepdims=True)
        equal = open_ / np.maximum(open_.sum(1, keepdims=True), 1)
        moved = values - rest[rows, None] * np.where(sums > 0, weight / np.where(sums > 0, sums, 1.0), equal)
        found = cells[rows].copy()
        for j, place in enumerate(parts):
            found[:, place] = np.where(open_[:, j], legal(own[place], moved[:, j] - offsets[j]), found[:, place])
        left = self._rest(columns, found)
        largest = np.where(open_, moved, -np.inf).argmax(1)
        at = np.arange(len(rows)), np.array(parts)[largest]
        found[at] -= left
        cells[rows] = found

    def _rest(self, columns: Sequence[AnyColumn], cells: Array) -> Array:
        """The sum less the total, (n,)."""
        parts, total = self._values(columns, cells)
        return np.asarray(parts.sum(1) - total)

    def _values(self, columns: Sequence[AnyColumn], cells: Array) -> tuple[Array, Array]:
        """Values of the parts (n, parts), and of the total (n,), with the same offset taken from both sides."""
        places, own = self.places(columns), modelled(columns)
        offsets = [support_of(own[place]).offset for place in places]
        apart = float(sum(offsets[:-1]) - offsets[-1])
        return cells[:, places[:-1]], cells[:, places[-1]] - apart

    def _tolerance(self, columns: Sequence[AnyColumn], size: Array) -> Array:
        """How far a sum may be off by rounding, (n,)."""
        own = [modelled(columns)[place] for place in self.places(columns)]
        steps = [column.spacing for column in own]
        return ROUNDING * size if min(steps) == 0 else np.full(len(size), min(steps) / 4)

    def describe(self) -> str:
        """The equation."""
        return f"{quoted(self.total)} = {' + '.join(map(quoted, self.parts))}"
