"""What a column is, learnt chunk by chunk from its values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array, Level, Support, Values
from quintet.data.columns.bins import bins_with_counts
from quintet.data.columns.form import PLAIN, Form
from quintet.data.columns.left_out import LeftOut
from quintet.data.columns.levels import Boolean, CategoricalColumn, Constant, Ordinal, plain_level, ranked_levels
from quintet.data.columns.missing_codes import CODES, missing_codes
from quintet.data.columns.number_columns import continuous_column, usual_decimals, whole_column
from quintet.data.columns.number_statistics import NumberStatistics
from quintet.data.columns.times import Datetime, Duration, TimeOfDay
from quintet.errors import InputError

MOST_LEVELS = 127
"""Most levels of a column; rarer ones become ``OTHER``."""
COUNTED = 100_000
"""Most distinct values that are counted; a column of text with more is an identifier."""
FEWEST = 10
"""Fewest values of a constant column."""
FEW_ROWS = 20
"""Fewest values of an identifier."""
IDENTIFIER = re.compile(r"(?i)(^|[_\W])(id|uuid|guid|key|index|idx|rownum)$|[a-z]Id$|^Unnamed: 0$")
"""Names of columns of whole numbers that identify rows if all their values differ."""


@dataclass
class ColumnLearner:
    """Statistics of a column's values, of which ``column`` makes its type: the same for any cut into chunks.

    Parameters
    ----------
    name, dtype : as in ``Column``.
    form : how the frame writes the values.
    ordered : the levels of an ordered category, lowest first; None for other columns.
    shown : number of cells of each value, in text of objects; incomplete beyond ``COUNTED`` values.
    written : the object of each text that is no text itself.
    coded : number of cells with each number that may stand for a missing value.
    """

    name: str
    dtype: str
    ordered: tuple[Level, ...] | None = None
    form: Form = PLAIN
    count: int = 0
    gone: int = 0
    shown: Counter[Any] = field(default_factory=Counter)
    numbers: NumberStatistics = field(default_factory=NumberStatistics)
    words: int = 0
    coded: Counter[int] = field(default_factory=Counter)
    written: dict[str, Level] = field(default_factory=dict)

    def update(self, values: Values) -> None:
        """Add the values of a chunk of rows."""
        self.gone += int(values.missing.sum())
        present = values.present
        self.count += len(present)
        if not len(present):
            return
        self._count(present)
        if present.dtype.kind in "mM":
            self.numbers.update(present.astype(self.dtype).astype(np.int64))
        elif present.dtype.kind in "iuf":
            self._refuse_infinity(present)
            self.coded.update({code: int((present == code).sum()) for code in CODES})
            self.numbers.update(present, present[~np.isin(present, CODES)])
        elif present.dtype.kind == "O":
            self.words += sum(str(value).count(" ") + 1 for value in present)

    @property
    def same(self) -> dict[str, Any]:
        """The fields that columns of all types have."""
        return {"name": self.name, "dtype": self.dtype, "missing": self.gone > 0, **asdict(self.form)}

    def column(self) -> AnyColumn:
        """The column."""
        same = self.same
        if not self.count:
            return LeftOut(**same, reason="empty")
        if self.ordered is not None:
            return Ordinal(**same, levels=tuple(map(plain_level, self.ordered)))
        if len(self.shown) == 1 and self.count >= FEWEST:
            return Constant(
                **same, levels=tuple(self.written.get(str(level), plain_level(level)) for level in self.shown)
            )
        if self.dtype == "bool":
            return Boolean(**same)
        if not self.numbers.sample.seen:
            return self._levels(same)
        if self.of_times:
            return self._times(same)
        return self._numbers(same)

    def _numbers(self, same: dict[str, Any]) -> AnyColumn:
        same, numbers, shown = self.without_codes(same)
        if numbers.whole and self._identifies:
            return LeftOut(**same | {"missing_codes": ()}, reason="identifier")
        if len(shown) == 2 and numbers.whole and self.count >= FEWEST:
            return CategoricalColumn(**same, levels=ranked_levels(shown))
        return whole_column(same, numbers) if numbers.whole else continuous_column(same, numbers, self.precision(shown))

    def precision(self, shown: Mapping[Any, int]) -> int:
        """The number of decimals of nearly all numbers, or of all where the distinct ones are too many to count."""
        most = self.numbers.decimals
        return most if len(self.shown) > COUNTED else usual_decimals(shown, self.dtype, most)

    def without_codes(
        self, same: dict[str, Any], declared: Sequence[int] | None = None
    ) -> tuple[dict[str, Any], NumberStatistics, dict[Any, int]]:
        """Numbers without those that stand for a missing value: fields of the column, statistics, cells of each number.

        Parameters
        ----------
        declared : numbers that stand for a missing value; None: those among ``CODES`` that lie far from all others.
        """
        codes, known = {code: times for code, times in self.coded.items() if times}, self.numbers
        found = tuple(declared or ())
        if declared is None:
            found = missing_codes(codes, known.low, known.high, self.count - sum(codes.values()))
        same = same | {"missing_codes": found, "missing": same["missing"] or bool(found)}
        genuine = [code for code in codes if code not in found]
        numbers = known.with_numbers(np.array(genuine, dtype=self.dtype) if genuine else np.zeros(0))
        return same, numbers, {value: times for value, times in self.shown.items() if value not in found}

    def frequent_levels(self, shown: Mapping[Any, int]) -> tuple[Level, ...]:
        """The values that occur more than once, the most frequent first; all if none does."""
        repeated = {level: times for level, times in shown.items() if times > 1}
        return tuple(self.written.get(str(level), level) for level in ranked_levels(repeated or shown)[:MOST_LEVELS])

    @property
    def _identifies(self) -> bool:
        """Whether whole numbers name rows: all differ, and the column is called so."""
        return (
            self.count >= FEW_ROWS
            and len(self.shown) >= min(self.count, COUNTED)
            and bool(IDENTIFIER.search(self.name))
        )

    @property
    def of_times(self) -> bool:
        """Whether the values are points or spans of time."""
        return self.dtype.startswith(("datetime64", "timedelta64"))

    def _times(self, same: dict[str, Any]) -> Datetime | Duration:
        low, high, step = self.numbers.low, self.numbers.high, self.numbers.step
        bins = bins_with_counts(self.numbers.cells(low, step), 1.0)
        support = Support(step=step, offset=low, seen_low=0.0, seen_high=float((high - low) // step), **bins)
        if self.dtype.startswith("datetime64"):
            return Datetime(**same, support=support)
        if self.form.of_day:
            return TimeOfDay(**same, support=support)
        return Duration(**same, support=support if low < 0 else support.model_copy(update={"low": -low / step}))

    def _levels(self, same: dict[str, Any]) -> AnyColumn:
        """A column of text: levels, or an identifier or free text, which are left out."""
        if self.count >= FEW_ROWS and len(self.shown) > 0.5 * min(self.count, COUNTED):
            return LeftOut(**same, reason="text" if self.words >= 3 * self.count else "identifier")
        return CategoricalColumn(**same, levels=self.frequent_levels(self.shown))

    def _count(self, present: Array) -> None:
        """Count the values; levels of mixed types that are written alike are one."""
        if len(self.shown) > COUNTED:
            return
        if present.dtype.kind == "O":
            cells = present.tolist()
            self.shown.update(map(str, cells))
            for value in {value for value in cells if not isinstance(value, str)}:
                self.written.setdefault(str(value), plain_level(value))
            return
        if present.dtype.kind in "mM":
            present = present.astype(self.dtype).astype(np.int64)
        values, counts = np.unique(present, return_counts=True)
        self.shown.update(dict(zip(values[: COUNTED + 1].tolist(), counts[: COUNTED + 1].tolist(), strict=True)))

    def _refuse_infinity(self, present: Array) -> None:
        if present.dtype.kind == "f" and np.isinf(present).any():
            raise InputError(
                f"Column {self.name!r} must hold finite numbers, got infinity: replace it, or leave it empty."
            )
