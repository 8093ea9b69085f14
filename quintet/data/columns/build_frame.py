"""Values of columns -> a frame of the user's library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.build_arrow import arrow_table
from quintet.data.columns.build_pandas import pandas_frame
from quintet.data.columns.build_polars import polars_frame
from quintet.data.columns.frame import Container
from quintet.data.readers import wide_numbers


def build_frame(
    columns: Sequence[AnyColumn], values: Mapping[str, Array], container: Container, like: Any = None
) -> Any:
    """A frame with these columns in their order and types; for container "array" one of (n, columns), of numbers if all
    columns are, else of objects.

    Parameters
    ----------
    like : the frame that was asked about. If it is of this library, the answer has its index, names and types (small
        and nullable numbers, categories, time zones, units of time), and its columns that the model leaves out.
    """
    same = like if type(like).__module__.partition(".")[0] == container else None
    if container == "pandas":
        return pandas_frame(columns, values, same)
    if container == "polars":
        return polars_frame(columns, values, same)
    if container == "pyarrow":
        return arrow_table(columns, values, same)
    own = len(np.shape(like)) == 2 and np.shape(like)[1] == len(columns)
    cells = [
        np.asarray([row[j] for row in like]) if own and not column.modelled else values[column.name]
        for j, column in enumerate(columns)
    ]
    return _array(cells)


def _array(columns: Sequence[Array]) -> Array:
    """Columns (n,) side by side, (n, columns): of numbers where that rounds none, else of objects."""
    dtype = np.result_type(*columns) if all(column.dtype.kind in "iuf" for column in columns) else np.dtype(object)
    if dtype.kind == "f" and any(wide_numbers.floats_round(column, dtype) for column in columns):
        dtype = np.dtype(object)
    out = np.empty((len(columns[0]), len(columns)), dtype=dtype)
    for j, column in enumerate(columns):
        out[:, j] = column
    return out
