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


def build_frame(
    columns: Sequence[AnyColumn], values: Mapping[str, Array], container: Container, like: Any = None
) -> Any:
    """A frame with these columns in their order and types; an object array (n, columns) for container "array".

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
    out = np.empty((len(next(iter(values.values()))), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        out[:, j] = values[column.name]
        if not column.modelled and len(np.shape(like)) == 2 and np.shape(like)[1] == len(columns):
            out[:, j] = [row[j] for row in like]
    return out
