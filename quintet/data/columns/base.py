"""Base class of columns, and the support of a column's values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

Array = npt.NDArray[Any]
Level = bool | int | float | str
EXACT = 2**53
"""Float64 represents every whole number up to this one."""


@dataclass(frozen=True)
class Values:
    """The values of a column: numbers, booleans, datetime64, timedelta64 or text (an object array of str), (n,).

    ``missing`` is (n,) of bool; values are arbitrary where it is True.
    """

    array: Array
    missing: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.array)

    @property
    def present(self) -> Array:
        """The values that are not missing."""
        return self.array if not self.missing.any() else self.array[~self.missing]


class Support(BaseModel):
    """The values that a column can have.

    Parameters
    ----------
    low, high : declared bounds; draws are truncated to them. None: unbounded.
    seen_low, seen_high : smallest and largest value of training, in the column's cells; they never truncate.
    step : values are ``offset`` plus multiples of it; None: any number.
    offset : value of the cell 0, exact for whole numbers of any size.
    decimals : number of decimals of the training values; None: more than six.
    significant : number of significant digits of the training values, where they have more decimals; None: more than
        eight.
    bins : (low, high) of intervals of cells that hold about equally many training values, or one frequent value.
    counts : number of training values in each of the ``bins``, of a sample of them.
    """

    model_config = ConfigDict(frozen=True)
    low: float | None = None
    high: float | None = None
    seen_low: float | None = None
    seen_high: float | None = None
    step: int | None = None
    offset: int = 0
    decimals: int | None = None
    significant: int | None = None
    bins: tuple[tuple[float, float], ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether values are whole steps."""
        return self.step is not None

    @property
    def is_bounded(self) -> bool:
        """Whether there are a smallest and a largest value."""
        return self.low is not None and self.high is not None

    @property
    def is_half_bounded(self) -> bool:
        """Whether there are a smallest value and no largest, as of counts."""
        return self.low is not None and self.high is None

    @property
    def levels(self) -> int:
        """Number of possible values, of bounded whole numbers; 0 for others."""
        if self.low is None or self.high is None or self.step is None:
            return 0
        return int((self.high - self.low) // self.step) + 1


class Column(BaseModel):
    """One column of a table.

    A column becomes at most one cell of the model's rows: a number, or the code of a level. ``dtype`` is the user's
    type: a NumPy type, "string" or "category". ``missing_codes`` are numbers that stand for a missing value;
    the last four fields are those of ``Form``.
    """

    model_config = ConfigDict(frozen=True)
    name: str
    dtype: str
    missing: bool = False
    missing_codes: tuple[int, ...] = ()
    timezone: str | None = None
    date_format: str | None = None
    decimal: tuple[int, int] | None = None
    of_day: bool = False

    @property
    def modelled(self) -> bool:
        """Whether the column has a cell in the model's rows."""
        return True

    @property
    def codes(self) -> int:
        """Number of codes of a column of levels, ``OTHER`` included; 0 for a column of numbers."""
        return 0

    @property
    def open(self) -> bool:
        """Whether the last code is ``OTHER``: all levels that training did not show or showed once."""
        return False

    @property
    def spacing(self) -> float:
        """Distance of neighbouring values in the column's cells; 0 for levels and for any number."""
        return 0.0

    def known(self, values: Values) -> Values:
        """The values, missing where they are one of ``missing_codes``."""
        if not self.missing_codes or values.array.dtype.kind not in "iuf":
            return values
        return Values(values.array, values.missing | np.isin(values.array, self.missing_codes))

    def encode(self, values: Values) -> npt.NDArray[np.float64]:
        """Values -> cells (n,), NaN where missing.

        Raises
        ------
        InputError
            If the values are of another type, such as text in a column of numbers.
        """
        raise NotImplementedError

    def decode(self, cells: Array) -> Array:
        """Cells (n,) -> legal values of the column, (n,); missing (None, NaN or NaT) where a cell is NaN."""
        raise NotImplementedError

    def describe(self) -> str:
        """The column in a few words, such as "integer, 17 to 90"."""
        raise NotImplementedError
