"""Arrays and frames: a single row or several going in, the container of ``set_output`` coming out."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import get_config

from quintet.data.columns.answers import decode_cells, overlay
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import read_frame
from quintet.data.readers.frames import to_labels, to_numpy
from quintet.data.schema import Array, Schema
from quintet.errors import InputError, Unanswerable
from quintet.estimators._answers.fitted_estimator import FittedEstimator
from quintet.estimators._input.finite_answers import NAN_CURE
from quintet.extras import extra


def in_output_container(
    vae: FittedEstimator, rows: Array, like: Any = None, missing: Array | None = None, config: str | None = None
) -> Any:
    """Rows in the container of ``set_output``: an array, or a frame with the names and index of ``like``.

    Parameters
    ----------
    config : "default", "pandas" or "polars"; None: as set for ``vae``.
    missing : (n, size) of bool, True at cells of a table that the answer leaves out.
    """
    if vae.fitted_.schema.columns:
        return framed(vae, rows, like, missing=missing)
    config = config or output_of(vae)
    if config == "default" or rows.ndim != 2:
        return rows
    _refuse_nan(rows)
    names = vae.fitted_.schema.feature_names or [f"x{i}" for i in range(rows.shape[1])]
    if config == "pandas":
        with extra("pandas", 'set_output(transform="pandas")'):
            import pandas

        return pandas.DataFrame(rows, index=like.index if hasattr(like, "iloc") else None, columns=list(names))
    with extra("polars", 'set_output(transform="polars")'):
        import polars

    return polars.DataFrame(rows, schema=list(names))


def one_or_several(vae: FittedEstimator, rows: Array, single: bool) -> Any:
    """The answer (n, steps, *row_shape) for n rows, (steps, *row_shape) for a single one; of a table, or after
    ``set_output``, a list of frames, or a frame."""
    parts = in_containers(vae, rows)
    return parts[0] if single else parts


def in_containers(vae: FittedEstimator, parts: Array, like: Any = None) -> Any:
    """Several sets of rows, (sets, n, *row_shape), as one array, or a list of frames where each is a frame."""
    schema = vae.fitted_.schema
    if not schema.columns and (output_of(vae) == "default" or parts.ndim != 3):
        return parts
    return [in_output_container(vae, rows, like) for rows in parts]


def framed(
    vae: FittedEstimator,
    cells: Array,
    like: Any = None,
    kept: Array | None = None,
    missing: Array | None = None,
) -> Any:
    """Rows of cells (n, size) of a table as a frame: of the library of ``like``, or of the training rows.

    Parameters
    ----------
    like : the user's rows, whose index and columns left out the frame gets.
    kept : (n, size) of bool, True where the frame has the values of ``like`` itself.
    missing : (n, size) of bool, True where the frame has no value.
    """
    schema, config = vae.fitted_.schema, output_of(vae)
    _refuse_nan(cells)
    if missing is not None:
        cells = np.where(missing, np.nan, cells)
    given = None if like is None else read_frame(like)
    values, container = decode_cells(schema.columns, cells, given), schema.container
    if given is not None:
        container = given.container
        values = overlay(values, schema.columns, given, np.zeros(cells.shape, dtype=bool) if kept is None else kept)
    if config in ("pandas", "polars"):
        container = config
    return build_frame(schema.columns, values, container, like)


def _refuse_nan(cells: Array) -> None:
    if np.isnan(cells).any():
        raise Unanswerable(f"The answer holds NaN: {NAN_CURE}")


def output_of(vae: Any) -> Any:
    """The container set by ``set_output`` or scikit-learn's configuration."""
    return getattr(vae, "_sklearn_output_config", {}).get("transform") or get_config()["transform_output"]


def one_or_more(schema: Schema, x: Any, name: str) -> tuple[Array, bool]:
    """The rows (n, *row_shape) of the argument ``name``, and whether it was a single row of shape row_shape; of a table
    a frame, and whether it has one row."""
    if schema.columns:
        array = schema.encode(x)
        return array, len(array) == 1
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
