"""Values of SQLite, which has numbers and text alone, as Arrow columns of the declared types, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from quintet.data.databases.address import Database
from quintet.errors import InputError, warn

DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)(?:_TEXT)?\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?")
EXACT = 15
"""Digits of a decimal that SQLite, which stores decimals as float64, keeps; longer ones are stored as text."""
CHUNK = 4096  # rows that are converted at a time


def arrow_table(names: list[str], declared: list[str], rows: list[tuple[Any, ...]], database: Database) -> Any:
    """An Arrow table of rows of Python values.

    Parameters
    ----------
    declared : the declared type of each column, "" for the result of an expression.
    """
    import pyarrow

    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    arrays = [
        _column(list(values), kind.upper(), name, database)
        for name, kind, values in zip(names, declared, columns, strict=True)
    ]
    return pyarrow.Table.from_arrays(arrays, names=names)


def _column(values: list[Any], declared: str, name: str, database: Database) -> Any:
    """One column by its declaration where all values agree with it, else by its values."""
    import pyarrow

    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int} and "BOOL" in declared and set(values) <= {0, 1, None}:
        return pyarrow.array([None if value is None else bool(value) for value in values], pyarrow.bool_())
    if (found := DECIMAL.search(declared)) and kinds and kinds <= {int, float, str}:
        decimals = _decimals(values, int(found[1]), int(found[2] or 0))
        if decimals is not None:
            return decimals
    if kinds == {str}:
        times = _times(values, only_days="DATE" in declared and "TIME" not in declared)
        return pyarrow.array(values, pyarrow.string()) if times is None else times
    if str in kinds and kinds <= {int, float, str}:
        odd = next(value for value in values if type(value) is str)
        warn(
            f"Column {name!r} of {database} holds text such as {odd[:40]!r} among numbers and was read as text: cast "
            "it in the query, or correct these cells.",
        )
        return pyarrow.array([None if value is None else str(value) for value in values], pyarrow.string())
    try:
        whole = "INT" in declared and not kinds
        kind = pyarrow.float64() if float in kinds else pyarrow.int64() if whole else None
        return pyarrow.array(values, kind)
    except (pyarrow.ArrowException, OverflowError) as error:
        types = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise InputError(
            f"Column {name!r} of {database} must hold values of one type, got {types} ({error}): cast it in the query."
        ) from None


def _decimals(values: list[Any], digits: int, places: int) -> Any | None:
    """Decimals of the declared digits and places; None where a value has more."""
    import pyarrow

    try:
        exact = [None if value is None else Decimal(str(value)) for value in values]
        kind = pyarrow.decimal128(min(max(digits, 1), 38), places)
        return pyarrow.array(exact, kind)
    except (pyarrow.ArrowException, InvalidOperation, ValueError):
        return None


def _times(values: list[Any], *, only_days: bool) -> Any | None:
    """Timestamps of text in ISO 8601, days where ``only_days``; None if a value is other text."""
    import pyarrow

    from quintet.data.readers.arrow.dates import parse_dates

    distinct = {value: i for i, value in enumerate(dict.fromkeys(value for value in values if value is not None))}
    if not all(ISO.fullmatch(value) for value in distinct):
        return None
    found = parse_dates(pyarrow.array(list(distinct)))
    if found is None:
        return None
    times = found[0].take(
        pyarrow.array([None if value is None else distinct[value] for value in values], pyarrow.int64())
    )
    days = times.cast(pyarrow.date32(), safe=False)
    midnight = times.type.tz is None and days.cast(times.type).equals(times)
    return days if midnight and (only_days or all(len(value) == 10 for value in distinct)) else times


def declared_type(kind: Any) -> str:
    """The type of a column of a new table."""
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_decimal(kind):
        return f"DECIMAL{'' if kind.precision <= EXACT else '_TEXT'}({kind.precision}, {kind.scale})"
    names = (
        (types.is_boolean, "BOOLEAN"),
        (types.is_integer, "INTEGER"),
        (types.is_floating, "REAL"),
        (types.is_date, "DATE"),
        (types.is_timestamp, "TIMESTAMP"),
    )
    return next((name for is_kind, name in names if is_kind(kind)), "TEXT")


def bound_rows(table: Any) -> Iterator[tuple[Any, ...]]:
    """The rows as values that SQLite stores: times and decimals as text, NaN as NULL."""
    for start in range(0, table.num_rows, CHUNK):
        columns = [_bound(column) for column in table.slice(start, CHUNK).columns]
        yield from zip(*columns, strict=True)


def _bound(column: Any) -> list[Any]:
    from pyarrow import types

    from quintet.data.writers.frame_files import cell_texts

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    cells = column.to_pylist()
    if types.is_temporal(column.type):
        return [None if cell is None else text for cell, text in zip(cells, cell_texts(column), strict=True)]
    if types.is_decimal(column.type):
        return [None if cell is None else str(cell) for cell in cells]
    if types.is_floating(column.type):
        return [None if cell is None or cell != cell else cell for cell in cells]
    return [
        cell if cell is None or not types.is_unsigned_integer(column.type) or cell < 2**63 else str(cell)
        for cell in cells
    ]
