"""Data frames of any library -> the values of their columns."""

from __future__ import annotations

from collections import Counter
from typing import Any

from quintet.data.columns.frame import Frame
from quintet.data.columns.rows_without_names import holds_text, read_rows
from quintet.data.columns.series import kind_of, read_series
from quintet.data.readers.frames import as_frame
from quintet.errors import InputError


def is_mixed(X: Any) -> bool:
    """Whether X is a frame, an object array or a list of rows in which a column is text, a category, a time or, beside
    others, True and False."""
    native = _narwhals(X)
    if native is None:
        return holds_text(X)
    kinds = {kind_of(dtype, native, name) for name, dtype in native.schema.items()}
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
    columns = tuple(read_series(native.get_column(name), text) for name, text in names)
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


def _checked_names(given: list[Any]) -> list[str]:
    nameless = next((name for name in given if name is None or name != name), "")
    if nameless != "":
        raise InputError(f"Columns of a data frame must have names, got {nameless}: name the column, or drop it.")
    names = [str(name) for name in given]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"Columns of a data frame must have different names, got two named {twice!r}: rename one.")
    return names
