"""Validation of schemas and conditions, which may be read from edited or damaged files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from quintet.data.cell_kinds import Kind
from quintet.data.columns.any_column import AnyColumn
from quintet.data.condition_column import ConditionColumn, Value
from quintet.data.kind_columns import LARGEST_COUNT, limits, widest_support

LARGEST_ROW = 2**28
"""Largest number of cells of a row."""


def refuse_unsound_layout(row_shape: tuple[int, ...], dtype: str, levels: int, middle: float) -> None:
    """Raise ValueError for an impossible shape, dtype, number of levels or mean."""
    cells = math.prod(row_shape)
    if not 1 <= len(row_shape) <= 3 or min(row_shape) < 1 or cells > LARGEST_ROW:
        raise ValueError(f"row_shape must have 1 to 3 axes and 1 to {LARGEST_ROW} cells, got {row_shape}")
    _refuse_dtype(dtype)
    if not 2 <= levels <= LARGEST_COUNT + 1:
        raise ValueError(f"levels must be 2 to {LARGEST_COUNT + 1}, got {levels}")
    if not 0 <= middle <= 1:
        raise ValueError(f"middle must be between 0 and 1, got {middle}")


def refuse_unsound_moments(expected: int, loc: Sequence[float], scale: Sequence[float]) -> None:
    """Raise ValueError unless there are ``expected`` finite means and positive standard deviations."""
    for name, values in (("loc", loc), ("scale", scale)):
        if len(values) != expected:
            raise ValueError(f"{name} must hold {expected} numbers, got {len(values)}")
    if not all(map(math.isfinite, loc)):
        raise ValueError("loc must be finite")
    if not all(0 < value < math.inf for value in scale):
        raise ValueError("scale must be finite and above 0")


def refuse_unsound_cells(
    size: int, kind: Kind, unseen: Sequence[int], constant: Sequence[tuple[int, float]], names: Sequence[str] | None
) -> None:
    """Raise ValueError for indices, constants or names that do not fit a row of ``size`` cells of this kind."""
    if any(not low < high for low, high in pairwise((-1, *unseen, size))):
        raise ValueError(f"unseen must be ascending indices below {size}")
    if any(not low < high for low, high in pairwise((-1, *(place for place, _ in constant), size))):
        raise ValueError(f"constant must hold ascending indices below {size}")
    lowest, highest = limits(widest_support(kind))
    if not all(math.isfinite(value) and lowest <= value <= highest for _, value in constant):
        raise ValueError(f"values of constant must be finite and of kind {kind!r}")
    if names is not None and len(names) != size:
        raise ValueError(f"feature_names must name {size} cells, got {len(names)}")


def refuse_unsound_columns(kind: str, size: int, columns: Sequence[AnyColumn]) -> None:
    """Raise ValueError unless the columns have different names and as many cells as a row."""
    cells = sum(column.modelled for column in columns)
    if cells != (size if kind == "columns" else 0):
        raise ValueError(f"columns must have {size} cells, got {cells}")
    if len({column.name for column in columns}) < len(columns):
        raise ValueError("columns must have different names")


def refuse_unsound_condition(
    columns: Sequence[ConditionColumn], points: Sequence[Sequence[Value]], weights: Sequence[float]
) -> None:
    """Raise ValueError for inconsistent columns, points and weights of a condition."""
    if not columns or not points:
        raise ValueError("a condition must have a column and a point")
    if len({column.name for column in columns}) < len(columns):
        raise ValueError("columns of the condition must have different names")
    for column in columns:
        levels = column.levels
        if levels is not None and (not levels or len(set(map(str, levels))) < len(levels)):
            raise ValueError(f"levels of {column.name!r} must be one or more, without repeats")
        if not (math.isfinite(column.mean) and 0 < column.std < math.inf):
            raise ValueError(f"mean and std of {column.name!r} must be finite, and std above 0")
        if column.image is not None:
            refuse_unsound_image(column.image.shape, column.image.dtype, column.image.low, column.image.high)
    if any(column.image is not None for column in columns) and len(columns) > 1:
        raise ValueError("an image must be the only column of a condition")
    if any(len(point) != len(columns) for point in points):
        raise ValueError(f"points of the condition must have {len(columns)} values each")
    if len(weights) != len(points) or not all(0 <= weight < math.inf for weight in weights):
        raise ValueError("weights of the condition must be finite numbers of at least 0, one for each point")
    if not 0.999 < sum(weights) < 1.001:
        raise ValueError(f"weights of the condition must add up to 1, got {sum(weights)}")


def refuse_unsound_image(shape: tuple[int, ...], dtype: str, low: float, high: float) -> None:
    """Raise ValueError for an impossible shape, dtype or range of condition images."""
    if not 2 <= len(shape) <= 3 or min(shape) < 1 or math.prod(shape) > LARGEST_ROW:
        raise ValueError(f"shape of a condition's images must have 2 or 3 axes, got {shape}")
    _refuse_dtype(dtype)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"the range of a condition's images must be finite with low < high, got {low} to {high}")


def _refuse_dtype(name: str) -> None:
    try:
        kind = np.dtype(name).kind
    except (TypeError, ValueError, SyntaxError):
        kind = "O"
    if kind not in "biuf":
        raise ValueError(f"dtype must be numeric, got {name!r}")
