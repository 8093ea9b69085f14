"""The user's rows -> ``Rows``, with scikit-learn's bookkeeping of features, columns and names."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.columns.frames import column_names
from quintet.data.columns.table import mask_of
from quintet.data.dataset import Rows
from quintet.data.large.stored_table import StoredTable
from quintet.data.mapped_rows import mapped_rows
from quintet.data.readers.frames import to_numpy
from quintet.data.row_checks import check_rows
from quintet.data.schema import Array, Schema
from quintet.errors import InputError, NotNumbers
from quintet.estimators._input import untrusted_cells


def numbers(X: Any) -> Array:
    """X as an array of numbers, (n, *row_shape), without a copy where it is one.

    Raises
    ------
    InputError
        No rows, no cells, text, complex numbers, a sparse matrix; ``NotNumbers`` for a cell that is no number at all.
    """
    if not hasattr(X, "shape") and not isinstance(X, list | tuple) and hasattr(X, "__array__"):
        X = np.asarray(X)
    try:
        array, _ = to_numpy(X)
    except InputError as refusal:
        if isinstance(X, np.ndarray) and X.dtype == object and not any(isinstance(v, str) for v in X.flat):
            try:
                X.astype(np.float64)
            except TypeError as problem:  # float() names the type that is no number
                raise NotNumbers(f"{str(refusal).rstrip('.')} ({problem}).") from None
        raise
    check_rows(array)
    return array


def shape_of(X: Any) -> tuple[int, ...]:
    """The shape of the user's rows, (n, *row_shape), or (n, columns) of a frame."""
    return np.shape(X)


def cells_of(X: Any, schema: Schema) -> Array:
    """The rows as an array of cells, (n, *row_shape): codes and numbers for a table of columns."""
    if not schema.columns:
        return numbers(X)
    array = schema.encode(X)
    check_rows(array)
    return array


def features_seen(estimator: Any, X: Any, shape: tuple[int, ...]) -> int:
    """The number of cells of a row in ``fit``; scikit-learn sets ``feature_names_in_`` where X is a frame whose names
    are all text or all none.

    Parameters
    ----------
    shape : (n, *row_shape).
    """
    from sklearn.utils.validation import validate_data

    if isinstance(X, StoredTable):
        validate_data(estimator, np.broadcast_to(0.0, shape), reset=True, skip_check_array=True, ensure_2d=False)
        estimator.feature_names_in_ = np.array(X.names, dtype=object)
        return int(np.prod(shape[1:]))
    kinds = {isinstance(name, str) for name in getattr(X, "columns", ())}
    known = np.broadcast_to(0.0, shape) if len(kinds) > 1 else X
    validate_data(estimator, known, reset=True, skip_check_array=True, ensure_2d=False)
    return int(np.prod(shape[1:]))


def check_features(estimator: Any, X: Any, array: Array) -> None:
    """Refuse rows with other features than those of ``fit``; columns of a table are matched by their names."""
    from sklearn.utils.validation import validate_data

    named = X if hasattr(X, "columns") else array
    try:
        validate_data(estimator, named, reset=False, skip_check_array=True, ensure_2d=array.ndim == 2)
    except ValueError as problem:
        raise InputError(str(problem)) from None


def rows_of(
    estimator: Any, X: Any, schema: Schema, condition: Any = None, mask: Any = None, partly: bool = False
) -> tuple[Rows, Array]:
    """The rows and the user's array of a question to a fitted estimator."""
    array = cells_of(X, schema)
    if not schema.columns:
        check_features(estimator, X, array)
    return rows_of_cells(array, schema, condition, mask_of_cells(mask, schema, X), partly), array


def rows_of_cells(array: Array, schema: Schema, condition: Any = None, mask: Any = None, partly: bool = False) -> Rows:
    """The rows of a question from their cells, (n, *row_shape)."""
    refuse_condition(schema, condition)
    rows = mapped_rows(Rows.of(array, schema, condition, mask, partly=partly), array)
    untrusted_cells.of_a_question(schema, rows)
    return rows


def mask_of_cells(mask: Any, schema: Schema, X: Any) -> Any:
    """A mask of the user's columns as one of the cells of a table, (n, cells) or (cells,) of bool.

    Parameters
    ----------
    mask : (n, columns) or (columns,) in the order of X's columns, or a frame whose columns have their names.
    X : the user's rows.
    """
    if mask is None or not schema.columns:
        return mask
    names = column_names(X) or [column.name for column in schema.columns]
    return mask_of([column.name for column in schema.modelled], mask, names, len(X))


def refuse_condition(schema: Schema, condition: Any) -> None:
    """A condition for a model that has none is a mistake, not something to ignore."""
    if condition is not None and schema.condition is None and schema.calendar is None:
        raise InputError(
            "condition must be None for a model without conditions; leave it out, or train variant='cvae' with y given "
            "to fit."
        )


def sample_weights(sample_weight: Any, n: int) -> Array | None:
    """Weights of the rows, (n,), none negative, not all zero."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float64)
    weight = np.full(n, weight) if weight.ndim == 0 else weight
    if weight.shape != (n,):
        raise InputError(f"sample_weight must have shape ({n},), one weight for each row, got shape {weight.shape}.")
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.any():
        raise InputError("sample_weight must be finite, nowhere negative, and not zero for all rows.")
    return weight
