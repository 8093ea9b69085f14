"""Records of JSON -> an Arrow table with the columns of training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.columns import span_text
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.times import Duration
from quintet.extras import extra
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal


def table_of(records: Sequence[dict[str, Any]], columns: Sequence[AnyColumn], limits: Limits) -> Any:
    """An Arrow table of records; a key that a record lacks is null there.

    Parameters
    ----------
    columns : those of training, beside which no others are legal; empty: any, in the order in which they occur.
    """
    with extra("serve", "The service"):
        import pyarrow
    names = _names(records, columns, limits)
    if not names:
        raise Refusal(422, "invalid_input", "Rows must have at least one column, got empty objects.")
    known = {column.name: column for column in columns}
    made = {}
    for name in names:
        cells = [record.get(name) for record in records]
        longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
        if longest > limits.value_bytes:
            raise Refusal(
                413, "too_many_cells", f"A text must have at most {limits.value_bytes:,} characters, got {longest:,}."
            )
        try:
            made[name] = _column(pyarrow, cells, known.get(name))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError, TypeError, ValueError):
            raise Refusal(
                422,
                "invalid_input",
                f"Column {name[:60]!r} must hold values of one type, numbers up to 64 bits, text, true and false, or "
                "null: correct its cells.",
            ) from None
    return pyarrow.table(made)


def _names(records: Sequence[dict[str, Any]], columns: Sequence[AnyColumn], limits: Limits) -> list[str]:
    """The columns that occur: in the order of training, or of their first row."""
    occurring: dict[str, None] = {}
    own = [column.name for column in columns]
    allowed, most = set(own), max(1, limits.cells // len(records))
    for record in records:
        for name in record:
            if columns and name not in allowed:
                raise Refusal(
                    422,
                    "unknown_column",
                    f"Columns must be those of training ({', '.join(map(repr, own[:5]))}"
                    f"{', ...' * (len(own) > 5)}), got {name[:60]!r}: correct or drop it.",
                )
            occurring[name] = None
        if len(occurring) > most:
            limits.check_rows(len(records), len(occurring))
    return [name for name in own if name in occurring] if columns else list(occurring)


def _column(pyarrow: Any, cells: list[Any], column: AnyColumn | None) -> Any:
    if any(isinstance(cell, list | dict) for cell in cells):
        raise TypeError
    if isinstance(column, Duration):
        return _spans(pyarrow, cells, column)
    floats = column is not None and column.dtype.startswith("float") and not column.codes
    if floats and any(isinstance(cell, int) and not isinstance(cell, bool) for cell in cells):
        if any(cell is not None and (isinstance(cell, bool) or not isinstance(cell, int | float)) for cell in cells):
            raise TypeError
        return pyarrow.array([None if cell is None else float(cell) for cell in cells], pyarrow.float64())
    return pyarrow.array(cells)


def _spans(pyarrow: Any, cells: list[Any], column: Duration) -> Any:
    """Spans of time, and times of day, of text such as "2 days 03:30:00"."""
    parsed = [span_text.parse(cell) if isinstance(cell, str) else None for cell in cells]
    if any(span is None and cell is not None for span, cell in zip(parsed, cells, strict=True)):
        raise ValueError
    unit = np.datetime_data(column.dtype)[0] if column.dtype.startswith("timedelta64[") else "ns"
    spans = np.array([np.timedelta64("NaT") if span is None else span for span in parsed], dtype="m8[ns]")
    array = spans.astype(f"m8[{unit if unit in ('s', 'ms', 'us', 'ns') else 's'}]")
    whole = pyarrow.array(array, from_pandas=True)
    if not column.of_day:
        return whole
    return whole.cast("int64").cast(pyarrow.time64("ns" if unit == "ns" else "us")) if unit in ("us", "ns") else whole
