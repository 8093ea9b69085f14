"""Named columns of an answer about columns or cells, as a frame of the user's library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.extras import extra


def record_frame(columns: Mapping[str, Array], container: str) -> Any:
    """Columns of text (objects), whole numbers and floats as a frame of a library.

    For "array" it is a NumPy record array, whose columns have the same names.
    """
    if container == "array":
        plain = {name: v.astype(str) if v.dtype.kind == "O" else v for name, v in columns.items()}
        out = np.empty(len(next(iter(plain.values()))), dtype=[(name, v.dtype.str) for name, v in plain.items()])
        for name, values in plain.items():
            out[name] = values
        return out.view(np.recarray)
    if container == "polars":
        with extra("polars", "a Polars data frame"):
            import polars

        texts = {name: polars.String for name, values in columns.items() if values.dtype.kind == "O"}
        return polars.DataFrame({name: values.tolist() for name, values in columns.items()}, schema_overrides=texts)
    if container == "pyarrow":
        with extra("parquet", "an Arrow table"):
            import pyarrow

        types = {"O": pyarrow.string(), "i": pyarrow.int64(), "f": pyarrow.float64()}
        return pyarrow.table(
            {name: pyarrow.array(values.tolist(), types[values.dtype.kind]) for name, values in columns.items()}
        )
    with extra("pandas", "a pandas data frame"):
        import pandas

    return pandas.DataFrame(dict(columns))
