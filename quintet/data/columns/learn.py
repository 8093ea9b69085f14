"""What a column is, learnt chunk by chunk from its values."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import EXACT, Array, Level, Support, Values
from quintet.data.columns.bins import learn_bins
from quintet.data.columns.left_out import LeftOut
from quintet.data.columns.levels import Boolean, Categorical, Constant, Ordinal
from quintet.data.columns.numbers import Continuous, Count, Integer
from quintet.data.columns.stream_sample import StreamSample
from quintet.data.columns.times import Datetime

MOST_LEVELS = 127
"""Most levels of a column; rarer ones become ``OTHER``."""
COUNTED = 100_000
"""Most distinct values that are counted; a column of text with more is an identifier."""
DECIMALS = 6
"""Largest number of decimals that counts as the precision of a column."""
FEWEST = 10
"""Fewest values of a constant column."""
FEW_ROWS = 20
"""Fewest values of an identifier."""
IDENTIFIER = re.compile(r"(?i)(^|[_\W])(id|uuid|guid|key|index|idx|rownum)$|[a-z]Id$|^Unnamed: 0$")
"""Names of columns of whole numbers that identify rows if all their values differ."""


@dataclass
class ColumnLearner:
    """Statistics of a column's values, of which ``column`` makes its type.

    Parameters
    ----------
    name, dtype : as in ``Column``.
    ordered : the levels of an ordered category, lowest first; None for other columns.
    """

    name: str
    dtype: str
    ordered: tuple[Level, ...] | None = None
    timezone: str | None = None
    count: int = 0
    gone: int = 0
    shown: Counter[Any] = field(default_factory=Counter)
    low: Any = None
    high: Any = None
    whole: bool = True
    decimals: int = 0
    spacing: int = 0
    sample: StreamSample = field(default_factory=StreamSample)
    words: int = 0

    def update(self, values: Values) -> None:
        """Add the values of a chunk of rows."""
        self.gone += int(values.missing.sum())
        present = values.present
        self.count += len(present)
        if not len(present):
            return
        if len(self.shown) <= COUNTED:
            self._count(present)
        if present.dtype.kind in "iufM":
            self.sample.update(present.astype(self.dtype).astype(np.int64) if present.dtype.kind == "M" else present)
        if present.dtype.kind == "M":
            self._whole(present.astype(self.dtype).astype(np.int64))
        elif present.dtype.kind in "iu":
            self._whole(present)
        elif present.dtype.kind == "f":
            self._number(present)
        elif present.dtype.kind == "O":
            self.words += sum(str(value).count(" ") + 1 for value in present)

    def column(self) -> AnyColumn:
        """The column."""
        same: dict[str, Any] = {"name": self.name, "dtype": self.dtype, "missing": self.gone > 0}
        if not self.count:
            return LeftOut(**same, reason="empty")
        if self.ordered is not None:
            return Ordinal(**same, levels=self.ordered)
        if len(self.shown) == 1 and self.count >= FEWEST:
            return Constant(**same, levels=tuple(map(_plain, self.shown)))
        if self.dtype == "bool":
            return Boolean(**same)
        if self.low is None:
            return self._levels(same)
        if self.dtype.startswith("datetime64"):
            step = max(1, self.spacing)
            last = float((self.high - self.low) // step)
            bins = learn_bins(self._cells(int(self.low), step), 1.0)
            support = Support(step=step, offset=int(self.low), seen_low=0.0, seen_high=last, bins=bins)
            return Datetime(**same, support=support, timezone=self.timezone)
        if self.whole and self._identifies:
            return LeftOut(**same, reason="identifier")
        if len(self.shown) == 2 and self.whole and self.count >= FEWEST:
            return Categorical(**same, levels=tuple(sorted(map(_plain, self.shown))))
        return self._numbers(same)

    @property
    def _identifies(self) -> bool:
        """Whether whole numbers name rows: all differ, and the column is called so."""
        return (
            self.count >= FEW_ROWS
            and len(self.shown) >= min(self.count, COUNTED)
            and bool(IDENTIFIER.search(self.name))
        )

    def _numbers(self, same: dict[str, Any]) -> AnyColumn:
        declared = 0.0 if self.low >= 0 else None
        if self.whole:
            wide = max(abs(int(self.low)), abs(int(self.high))) > EXACT
            offset = int(self.low) if wide else 0
            first, last = float(int(self.low) - offset), float(int(self.high) - offset)
            low, step = None if declared is None or wide else 0.0, max(1, self.spacing)
            bins = learn_bins(self._cells(offset, 1), float(step))
            support = Support(step=step, offset=offset, low=low, seen_low=first, seen_high=last, bins=bins)
            return (Count if low == 0 and self.low == 0 and support.step == 1 else Integer)(**same, support=support)
        digits = self.decimals if self.decimals <= DECIMALS else None
        first, last = float(self.low), float(self.high)
        bins = learn_bins(self._cells(0, 1), 0.0 if digits is None else 10.0**-digits)
        support = Support(low=declared, decimals=digits, seen_low=first, seen_high=last, bins=bins)
        return Continuous(**same, support=support)

    def _cells(self, offset: int, step: int) -> npt.NDArray[np.float64]:
        """The sampled values as cells: their distance from the offset in steps."""
        values = self.sample.values
        if offset == 0:
            return values.astype(np.float64) / step
        return (values.astype(object) - offset).astype(np.float64) / step

    def _levels(self, same: dict[str, Any]) -> AnyColumn:
        """A column of text: levels, or an identifier or free text, which are left out."""
        if self.count >= FEW_ROWS and len(self.shown) > 0.5 * min(self.count, COUNTED):
            return LeftOut(**same, reason="text" if self.words >= 3 * self.count else "identifier")
        ranked = sorted(self.shown.items(), key=lambda pair: (-pair[1], str(pair[0])))
        repeated = [_plain(level) for level, count in ranked if count > 1] or [_plain(level) for level, _ in ranked]
        return Categorical(**same, levels=tuple(repeated[:MOST_LEVELS]))

    def _count(self, present: Array) -> None:
        if present.dtype.kind == "O":
            self.shown.update(present.tolist())
        elif present.dtype.kind == "M" or len(self.shown) <= COUNTED:
            values, counts = np.unique(present, return_counts=True)
            self.shown.update(dict(zip(values[: COUNTED + 1].tolist(), counts[: COUNTED + 1].tolist(), strict=True)))

    def _whole(self, present: Array) -> None:
        low, high = int(present.min()), int(present.max())
        first = low if self.low is None else int(self.low)
        if high - low < 2**62 and abs(low - first) < 2**62:
            apart = int(np.gcd.reduce((present - present.min()).astype(np.int64)))
            self.spacing = int(np.gcd.reduce([self.spacing, apart, abs(low - first)]))
        else:
            self.spacing = 1
        self._ends(low, high)

    def _number(self, present: Array) -> None:
        low, high = float(present.min()), float(present.max())
        self._ends(low, high)
        if self.whole and bool((present == np.rint(present)).all()) and max(abs(low), abs(high)) <= EXACT:
            whole = present.astype(np.int64)
            self.spacing = int(
                np.gcd.reduce([self.spacing, int(np.gcd.reduce(whole - whole[0])), abs(int(whole[0] - self.low))])
            )
            return
        self.whole = False
        for digits in range(self.decimals, DECIMALS + 1):
            if bool((np.round(present.astype(np.float64), digits).astype(present.dtype) == present).all()):
                self.decimals = digits
                return
        self.decimals = DECIMALS + 1

    def _ends(self, low: Any, high: Any) -> None:
        self.low = low if self.low is None else min(low, self.low)
        self.high = high if self.high is None else max(high, self.high)


def _plain(level: Any) -> Level:
    """A level as JSON keeps it."""
    if isinstance(level, np.generic):
        level = level.item()
    if isinstance(level, float) and level.is_integer() and abs(level) < EXACT:
        return int(level)
    return level if isinstance(level, bool | int | float | str) else str(level)
