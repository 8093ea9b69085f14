"""Values of columns -> a table of Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.left_out import is_empty
from quintet.extras import extra


def arrow_table(columns: Sequence[AnyColumn], values: Mapping[str, Array], like: Any = None) -> Any:
    """A table with the types of ``like``."""
    pyarrow = pyarrow_module()
    types = {} if like is None else {field.name: field.type for field in like.schema}
    made = {}
    for column in columns:
        asked = types.get(column.name)
        if asked is not None and not column.modelled:
            made[column.name] = like.column(column.name)
            continue
        array = _array(column, values[column.name])
        made[column.name] = array if asked is None else _typed(array, asked)
    return pyarrow.table(made)


def pyarrow_module() -> Any:
    """PyArrow, or the sentence that it is not installed."""
    with extra("parquet", "an Arrow table"):
        import pyarrow
    return pyarrow


def _array(column: AnyColumn, cells: Array) -> Any:
    pyarrow = pyarrow_module()
    if not column.modelled and is_empty(cells):
        return pyarrow.nulls(len(cells), _type_of(column))
    if column.dtype == "category" and column.modelled:
        return pyarrow.array([None if c is None else str(c) for c in cells]).dictionary_encode()
    if column.decimal and cells.dtype.kind == "O":
        return _decimals(cells, pyarrow.decimal128(*column.decimal))
    if column.of_day and cells.dtype.kind == "m":
        return _times_of_day(cells)
    array = pyarrow.array(cells, from_pandas=cells.dtype.kind == "O" or column.missing or not column.modelled)
    if cells.dtype.kind == "f" and column.dtype[:1] in "iu":  # whole numbers with missing cells
        return _typed_whole(pyarrow.array(cells, from_pandas=True), column.dtype)
    if column.timezone and cells.dtype.kind == "M":
        return array.cast(pyarrow.timestamp(array.type.unit, column.timezone))
    return array


def _typed_whole(array: Any, dtype: str) -> Any:
    """Whole numbers as floats in an integer type that holds them; as they are if none does."""
    pyarrow = pyarrow_module()
    for kind in (pyarrow.from_numpy_dtype(np.dtype(dtype)), pyarrow.int64()):
        try:
            return array.cast(kind)
        except pyarrow.ArrowInvalid:
            continue
    return array


def _decimals(cells: Array, kind: Any) -> Any:
    pyarrow = pyarrow_module()
    try:
        return pyarrow.array(cells, kind, from_pandas=True)
    except pyarrow.ArrowInvalid:  # more digits than in training
        return pyarrow.array(cells, from_pandas=True)


def _times_of_day(spans: Array) -> Any:
    pyarrow = pyarrow_module()
    unit = np.datetime_data(spans.dtype)[0]
    whole = pyarrow.array(spans.astype(np.int64), mask=np.isnat(spans))
    return whole.cast("int32").cast(pyarrow.time32(unit)) if unit in ("s", "ms") else whole.cast(pyarrow.time64(unit))


def _typed(array: Any, kind: Any) -> Any:
    """An array in another type of its family, if that type holds all of its values; floats are rounded to it."""
    pyarrow = pyarrow_module()
    types = pyarrow.types
    if array.type == kind:
        return array
    floats = types.is_floating(array.type) and types.is_floating(kind)
    tests = (types.is_integer, types.is_decimal, types.is_temporal, _is_text)
    if not floats and not any(test(array.type) and test(kind) for test in tests):
        return array
    if types.is_timestamp(array.type) and types.is_timestamp(kind) and (array.type.tz is None) != (kind.tz is None):
        array = array.cast(pyarrow.timestamp(array.type.unit, "UTC" if array.type.tz is None else None))
    try:
        return array.cast(kind, safe=not floats)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return array


def _is_text(kind: Any) -> bool:
    types = pyarrow_module().types
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_dictionary(kind)
    )


def _type_of(column: AnyColumn) -> Any:
    """The type of a column's values in training."""
    pyarrow = pyarrow_module()
    kind, _, unit = column.dtype.rstrip("]").partition("[")
    if column.decimal:
        return pyarrow.decimal128(*column.decimal)
    if column.date_format or kind in ("string", "object"):
        return pyarrow.string()
    if column.of_day:
        return pyarrow.time32(unit) if unit in ("s", "ms") else pyarrow.time64(unit)
    if kind == "category":
        return pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    if kind == "datetime64":
        return pyarrow.date32() if unit == "D" else pyarrow.timestamp(unit, column.timezone)
    if kind == "timedelta64":
        return pyarrow.duration(unit)
    return pyarrow.from_numpy_dtype(np.dtype(kind))
