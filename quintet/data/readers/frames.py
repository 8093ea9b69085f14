"""Whatever holds rows in memory -> a NumPy array and the names of its columns.

Arrays and CPU tensors are handed on without a copy; data frames (pandas, Polars, Arrow) go through Narwhals.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.readers import wide_numbers
from quintet.errors import InputError

Array = npt.NDArray[Any]
NUMBERS = "numbers, True/False, or empty cells for missing ones"
ROWS = "an array, a tensor, a data frame or a list of rows"
LABEL_CURE = "drop such rows, or write -1 for a variant that learns from rows without one"


def to_numpy(X: Any) -> tuple[Array, list[str] | None]:
    """Turn rows of numbers into an array, without copying what is an array already.

    Parameters
    ----------
    X : ndarray, torch tensor, pandas/Polars/Arrow frame or series, or nested lists of numbers.

    Returns
    -------
    array : (n, *row_shape), numeric or boolean; missing cells of a frame are NaN.
    names : the frame's column names; None where there are none.
    """
    frame = _as_frame(X)
    if frame is not None:
        return _frame_to_numpy(frame)
    array = _as_array(X)
    if array.dtype.kind == "c":
        raise InputError("Complex data not supported: give real and imaginary parts as columns of their own.")
    if array.dtype.names:
        raise InputError(
            f"A structured array with columns {', '.join(array.dtype.names)} is no array of rows: give them as a data "
            "frame, or apply numpy.lib.recfunctions.structured_to_unstructured."
        )
    if array.dtype.kind in "OSUTMmV":
        array = _floats(array)
    if array.dtype.itemsize > 8:
        raise InputError(f"Cells of {array.dtype} have more than 64 bits; convert them by astype(numpy.float64).")
    return array, None


def to_labels(y: Any) -> tuple[Array, list[str] | None]:
    """Turn labels or conditions into an array; text is allowed and comes back as a text array.

    Parameters
    ----------
    y : (n,) or (n, columns) array, tensor, series, frame or list.

    Returns
    -------
    array : (n,) or (n, columns) numbers or text (dtype kind ``U``).
    names : the frame's or series' column names; None where there are none.
    """
    frame = _as_frame(y)
    if frame is None:
        return _tidy_labels(_as_array(y)), None
    if hasattr(frame, "columns"):
        columns = [_tidy_labels(frame.get_column(name).to_numpy()) for name in frame.columns]
        array = np.column_stack(columns) if columns else np.empty((len(frame), 0))
        return array, _names(frame.columns)
    return _tidy_labels(frame.to_numpy()), _names([frame.name])


def _as_frame(X: Any) -> Any:
    """A Narwhals frame or series around X; None where X is neither."""
    if isinstance(X, np.ndarray | list | tuple) or _is_tensor(X):
        return None
    import narwhals as nw

    try:
        frame = nw.from_native(X, allow_series=True, pass_through=True)
    except Exception as error:
        if "unique" in str(error):
            raise InputError("Two columns of the data frame share a name; give each its own.") from error
        raise InputError(f"This {type(X).__name__} cannot be read: {str(error).splitlines()[0]}.") from error
    if isinstance(frame, nw.LazyFrame):
        raise InputError("A lazy frame came; rows in memory are needed: call .collect() on it first.")
    return frame if isinstance(frame, nw.DataFrame | nw.Series) else None


def _is_tensor(X: Any) -> bool:
    torch = sys.modules.get("torch")  # nobody holds a tensor who has not imported torch
    return torch is not None and isinstance(X, torch.Tensor)


def _as_array(X: Any) -> Array:
    if _is_tensor(X):
        tensor = X.detach().cpu()
        return np.asarray(tensor.float().numpy() if str(tensor.dtype) == "torch.bfloat16" else tensor.numpy())
    if isinstance(X, np.ma.MaskedArray):
        return _unmasked(X)
    if type(X).__module__.startswith("scipy.sparse"):
        raise InputError("A sparse matrix came; dense rows are needed: call .toarray() on it first.")
    try:
        array = np.asarray(X)
    except (ValueError, TypeError) as error:
        raise InputError("The rows have different lengths; every row needs the same number of cells.") from error
    if array.ndim == 0:
        raise InputError(f"{_named(X)} is no array of rows: give {ROWS}.")
    if isinstance(X, list | tuple) and array.dtype.kind == "f" and bool((np.abs(array) >= wide_numbers.EXACT).any()):
        return np.asarray(X, dtype=object)  # NumPy rounded whole numbers beside floats: see _floats
    return array


def _named(X: Any) -> str:
    return "An array of shape ()" if isinstance(X, np.ndarray | np.generic) else f"An object of type {type(X).__name__}"


def _unmasked(X: np.ma.MaskedArray[Any, Any]) -> Array:
    """NaN in place of masked cells; whole numbers and True/False become floats for it."""
    if not np.ma.is_masked(X):
        return np.asarray(X.data)
    if X.dtype.kind not in "buif":
        raise InputError(f"A masked array of {X.dtype} is no array of numbers; allowed are {NUMBERS}.")
    if wide_numbers.floats_round(cells := X.compressed(), np.dtype(np.float64)):
        raise wide_numbers.rounded("A masked array", cells)
    cells = np.asarray(X.data)
    return np.where(np.ma.getmaskarray(X), np.nan, cells if X.dtype.kind == "f" else cells.astype(np.float64))


def _frame_to_numpy(frame: Any) -> tuple[Array, list[str] | None]:
    """Fill one array column by column, so that a frame of mixed number types costs one copy."""
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
    """One column, (rows,), as numbers; whole ones with empty cells become floats where these hold them."""
    values = np.asarray(series.to_numpy())
    if values.ndim > 1:
        raise InputError(f"Column {name!r} holds {series.dtype}; allowed are {NUMBERS}: give each part its own column.")
    if values.dtype.kind == "f" and (series.dtype.is_integer() or series.dtype.is_decimal()):
        values = np.array(series.to_list(), dtype=object)
    if values.dtype.kind in "biuf" and values.dtype.itemsize <= 8:
        return values
    if values.dtype.kind in "biuf":
        raise InputError(f"Column {name!r} holds {values.dtype}, more than 64 bits; convert it to float64.")
    if values.dtype.kind == "c":
        raise InputError(f"Column {name!r} holds complex numbers: give real and imaginary parts as columns.")
    return _floats(values, name)


def _floats(values: Array, column: object = None) -> Array:
    """Objects that are numbers or missing -> float64 with NaN; the first that is neither is named.

    Whole numbers that float64 would round stay whole where all are; otherwise they are refused.
    """
    out = np.empty(values.shape, dtype=np.float64)
    for index, value in np.ndenumerate(values):
        number = np.nan if _is_missing(value) else _number(value)
        if number is None:
            shown = _shown(value)
            raise InputError(
                f"{_place(index, column)} holds {shown}; allowed are {NUMBERS}: drop it or encode it as numbers."
            )
        out[index] = number
    if values.dtype.kind != "O" or (at := wide_numbers.first_rounded(values, out)) is None:
        return out
    whole = wide_numbers.whole_array(values)
    if whole is None:
        raise InputError(
            f"{_place(at, column)} holds {_shown(values[at])}, which floats of 64 bits cannot hold exactly: "
            f"{wide_numbers.CURE}."
        )
    return whole


def _place(index: tuple[int, ...], column: object) -> str:
    return f"Column {column!r}, row {index[0]}" if column is not None else f"Row {index[0]}"


def _number(value: Any) -> float | None:
    if isinstance(value, str | bytes | np.datetime64 | np.timedelta64 | np.complexfloating):
        return None
    try:
        return float(value)
    except (ValueError, TypeError):
        return None
    except OverflowError:
        return float("inf") if value > 0 else -float("inf")


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(isinstance(value, float | np.datetime64 | np.timedelta64) and value != value)


def _shown(value: object) -> str:
    text = (
        str(value)
        if isinstance(value, np.datetime64 | np.timedelta64)
        else repr(getattr(value, "item", lambda: value)())
    )
    return text if len(text) <= 40 else text[:37] + "..."


def _tidy_labels(values: Array) -> Array:
    """Object arrays become numbers where all are numbers and text otherwise; missing labels are refused."""
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.kind not in "OSUT":
        raise InputError(f"Labels of dtype {values.dtype} came; allowed are numbers and text.")
    if values.dtype.kind == "O":
        missing = np.fromiter((_is_missing(v) for v in values.ravel()), dtype=bool, count=values.size)
        if missing.any():
            raise InputError(
                f"The label of row {int(np.argmax(missing))} is missing; every row needs one: {LABEL_CURE}."
            )
        if not any(isinstance(v, str | bytes) for v in values.ravel()):
            tidy = np.array(values.tolist()) if values.size else values.astype(np.float64)
            if tidy.dtype.kind not in "biuf":
                raise InputError(f"Labels must be numbers or text, got {_shown(values.ravel()[0])}.")
            return tidy
    return values.astype(np.str_)


def _names(names: Any) -> list[str] | None:
    names = list(names)
    return [str(name) for name in names] if any(isinstance(name, str) for name in names) else None
