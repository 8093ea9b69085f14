"""Conversion of arrays, tensors, data frames and lists to NumPy arrays and column names.

Arrays and CPU tensors are not copied; data frames (pandas, Polars, Arrow) are read through Narwhals.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.readers import wide_numbers
from quintet.data.readers.label_types import tidy_labels
from quintet.data.readers.number_objects import NUMBERS, floats
from quintet.errors import InputError

Array = npt.NDArray[Any]
ROWS = "an array, a tensor, a data frame or a list of rows"


def to_numpy(X: Any) -> tuple[Array, list[str] | None]:
    """Convert rows of numbers to an array; arrays are not copied.

    Parameters
    ----------
    X : ndarray, torch tensor, pandas/Polars/Arrow frame or series, or nested lists of numbers.

    Returns
    -------
    array : (n, *row_shape), numeric or boolean; missing cells of a frame are NaN.
    names : the frame's column names; None without names.
    """
    frame = as_frame(X)
    if frame is not None:
        return _frame_to_numpy(frame)
    array = _as_array(X)
    if array.dtype.kind == "c":
        raise InputError("Complex data not supported: give real and imaginary parts as columns of their own.")
    if array.dtype.names:
        raise InputError(
            f"X must be an array of rows, got a structured array with columns {', '.join(array.dtype.names)}: give a "
            "data frame, or apply numpy.lib.recfunctions.structured_to_unstructured."
        )
    if array.dtype.kind in "OSUTMmV":
        array = floats(array)
    if array.dtype.itemsize > 8:
        raise InputError(
            f"Cells must have at most 64 bits, got {array.dtype}: convert them with astype(numpy.float64)."
        )
    return array, None


def to_labels(y: Any) -> tuple[Array, list[str] | None]:
    """Convert labels or conditions to an array; text becomes a text array.

    Parameters
    ----------
    y : (n,) or (n, columns) array, tensor, series, frame or list.

    Returns
    -------
    array : (n,) or (n, columns) numbers or text (dtype kind ``U``).
    names : the column names of the frame or series; None without names.
    """
    frame = as_frame(y)
    if frame is None:
        return tidy_labels(_as_array(y)), None
    if hasattr(frame, "columns"):
        columns = [tidy_labels(frame.get_column(name).to_numpy()) for name in frame.columns]
        array = np.column_stack(columns) if columns else np.empty((len(frame), 0))
        return array, _names(frame.columns)
    return tidy_labels(frame.to_numpy()), _names([frame.name])


def as_frame(X: Any) -> Any:
    """A Narwhals frame or series around X; None if X is neither."""
    if isinstance(X, np.ndarray | list | tuple) or _is_tensor(X):
        return None
    import narwhals as nw

    try:
        frame = nw.from_native(X, allow_series=True, pass_through=True)
    except Exception as error:
        if "unique" in str(error):
            raise InputError("Columns of a data frame must have different names: rename the repeated ones.") from error
        raise InputError(f"Cannot read this {type(X).__name__}: {str(error).splitlines()[0]}.") from error
    if isinstance(frame, nw.LazyFrame):
        raise InputError("X must hold rows in memory, got a lazy frame: call .collect() first.")
    return frame if isinstance(frame, nw.DataFrame | nw.Series) else None


def _is_tensor(X: Any) -> bool:
    torch = sys.modules.get("torch")  # X can only be a tensor if torch is imported
    return torch is not None and isinstance(X, torch.Tensor)


def _as_array(X: Any) -> Array:
    if _is_tensor(X):
        tensor = X.detach().cpu()
        return np.asarray(tensor.float().numpy() if str(tensor.dtype) == "torch.bfloat16" else tensor.numpy())
    if isinstance(X, np.ma.MaskedArray):
        return _unmasked(X)
    if type(X).__module__.startswith("scipy.sparse"):
        raise InputError("X must be dense, got a sparse matrix: call .toarray() first.")
    try:
        array = np.asarray(X)
    except (ValueError, TypeError) as error:
        raise InputError("Rows must all have the same number of cells, got different lengths.") from error
    if array.ndim == 0:
        raise InputError(f"X must be {ROWS}, got {_named(X)}.")
    if isinstance(X, list | tuple) and array.dtype.kind == "f" and bool((np.abs(array) >= wide_numbers.EXACT).any()):
        return np.asarray(X, dtype=object)  # NumPy rounds whole numbers next to floats: see ``floats``
    return array


def _named(X: Any) -> str:
    return "an array of shape ()" if isinstance(X, np.ndarray | np.generic) else f"an object of type {type(X).__name__}"


def _unmasked(X: np.ma.MaskedArray[Any, Any]) -> Array:
    """Fill masked cells with NaN; whole numbers and True/False become floats."""
    if not np.ma.is_masked(X):
        return np.asarray(X.data)
    if X.dtype.kind not in "buif":
        raise InputError(f"Cells must be {NUMBERS}, got a masked array of {X.dtype}.")
    if wide_numbers.floats_round(cells := X.compressed(), np.dtype(np.float64)):
        raise wide_numbers.rounded("A masked array", cells)
    cells = np.asarray(X.data)
    return np.where(np.ma.getmaskarray(X), np.nan, cells if X.dtype.kind == "f" else cells.astype(np.float64))


def _frame_to_numpy(frame: Any) -> tuple[Array, list[str] | None]:
    """Fill one array column by column, so that mixed number types need only one copy."""
    if not hasattr(frame, "columns"):
        return _numbers(frame, frame.name), _names([frame.name])
    dtypes = set(frame.schema.dtypes())
    if len(dtypes) == 1:
        whole = np.asarray(frame.to_numpy())
        if whole.dtype.kind in ("biu" if next(iter(dtypes)).is_integer() else "biuf") and whole.dtype.itemsize <= 8:
            return whole, _names(frame.columns)
    columns = [_numbers(frame.get_column(name), name) for name in frame.columns]
    if not columns:
        return np.empty((len(frame), 0)), None
    out = np.empty((len(frame), len(columns)), dtype=wide_numbers.common_type(columns, list(frame.columns)))
    for j, column in enumerate(columns):
        out[:, j] = column
    return out, _names(frame.columns)


def _numbers(series: Any, name: object) -> Array:
    """One column, (rows,), as numbers; whole numbers with empty cells become floats if that is exact."""
    values = np.asarray(series.to_numpy())
    if values.ndim > 1:
        raise InputError(f"Column {name!r} must hold {NUMBERS}, got {series.dtype}: split it into columns.")
    if values.dtype.kind == "f" and (series.dtype.is_integer() or series.dtype.is_decimal()):
        values = np.array(series.to_list(), dtype=object)
    if values.dtype.kind in "biuf" and values.dtype.itemsize <= 8:
        return values
    if values.dtype.kind in "biuf":
        raise InputError(f"Column {name!r} must have at most 64 bits, got {values.dtype}: convert it to float64.")
    if values.dtype.kind == "c":
        raise InputError(
            f"Column {name!r} must be real, got complex numbers: give real and imaginary parts as columns."
        )
    return floats(values, name)


def _names(names: Any) -> list[str] | None:
    names = list(names)
    return [str(name) for name in names] if any(isinstance(name, str) for name in names) else None
