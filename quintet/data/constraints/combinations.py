"""Combinations: the values of some columns occur together only as in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.constraints.base import Constraint, modelled
from quintet.data.scaling import parts_of
from quintet.errors import InputError, quoted

MOST_ROWS = 10_000
"""Most combinations."""
MOST_NUMBERS = 512
"""Most distinct numbers of a column."""


class Combinations(Constraint):
    """Columns whose values occur together as in training alone: a city and its country.

    ``rows`` are the combinations in cells, the most frequent first.
    """

    type: Literal["combinations"] = "combinations"
    columns: tuple[str, ...] = Field(min_length=2)
    rows: tuple[tuple[float, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    def learnt(self, columns: Sequence[AnyColumn], cells: Array) -> Self:
        """With the combinations of the training rows; levels that were rare in training are in none."""
        places = self.places(columns)
        own = [modelled(columns)[place] for place in places]
        found, counts = np.zeros((0, len(places))), np.zeros(0, dtype=np.int64)
        for part in parts_of(cells):
            found, counts = _counted(found, counts, _judged(own, cells[part][:, places]))
            if len(found) > MOST_ROWS * MOST_NUMBERS:  # far too many: no need to see the rest
                break
        for j, column in enumerate(own):
            if not column.codes and len(np.unique(found[:, j])) > MOST_NUMBERS:
                raise InputError(
                    f"The schema's constraint '{self.describe()}' allows at most {MOST_NUMBERS} distinct numbers in a "
                    f"column, got more in {column.name!r}: remove the constraint, or round the column."
                )
        if not 1 <= len(found) <= MOST_ROWS:
            raise InputError(
                f"The schema's constraint '{self.describe()}' must have 1 to {MOST_ROWS} combinations in the rows, got "
                f"{len(found)}: name other columns."
            )
        ranked = found[np.argsort(-counts, kind="stable")]
        return self.model_copy(update={"rows": tuple(map(tuple, ranked.tolist()))})

    def broken(self, columns: Sequence[AnyColumn], cells: Array) -> npt.NDArray[np.bool_]:
        """Rows of a combination that training did not have."""
        own = cells[:, self.places(columns)]
        known = set(self.rows)
        judged = ~np.isnan(own).any(1)
        return judged & np.array([tuple(row) not in known for row in own.tolist()], dtype=bool)

    def describe(self) -> str:
        """The columns, and the number of combinations where it is known."""
        count = f" ({len(self.rows)} combinations)" if self.rows else ""
        return f"{', '.join(map(quoted, self.columns))}: only combinations of the training rows{count}"


def _judged(own: Sequence[AnyColumn], table: Array) -> Array:
    """The rows (n, columns) without a missing cell or a level that was rare in training."""
    for j, column in enumerate(own):
        if column.open:
            table = table[table[:, j] < column.codes - 1]
    return table[~np.isnan(table).any(1)]


def _counted(found: Array, counts: Array, table: Array) -> tuple[Array, Array]:
    """Distinct rows and how often each occurs, those of ``table`` included."""
    kinds, times = np.unique(table, axis=0, return_counts=True)
    both, place = np.unique(np.concatenate([found, kinds]), axis=0, return_inverse=True)
    total = np.bincount(place.reshape(-1), np.concatenate([counts, times]), minlength=len(both))
    return both, total.astype(np.int64)
