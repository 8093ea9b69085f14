"""Data frames of any library -> the values of their columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.columns.base import Values
from quintet.data.columns.frame import Frame, FrameColumn
from quintet.data.columns.objects import object_values, text_values
from quintet.data.columns.rows_without_names import holds_text, read_rows
from quintet.data.readers.frames import as_frame
from quintet.errors import InputError


def is_mixed(X: Any) -> bool:
    """Whether X is a frame, an object array or a list of rows in which a column is text, a category, a date or, beside
    others, True and False."""
    native = _narwhals(X)
    if native is None:
        return holds_text(X)
    kinds = {_kind(dtype, native, name) for name, dtype in native.schema.items()}
    return bool(kinds & {"text", "time"}) or ("bool" in kinds and len(kinds) > 1)


def read_frame(X: Any) -> Frame:
    """The columns of a frame, or of rows of mixed values without names (n, columns).

    Raises
    ------
    InputError
        If columns have no name or the same name, or if a cell is an object other than a number, text or a date.
    """
    native = _narwhals(X)
    if native is None:
        return read_rows(X)
    container = str(native.implementation).lower().rsplit(".", 1)[-1]
    names = zip(native.columns, _checked_names(native.columns), strict=True)
    columns = tuple(_read(native.get_column(name), text) for name, text in names)
    return Frame(columns, container if container in ("pandas", "polars", "pyarrow") else "array", len(native))  # type: ignore[arg-type]


def column_names(X: Any) -> list[str] | None:
    """The names of a frame's columns; None if X is no frame."""
    native = _narwhals(X)
    return None if native is None else [str(name) for name in native.columns]


def text_of(X: Any) -> str:
    """The rows as CSV."""
    native = _narwhals(X)
    if native is not None:
        return str(native.write_csv())
    return "\n".join(",".join(map(str, row)) for row in X)


def _narwhals(X: Any) -> Any:
    """A Narwhals frame around X; None if X is no frame."""
    frame = as_frame(X)
    return frame if hasattr(frame, "columns") else None  # a series has none


def _kind(dtype: Any, frame: Any, name: Any) -> str:
    import narwhals as nw

    if dtype.is_numeric():
        return "number"
    if dtype == nw.Boolean:
        return "bool"
    if dtype in (nw.Datetime, nw.Date):
        return "time"
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    if dtype == nw.Object:
        cells = frame.get_column(name).to_list()
        return "text" if any(isinstance(cell, str) for cell in cells) else "number"
    return "other"


def _read(series: Any, name: str) -> FrameColumn:
    import narwhals as nw

    dtype = series.dtype
    gone = np.asarray(series.is_null().to_numpy(), dtype=bool)
    if dtype == nw.Boolean:
        cells = np.array([not lost and bool(v) for v, lost in zip(series.to_list(), gone, strict=True)], dtype=bool)
        return FrameColumn(name, "bool", Values(cells, gone))
    if dtype.is_numeric() and not dtype.is_decimal():
        return _read_numbers(series, name, gone)
    if dtype in (nw.Datetime, nw.Date):
        zone = getattr(dtype, "time_zone", None)
        whole_days = dtype == nw.Date
        in_utc = series if zone is None else series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        cells = np.asarray((series.cast(nw.Datetime("us")) if whole_days else in_utc).to_numpy())
        if whole_days or np.datetime_data(cells.dtype)[0] == "generic":
            cells = cells.astype("datetime64[D]" if whole_days else "datetime64[us]")
        return FrameColumn(name, str(cells.dtype), Values(cells, gone | np.isnat(cells)), timezone=zone)
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        kind = "string" if dtype == nw.String else "category"
        ordered = None
        if kind == "category" and nw.is_ordered_categorical(series):
            ordered = tuple(_levels(series))
        return FrameColumn(name, kind, text_values(series.to_list()), ordered)
    if dtype.is_decimal() or dtype == nw.Object:
        return FrameColumn(name, *object_values(series.to_list(), name))
    if gone.all():
        return FrameColumn(name, "float64", Values(np.full(len(gone), np.nan), gone))
    raise InputError(f"Column {name!r} must hold numbers, text, True/False or dates, got {dtype}: convert or drop it.")


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


def _checked_names(given: list[Any]) -> list[str]:
    nameless = next((name for name in given if name is None or name != name), "")
    if nameless != "":
        raise InputError(f"Columns of a data frame must have names, got {nameless}: name the column, or drop it.")
    names = [str(name) for name in given]
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise InputError(f"Columns of a data frame must have different names, got two named {twice!r}: rename one.")
    return names
