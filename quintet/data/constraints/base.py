"""What a constraint is: a law over some columns of a table that every training row obeys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array, Support, Values
from quintet.data.columns.times import Ticks
from quintet.data.scaling import parts_of
from quintet.errors import InputError, nearest

Places = Mapping[str, int]
"""The place of each modelled column's cell in rows of cells."""


class Constraint(BaseModel):
    """A law over the cells of some columns; rows with a missing cell among them are not judged.

    ``about`` is a note for the reader of a file, which is ignored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        raise NotImplementedError

    def learnt(self, columns: Sequence[AnyColumn], cells: Array) -> Constraint:
        """The constraint with what it takes from the training rows (n, cells).

        Raises
        ------
        InputError
            If a column has no such law, or a row breaks it.
        """
        raise NotImplementedError

    def broken(self, columns: Sequence[AnyColumn], cells: Array) -> npt.NDArray[np.bool_]:
        """Rows (n,) that break the law; cells are legal values of their columns."""
        raise NotImplementedError

    def hold_in_every_row(self, columns: Sequence[AnyColumn], cells: Array) -> None:
        """Refuse training rows of which some break the law.

        Raises
        ------
        InputError
            With the number of them and the place of the first.
        """
        wrong = [part.start + np.flatnonzero(self.broken(columns, cells[part])) for part in parts_of(cells)]
        count = sum(map(len, wrong))
        if count:
            first = next(int(rows[0]) for rows in wrong if len(rows))
            raise InputError(
                f"The schema's constraint '{self.describe()}' must hold in every row, but {count} of "
                f"{len(cells)} rows break it, the first of them row {first}: correct them, or remove "
                "the constraint."
            )

    def complete(self, columns: Sequence[AnyColumn], cells: Array, fixed: Array) -> None:
        """Change cells that are not ``fixed``, (n, cells) of bool, in place so that rows obey where they can.

        Combinations are completed together (``CombinationDomains``).
        """

    def describe(self) -> str:
        """The law in a few words."""
        raise NotImplementedError

    def places(self, columns: Sequence[AnyColumn]) -> list[int]:
        """The places of the cells."""
        known = places_of(columns)
        for name in self.names:
            if name not in known:
                raise InputError(
                    f"The schema's constraint '{self.describe()}' needs a column {name!r} that the model has: "
                    f"{nearest(name, list(known))}."
                )
        return [known[name] for name in self.names]


def places_of(columns: Sequence[AnyColumn]) -> Places:
    """The place of each modelled column's cell."""
    return {column.name: place for place, column in enumerate(c for c in columns if c.modelled)}


def modelled(columns: Sequence[AnyColumn]) -> list[AnyColumn]:
    """The columns that have a cell."""
    return [column for column in columns if column.modelled]


def support_of(column: AnyColumn) -> Support:
    """The support of a column of numbers, times or levels."""
    found: Support = getattr(column, "support", Support())
    return found


def unit(column: AnyColumn) -> float:
    """By how much a value grows with its cell."""
    return float(column.support.step or 1) if isinstance(column, Ticks) else 1.0


def legal(column: AnyColumn, cells: Array) -> Array:
    """The nearest legal cells, (n,), NaN where missing."""
    missing = np.isnan(cells)
    if column.codes or missing.all():
        return cells
    at = np.where(missing, np.nanmax(cells), cells)
    found: Array = column.encode(Values(column.decode(at), np.zeros(len(at), dtype=bool)))
    return np.where(missing, np.nan, found)
