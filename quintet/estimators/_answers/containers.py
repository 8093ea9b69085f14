"""Arrays and frames: a single row or several going in, the container of ``set_output`` coming out."""

from __future__ import annotations

from typing import Any

from sklearn import get_config

from quintet.data.readers.frames import to_labels, to_numpy
from quintet.data.schema import Array, Schema
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import FittedEstimator
from quintet.extras import extra


def in_output_container(vae: FittedEstimator, rows: Array, like: Any = None) -> Any:
    """Rows as ``set_output`` asks for them: an array, or a frame with the columns' names and the index of ``like``."""
    config = getattr(vae, "_sklearn_output_config", {}).get("transform") or get_config()["transform_output"]
    if config == "default" or rows.ndim != 2:
        return rows
    names = vae.fitted_.schema.feature_names or [f"x{i}" for i in range(rows.shape[1])]
    if config == "pandas":
        with extra("pandas", 'set_output(transform="pandas")'):
            import pandas

        return pandas.DataFrame(rows, index=getattr(like, "index", None), columns=list(names))
    with extra("polars", 'set_output(transform="polars")'):
        import polars

    return polars.DataFrame(rows, schema=list(names))


def one_or_more(schema: Schema, x: Any, name: str) -> tuple[Array, bool]:
    """The rows (n, *row_shape) of the argument ``name``, and whether it was a single row of shape row_shape."""
    array, _ = to_numpy(x)
    if array.shape == schema.row_shape:
        return array[None], True
    if array.shape[1:] == schema.row_shape:
        return array, False
    raise InputError(f"{name} must be one row of shape {schema.row_shape}, or several, got shape {array.shape}.")


def one_column(y: Any, name: str) -> Array:
    """One value for each row, (n,), of the argument ``name``."""
    values, _ = to_labels(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise InputError(f"{name} must hold one value for each row, shape (n,), got shape {values.shape}.")
    return values
