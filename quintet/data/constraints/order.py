"""Order: values of some columns ascend within every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.columns.times import Ticks
from quintet.data.constraints.base import Constraint, legal, modelled, support_of, unit
from quintet.errors import InputError, quoted


class Order(Constraint):
    """Each column is at most the next one: a start and an end."""

    type: Literal["order"] = "order"
    columns: tuple[str, ...] = Field(min_length=2)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, the smallest first."""
        return self.columns

    def learnt(self, columns: Sequence[AnyColumn], cells: Array) -> Self:
        """The constraint itself."""
        own = [modelled(columns)[place] for place in self.places(columns)]
        numbers = all(isinstance(column, Continuous | Integer) for column in own)
        times = all(isinstance(column, Ticks) for column in own) and len({column.dtype for column in own}) == 1
        if not numbers and not times:
            raise InputError(
                f"The schema's constraint '{self.describe()}' needs columns of numbers, or of times of one type, got "
                f"{', '.join(column.type for column in own)}."
            )
        self.hold_in_every_row(columns, cells)
        return self

    def broken(self, columns: Sequence[AnyColumn], cells: Array) -> npt.NDArray[np.bool_]:
        """Rows in which a value is above the next one."""
        with np.errstate(invalid="ignore"):
            return np.asarray((np.diff(self._values(columns, cells), axis=1) < 0).any(1))

    def complete(self, columns: Sequence[AnyColumn], cells: Array, fixed: Array) -> None:
        """Move free values of broken rows to the nearest in order."""
        rows = np.flatnonzero(self.broken(columns, cells))
        places, own = self.places(columns), modelled(columns)
        values = self._values(columns, cells[rows])
        kept = fixed[rows][:, places]
        low = np.maximum.accumulate(np.where(kept, values, -np.inf), 1)
        high = np.minimum.accumulate(np.where(kept, values, np.inf)[:, ::-1], 1)[:, ::-1]
        inside = np.clip(values, low, np.maximum(low, high))
        ascending = np.minimum(np.maximum.accumulate(inside, 1), np.maximum(low, high))
        for j, place in enumerate(places):
            found = (ascending[:, j] - self._shift(columns, place)) / unit(own[place])
            cells[rows, place] = np.where(kept[:, j], cells[rows, place], legal(own[place], found))

    def _values(self, columns: Sequence[AnyColumn], cells: Array) -> Array:
        """Values less the offset of the first column, (n, columns)."""
        own = modelled(columns)
        each = [cells[:, place] * unit(own[place]) + self._shift(columns, place) for place in self.places(columns)]
        return np.stack(each, 1)

    def _shift(self, columns: Sequence[AnyColumn], place: int) -> float:
        """The offset of a column less that of the first one."""
        own = modelled(columns)
        return float(support_of(own[place]).offset - support_of(own[self.places(columns)[0]]).offset)

    def describe(self) -> str:
        """The inequalities."""
        return " <= ".join(map(quoted, self.columns))
