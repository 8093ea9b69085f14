"""Results as small tables: text of some rows for people, and frames for further work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quintet.errors import InputError, nearest
from quintet.extras import extra, installed

LIBRARIES = ("pandas", "polars")
SHOWN = 10
"""Rows of a longer table that are printed."""

Columns = Mapping[str, Sequence[Any]]
"""The values of each column, one a row; None is a cell without a value."""


def to_frame(columns: Columns, library: str | None = None) -> Any:
    """The columns as a frame.

    Parameters
    ----------
    library : "pandas" or "polars"; None: pandas if it is installed, else Polars.
    """
    if library is None:
        library = next((name for name in LIBRARIES if installed(name)), LIBRARIES[0])
    if library not in LIBRARIES:
        raise InputError(f"library={library!r} is not known: {nearest(library, LIBRARIES)}.")
    if library == "polars":
        with extra("polars", "to_frame of Polars"):
            import polars

        return polars.DataFrame(dict(columns), strict=False)
    with extra("pandas", "to_frame of pandas"):
        import pandas

    return pandas.DataFrame(dict(columns))


def text_table(columns: Columns) -> str:
    """The columns as lines of text, numbers with four digits; None is empty."""
    cells = [[name, *map(_cell, values)] for name, values in columns.items()]
    widths = [max(map(len, column)) for column in cells]
    numeric = [_is_numeric(values) for values in columns.values()]
    rows = zip(*cells, strict=True)
    return "\n".join(
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    )


def ends(columns: Columns, count: int) -> Columns:
    """The first and the last rows of a longer table, with a row of dots between; ``count`` rows at most."""
    length = len(next(iter(columns.values()), ()))
    if length <= count:
        return columns
    first, last = count - count // 2, count // 2
    return {name: [*values[:first], "…", *values[length - last :]] for name, values in columns.items()}


def _is_numeric(values: Sequence[Any]) -> bool:
    given = [value for value in values if value is not None and value != "…"]
    return all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in given)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return str(value)
