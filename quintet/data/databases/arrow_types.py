"""Arrow types that only databases have, as those that the columns of a table can have."""

from __future__ import annotations

from typing import Any

from quintet.errors import InputError

WIDEST = 38
"""Digits of the widest decimals of 128 bits."""


def usual_types(table: Any, where: str) -> Any:
    """The table with columns of usual types: numbers, text, times, True and False.

    Wide whole numbers that fit become int64, PostgreSQL's ``numeric`` decimals, UUIDs and JSON text, intervals of days
    and seconds durations. Columns of other types stay as they are.
    """
    import pyarrow

    fields = [table.schema.field(i) for i in range(table.num_columns)]
    columns = [_usual(column, field, where) for column, field in zip(table.columns, fields, strict=True)]
    return pyarrow.Table.from_arrays(columns, names=table.column_names)


def _usual(column: Any, field: Any, where: str) -> Any:
    import pyarrow
    from pyarrow import types

    metadata = field.metadata or {}
    kind = column.type
    if metadata.get(b"POSTGRESQL:type") == b"money":
        raise InputError(
            f"Column {field.name!r} of {where} is of type money: cast it in the query, as in price::numeric."
        )
    if isinstance(kind, pyarrow.BaseExtensionType):
        if getattr(kind, "type_name", None) == "numeric":
            return _decimals(
                pyarrow.chunked_array([chunk.storage for chunk in column.chunks], pyarrow.string()), metadata
            )
        if kind.extension_name == "arrow.uuid":
            texts = [None if cell is None else str(cell) for cell in column.to_pylist()]
            return pyarrow.chunked_array([pyarrow.array(texts, pyarrow.string())])
        storage = kind.storage_type
        column = pyarrow.chunked_array([chunk.storage for chunk in column.chunks], storage)
        kind = storage
    if types.is_decimal(kind) and kind.scale == 0 and kind.precision == WIDEST:
        return _whole(column)
    if types.is_interval(kind):
        return _durations(column, field.name, where)
    return column


def _decimals(texts: Any, metadata: Any) -> Any:
    """PostgreSQL's ``numeric``, passed as text: decimals, or float64 where 38 digits are too few or a value is NaN."""
    import pyarrow
    from pyarrow import compute

    modifier = int(metadata.get(b"POSTGRESQL:typmod", b"-1")) - 4
    try:
        if modifier >= 0 and modifier & 0x7FF <= WIDEST:
            return texts.cast(pyarrow.decimal128(min(modifier >> 16, WIDEST), modifier & 0x7FF))
        present = texts.drop_null()
        places = compute.utf8_length(compute.replace_substring_regex(present, r"^[^.]*\.?", ""))
        scale = compute.max(places).as_py() or 0
        decimals = texts.cast(pyarrow.decimal128(WIDEST, scale))
        return decimals if scale else _whole(decimals)
    except pyarrow.ArrowInvalid:
        return texts.cast(pyarrow.float64())


def _whole(decimals: Any) -> Any:
    """Decimals without places as int64 where all fit."""
    import pyarrow

    try:
        return decimals.cast(pyarrow.int64())
    except pyarrow.ArrowInvalid:
        return decimals


def _durations(column: Any, name: str, where: str) -> Any:
    import pyarrow

    cells = column.to_pylist()
    if any(cell is not None and cell.months for cell in cells):
        raise InputError(
            f"Column {name!r} of {where} must hold intervals of days and seconds, got months: cast it to a number in "
            "the query."
        )
    ticks = [None if cell is None else (cell.days * 86_400_000_000 + cell.nanoseconds // 1000) for cell in cells]
    return pyarrow.chunked_array([pyarrow.array(ticks, pyarrow.int64()).cast(pyarrow.duration("us"))])


def storable(table: Any) -> Any:
    """The table with types that every database stores: levels as their values, whole numbers of 64 bits as decimals
    where they exceed those with a sign, times with a zone in UTC, NaN as missing."""
    import pyarrow
    from pyarrow import compute, types

    columns = []
    for column in table.columns:
        if types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if types.is_uint64(column.type):
            top = compute.max(column).as_py() or 0
            column = column.cast(pyarrow.int64() if top < 2**63 else pyarrow.decimal128(20, 0))
        if types.is_timestamp(column.type) and column.type.tz is not None:
            column = column.cast(pyarrow.timestamp(column.type.unit, "UTC"))
        if types.is_floating(column.type):
            column = column.cast(pyarrow.float64()) if types.is_float16(column.type) else column
            column = compute.if_else(compute.is_nan(column), pyarrow.scalar(None, column.type), column)
        columns.append(column)
    return pyarrow.Table.from_arrays(columns, names=table.column_names)
