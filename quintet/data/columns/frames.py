"""Data frames of any library -> the values of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from quintet.data.columns.base import Level, Values
from quintet.errors import InputError

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "?"))
"""Texts that stand for a missing value in frames."""
Container = Literal["pandas", "polars", "pyarrow", "array"]
"""The library of a frame; "array" for object arrays and lists of rows."""


@dataclass(frozen=True)
class FrameColumn:
    """A column of a frame: its type as in ``Column.dtype``, its values, and the order of its levels if it has one."""

    name: str
    dtype: str
    values: Values
    ordered: tuple[Level, ...] | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class Frame:
    """The columns of a frame, and the library that it is of."""

    columns: tuple[FrameColumn, ...]
    container: Container
    rows: int

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]


def is_mixed(X: Any) -> bool:
    """Whether X is a frame, an object array or a list of rows in which a column is text, a category, a date or, beside
    others, True and False."""
    native = _narwhals(X)
    if native is None:
        return _holds_text(X)
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
        return _read_rows(X)
    container = str(native.implementation).lower().rsplit(".", 1)[-1]
    names = [str(name) for name in native.columns]
    _check_names(names)
    columns = tuple(_read(native.get_column(name), str(name)) for name in native.columns)
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
    if isinstance(X, np.ndarray | list | tuple):
        return None
    import narwhals as nw

    try:
        frame = nw.from_native(X, eager_only=True, pass_through=True)
    except Exception as error:
        if "unique" in str(error):
            raise InputError("Columns of a data frame must have different names: rename the repeated ones.") from error
        raise InputError(f"Cannot read this {type(X).__name__}: {str(error).splitlines()[0]}.") from error
    return frame if isinstance(frame, nw.DataFrame) else None


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
        cells = np.asarray(
            series.cast(nw.Datetime("us")).to_numpy()
            if dtype == nw.Date
            else series.dt.replace_time_zone(None).to_numpy()
        )
        cells = cells.astype(cells.dtype if np.datetime_data(cells.dtype)[0] != "generic" else "datetime64[us]")
        return FrameColumn(name, str(cells.dtype), Values(cells, gone | np.isnat(cells)), timezone=zone)
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        kind = "string" if dtype == nw.String else "category"
        ordered = None
        if kind == "category" and nw.is_ordered_categorical(series):
            ordered = tuple(_levels(series))
        return FrameColumn(name, kind, _text(series.to_list(), name), ordered)
    if dtype.is_decimal():
        cells = np.array([np.nan if v is None else float(v) for v in series.to_list()])
        return FrameColumn(name, "float64", Values(cells, gone))
    if dtype == nw.Object:
        return _read_objects(series.to_list(), name)
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


def _read_objects(cells: list[Any], name: str) -> FrameColumn:
    """A column of Python objects: numbers if all are, else text."""
    present = [cell for cell in cells if not _is_missing(cell)]
    if all(isinstance(cell, bool | np.bool_) for cell in present) and present:
        gone = np.array([_is_missing(cell) for cell in cells])
        return FrameColumn(name, "bool", Values(np.array([cell is True or cell is np.True_ for cell in cells]), gone))
    if all(isinstance(cell, int | float | np.integer | np.floating) for cell in present):
        gone = np.array([_is_missing(cell) for cell in cells])
        if all(isinstance(cell, int | np.integer) for cell in present) and present:
            exact = [0 if lost else int(cell) for cell, lost in zip(cells, gone, strict=True)]
            if min(exact) >= -(2**63) and max(exact) < 2**64:
                kind = "uint64" if max(exact) > np.iinfo(np.int64).max else "int64"
                return FrameColumn(name, kind, Values(np.array(exact, dtype=kind), gone))
        floats = np.array([np.nan if lost else float(cell) for cell, lost in zip(cells, gone, strict=True)])
        return FrameColumn(name, "float64", Values(floats, gone))
    strange = next((cell for cell in present if not isinstance(cell, str | bool | int | float | np.generic)), None)
    if strange is not None:
        raise InputError(
            f"Column {name!r} must hold numbers, text, True/False or dates, got {type(strange).__name__}: convert or "
            "drop it."
        )
    return FrameColumn(name, "object", _text(cells, name))


def _text(cells: list[Any], name: str) -> Values:
    """Text as an object array, with the usual codes for missing values recognised."""
    gone = np.array(
        [_is_missing(cell) or (isinstance(cell, str) and cell.strip() in MISSING) for cell in cells], dtype=bool
    )
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return Values(out, gone)


def _is_missing(cell: Any) -> bool:
    if cell is None:
        return True
    if isinstance(cell, str | bool | int):
        return False
    try:
        return bool(cell != cell)
    except (TypeError, ValueError):  # pandas.NA
        return True


def _holds_text(X: Any) -> bool:
    """Whether rows (n, columns) without names hold text beside numbers."""
    if isinstance(X, np.ndarray):
        return X.ndim == 2 and X.dtype.kind in "OU" and any(isinstance(cell, str) for cell in X.ravel()[:10_000])
    if not isinstance(X, list | tuple) or not X or not isinstance(X[0], list | tuple):
        return False
    return any(isinstance(cell, str) for row in X[:1000] for cell in row)


def _read_rows(X: Any) -> Frame:
    """Rows (n, columns) of mixed values; the columns are called x0, x1, ..."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        found = tuple(_array_column(X[:, j], f"x{j}") for j in range(X.shape[1]))
        return Frame(found, "array", len(X))
    widths = {len(row) for row in X}
    if len(widths) > 1:
        raise InputError("Rows must all have the same number of cells, got different lengths.")
    columns = [[row[j] for row in X] for j in range(widths.pop() if widths else 0)]
    found = tuple(_read_objects([_item(c) for c in cells], f"x{j}") for j, cells in enumerate(columns))
    return Frame(found, "array", len(X))


def _array_column(cells: Any, name: str) -> FrameColumn:
    gone = np.isnan(cells) if cells.dtype.kind == "f" else np.zeros(len(cells), dtype=bool)
    return FrameColumn(name, str(cells.dtype), Values(cells, gone))


def _item(cell: Any) -> Any:
    return cell.item() if isinstance(cell, np.generic) else cell


def _check_names(names: list[str]) -> None:
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise InputError(f"Columns of a data frame must have different names, got two named {twice!r}: rename one.")
