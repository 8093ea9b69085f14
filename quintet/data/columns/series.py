"""One column of a data frame of any library, through Narwhals, -> its values."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from quintet.data.columns.base import Values
from quintet.data.columns.form import Form
from quintet.data.columns.frame import FrameColumn
from quintet.data.columns.objects import decimal_column, is_missing, is_time, object_column, text_values
from quintet.errors import InputError

Kind = Literal["number", "bool", "time", "text", "other"]


def kind_of(dtype: Any, frame: Any, name: Any) -> Kind:
    """What a column holds, by its Narwhals type, and of objects by its cells."""
    import narwhals as nw

    if dtype.is_numeric():
        return "number"
    if dtype == nw.Boolean:
        return "bool"
    if dtype in (nw.Datetime, nw.Date, nw.Duration, nw.Time):
        return "time"
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    if dtype == nw.Object:
        cells = [cell for cell in frame.get_column(name).to_list() if not is_missing(cell)]
        if any(isinstance(cell, str) for cell in cells):
            return "text"
        return "time" if cells and all(map(is_time, cells)) else "number"
    return "other"


def read_series(series: Any, name: str) -> FrameColumn:
    """The column of a Narwhals series.

    Raises
    ------
    InputError
        If it holds nested values, bytes, or other objects.
    """
    import narwhals as nw

    dtype = series.dtype
    gone = np.asarray(series.is_null().to_numpy(), dtype=bool)
    if dtype == nw.Boolean:
        cells = np.array([not lost and bool(v) for v, lost in zip(series.to_list(), gone, strict=True)], dtype=bool)
        return FrameColumn(name, "bool", Values(cells, gone))
    if dtype.is_decimal():
        return decimal_column(name, series.to_list(), gone, *_digits(series.to_native()))
    if dtype.is_numeric():
        return _read_numbers(series, name, gone)
    if dtype in (nw.Datetime, nw.Date):
        return _read_dates(series, name, gone)
    if dtype == nw.Duration:
        spans = np.asarray(series.to_numpy())
        if np.datetime_data(spans.dtype)[0] == "generic":
            spans = spans.astype("m8[us]")
        return FrameColumn(name, str(spans.dtype), Values(spans, gone | np.isnat(spans)))
    if dtype == nw.Time:
        ticks, unit = _ticks_of_day(series.to_native())
        return FrameColumn(
            name, f"timedelta64[{unit}]", Values(ticks.view(f"m8[{unit}]"), gone), form=Form(of_day=True)
        )
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        kind = "string" if dtype == nw.String else "category"
        ordered = None
        if kind == "category" and nw.is_ordered_categorical(series):
            ordered = tuple(_levels(series))
        return FrameColumn(name, kind, text_values(series.to_list()), ordered)
    if dtype == nw.Object:
        return object_column(name, series.to_list())
    if gone.all():
        return FrameColumn(name, "float64", Values(np.full(len(gone), np.nan), gone))
    raise InputError(
        f"Column {name!r} must hold numbers, text, True/False, dates or durations, got {dtype}: convert or drop it."
    )


def _read_dates(series: Any, name: str, gone: Any) -> FrameColumn:
    import narwhals as nw

    zone = getattr(series.dtype, "time_zone", None)
    whole_days = series.dtype == nw.Date
    in_utc = series if zone is None else series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    cells = np.asarray((series.cast(nw.Datetime("us")) if whole_days else in_utc).to_numpy())
    if whole_days or np.datetime_data(cells.dtype)[0] == "generic":
        cells = cells.astype("datetime64[D]" if whole_days else "datetime64[us]")
    return FrameColumn(name, str(cells.dtype), Values(cells, gone | np.isnat(cells)), form=Form(timezone=zone))


def _ticks_of_day(native: Any) -> tuple[Any, str]:
    """Time since midnight, (n,) of int64, 0 where missing, and its unit."""
    if hasattr(native, "to_physical"):  # Polars
        return np.asarray(native.to_physical().fill_null(0).to_numpy()).astype(np.int64), "ns"
    chunks = native.array.__arrow_array__() if hasattr(native, "array") else native
    unit, small = str(chunks.type.unit), chunks.type.bit_width == 32
    whole = chunks.cast("int32" if small else "int64").cast("int64").fill_null(0)
    return np.array(whole.to_numpy(zero_copy_only=False), dtype=np.int64), unit


def _digits(native: Any) -> tuple[int, int]:
    """Precision and scale of a column of decimal numbers."""
    kind = getattr(native, "type", None) or getattr(native.dtype, "pyarrow_dtype", native.dtype)
    return int(kind.precision or 38), int(kind.scale)


def _levels(series: Any) -> list[Any]:
    """All levels of an ordered category in their order, those that no cell has included."""
    import narwhals as nw

    if isinstance(series.dtype, nw.Enum):
        return list(series.dtype.categories)
    native = series.to_native()
    if hasattr(native, "cat"):
        levels = native.cat.categories if hasattr(native.cat, "categories") else native.cat.get_categories()
    else:
        levels = native.unify_dictionaries().chunk(0).dictionary
    return list(levels.to_pylist() if hasattr(levels, "to_pylist") else levels.to_list())


def _read_numbers(series: Any, name: str, gone: Any) -> FrameColumn:
    """Numbers in their own type; whole numbers with missing values stay whole."""
    if series.dtype.is_integer() and gone.any():
        exact = [0 if lost else int(v) for v, lost in zip(series.to_list(), gone, strict=True)]
        kind = "uint64" if max(exact, default=0) > np.iinfo(np.int64).max else "int64"
        return FrameColumn(name, kind, Values(np.array(exact, dtype=kind), gone))
    cells = np.asarray(series.to_numpy())
    if cells.dtype.kind not in "iuf":
        cells = cells.astype(np.float64)
    missing = gone | np.isnan(cells) if cells.dtype.kind == "f" else gone
    return FrameColumn(name, str(cells.dtype), Values(cells, missing))
