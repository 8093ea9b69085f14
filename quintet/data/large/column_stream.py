"""The columns of a table, learnt from its chunks: the same as from all rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.data.columns import date_text
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Values
from quintet.data.columns.declared import Declared, check_names
from quintet.data.columns.declared_column import declared_column
from quintet.data.columns.frame import Frame, FrameColumn
from quintet.data.columns.learn import ColumnLearner
from quintet.data.columns.table import refuse_unmodelled
from quintet.data.columns.times import dates_of_text

WHOLE = 2**63 - 1
"""The largest whole number of a signed type."""


@dataclass
class TableStream:
    """Learners of all columns of a table.

    Parameters
    ----------
    types : the Arrow type of each column.
    declared : what the user declares of columns, by their names.
    """

    types: Mapping[str, Any]
    declared: Mapping[str, Declared]

    def __post_init__(self) -> None:
        check_names(self.declared, list(self.types))
        self.streams: dict[str, ColumnStream] = {}

    def update(self, frame: Frame) -> None:
        """Add a chunk of rows."""
        for column in frame.columns:
            known = self.streams.get(column.name)
            if known is None:
                known = ColumnStream.of(column, self.types[column.name], self.declared.get(column.name))
                self.streams[column.name] = known
            known.update(column)

    def columns(self) -> tuple[AnyColumn, ...]:
        """The columns.

        Raises
        ------
        InputError
            If none of them has a cell.
        """
        columns = tuple(stream.column() for stream in self.streams.values())
        refuse_unmodelled(columns)
        return columns


@dataclass
class ColumnStream:
    """The learner of one column, and beside it one of dates as long as all texts have one format of dates."""

    learner: ColumnLearner
    declared: Declared | None
    whole: str | None = None  # NumPy's name of an integer type
    dates: ColumnLearner | None = None
    may_be_dates: bool = False
    date_format: str | None = None

    @classmethod
    def of(cls, column: FrameColumn, kind: Any, declared: Declared | None) -> ColumnStream:
        """For the chunks of which ``column`` is the first."""
        from pyarrow import types

        whole = str(np.dtype(kind.to_pandas_dtype())) if types.is_integer(kind) else None
        learner = ColumnLearner(column.name, whole or column.dtype, column.ordered, column.form)
        wanted = None if declared is None else declared.type
        text = column.dtype in ("string", "object") and wanted in (None, "datetime")
        return cls(learner, declared, whole, may_be_dates=text)

    def update(self, column: FrameColumn) -> None:
        """Add the values of a chunk."""
        values = column.values
        if self.whole is not None:
            values = Values(values.array.astype(self.whole, copy=False), values.missing)
        if column.ordered is not None:
            known = self.learner.ordered or ()
            self.learner.ordered = (*known, *(level for level in column.ordered if level not in known))
        self.learner.update(values)
        if self.may_be_dates:
            self._update_dates(column)

    def column(self) -> AnyColumn:
        """The column, with what is declared of it."""
        learner = self.learner
        if self.whole is not None and learner.gone:  # whole numbers with holes are held in 64 bits
            learner.dtype = "uint64" if learner.numbers.high is not None and learner.numbers.high > WHOLE else "int64"
        if self.may_be_dates and self.dates is not None:
            learner = self.dates
        return learner.column() if self.declared is None else declared_column(learner, self.declared)

    def _update_dates(self, column: FrameColumn) -> None:
        values = column.values
        if values.missing.all():
            if self.dates is not None:
                self.dates.gone += len(values)
            return
        date_format = date_text.format_of(values.present.tolist())
        found = None if date_format is None else dates_of_text(values)
        if date_format is None or found is None or self.date_format not in (None, date_format):
            self.may_be_dates, self.dates = False, None
            return
        if self.dates is None:
            form = replace(column.form, date_format=date_format, timezone=date_text.zone_of(date_format))
            before = self.learner.gone - int(values.missing.sum())  # of chunks without a value
            self.date_format = date_format
            self.dates = ColumnLearner(column.name, found.array.dtype.name, column.ordered, form, gone=before)
        self.dates.update(found)
