"""The columns of a frame of any library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from quintet.data.columns.base import Array, Level, Values
from quintet.data.columns.form import PLAIN, Form

Container = Literal["pandas", "polars", "pyarrow", "array"]
"""The library of a frame; "array" for object arrays and lists of rows."""


@dataclass(frozen=True)
class FrameColumn:
    """A column of a frame: its type as in ``Column.dtype``, its values, and the order of its levels if it has one.

    Values of a column with a time zone are in UTC, where every point in time exists once. ``written`` are the cells as
    the frame has them, (n,) objects, where the values are others: ``decimal.Decimal``.
    """

    name: str
    dtype: str
    values: Values
    ordered: tuple[Level, ...] | None = None
    form: Form = PLAIN
    written: Array | None = None

    @property
    def own(self) -> Array:
        """The cells as answers have them, (n,)."""
        return self.values.array if self.written is None else self.written


@dataclass(frozen=True)
class Frame:
    """The columns of a frame, and the library that it is of."""

    columns: tuple[FrameColumn, ...]
    container: Container
    rows: int

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    @property
    def nameless(self) -> bool:
        """Whether the columns have no names but their numbers, as those of arrays."""
        return self.container == "array" and self.names == [f"x{j}" for j in range(len(self.columns))]
