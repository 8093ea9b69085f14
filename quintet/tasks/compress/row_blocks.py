"""Cuts the user's rows, an array, a frame or an iterator of batches, into the pieces that become blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.container.block_limits import DEFAULT_CELLS, DEFAULT_ROWS, MAX_CELLS
from quintet.data.readers.frames import to_numpy
from quintet.data.row_shape import misfit
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.tasks.compress.conditions import encode_condition
from quintet.tasks.compress.tables.frame_rows import FrameRows

Array = np.ndarray[Any, Any]
CELLS = np.dtype(np.float64)
"""Type of the cells of a table."""
Given = Callable[[slice], Tensor | None]


@dataclass(frozen=True)
class ConditionedRows:
    """Rows, and a function that encodes the condition of a slice of them."""

    rows: Array | FrameRows
    given: Given


def form_of(rows: Array | FrameRows, schema: Schema) -> tuple[np.dtype[Any], bool]:
    """Type of the cells that the coder gets, and whether rows are (cells,) although the model's have more axes."""
    if isinstance(rows, FrameRows):
        return CELLS, False
    return rows.dtype, rows.shape[1:] != schema.row_shape


def batches_of(X: Any, condition: Any, schema: Schema) -> tuple[Array | FrameRows, Iterator[ConditionedRows]]:
    """The first array or frame, for its type, and all batches: of X itself, or of an iterator of rows or of pairs
    (rows, condition)."""
    if not isinstance(X, Iterator):
        whole = _batch(X, condition, schema)
        return whole.rows, iter([whole])
    if condition is not None:
        raise InputError(
            "condition must be left out where X is an iterator: let the iterator give pairs (rows, condition)."
        )
    first = next(X, None)
    if first is None:
        raise InputError("X must give at least one array, got an iterator without any rows; an empty array is allowed.")
    start = _pair(first, schema)
    return start.rows, chain([start], (_same_type(_pair(item, schema), start.rows) for item in X))


def cut(
    batches: Iterator[ConditionedRows], schema: Schema, block_rows: int | None
) -> Iterator[tuple[Array | FrameRows, Tensor | None]]:
    """The rows in pieces of ``block_rows``, with their condition; the last piece may be shorter.

    ``block_rows`` is limited by ``MAX_CELLS``; None: pieces of ``DEFAULT_CELLS`` cells, at most ``DEFAULT_ROWS`` rows.
    An empty frame is one empty piece, which has its columns.
    """
    most = (
        min(block_rows, max(1, MAX_CELLS // schema.size))
        if block_rows
        else min(DEFAULT_ROWS, max(1, DEFAULT_CELLS // schema.size))
    )
    first, cut_rows = None, 0
    parts: list[tuple[Array | FrameRows, Tensor | None]] = []
    missing = most
    for batch in batches:
        start, total = 0, len(batch.rows)
        first, cut_rows = first or batch, cut_rows + total
        while start < total:
            part = slice(start, min(start + missing, total))
            parts.append((batch.rows[part], batch.given(part)))
            start, missing = part.stop, missing - (part.stop - part.start)
            if not missing:
                yield _joined(parts)
                parts, missing = [], most
    if parts:
        yield _joined(parts)
    elif first and not cut_rows and isinstance(first.rows, FrameRows):
        yield first.rows, None


def _joined(parts: list[tuple[Array | FrameRows, Tensor | None]]) -> tuple[Array | FrameRows, Tensor | None]:
    if len(parts) == 1:
        return parts[0]
    given = [condition for _, condition in parts if condition is not None]
    if given and len(given) < len(parts):
        raise InputError(
            "Batches must all have a condition or none, got some with one and some without: give it with every batch."
        )
    frames = [rows for rows, _ in parts if isinstance(rows, FrameRows)]
    whole = FrameRows.joined(frames) if frames else np.concatenate([rows for rows, _ in parts])
    return whole, torch.cat(given) if given else None


def _pair(item: Any, schema: Schema) -> ConditionedRows:
    return _batch(*item, schema) if isinstance(item, tuple) and len(item) == 2 else _batch(item, None, schema)


def _batch(X: Any, condition: Any, schema: Schema) -> ConditionedRows:
    """One batch, checked; its rows are not read, so that an array on the disk stays there until it is cut."""
    if schema.columns:
        frame = FrameRows(X)
        return ConditionedRows(frame, _given(schema, condition, len(frame)))
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise InputError(
            "X must not be a masked array, since a compressed file cannot hold its mask: give X.filled(value), or NaN."
        )
    rows = X if isinstance(X, np.ndarray) else to_numpy(X)[0]
    if rows.dtype.kind not in "biuf" or rows.dtype.itemsize > 8:
        raise InputError(
            f"Cells of type {rows.dtype} cannot be compressed: give True/False, integers or floats of up to 64 bits."
        )
    if rows.shape[1:] != schema.row_shape and (rows.ndim != 2 or rows.shape[1] != schema.size):
        raise misfit(rows.shape[1:], schema)
    return ConditionedRows(rows, _given(schema, condition, len(rows)))


def _given(schema: Schema, condition: Any, rows: int) -> Given:
    if isinstance(condition, np.ndarray) and schema.condition is not None and len(condition.shape) > 0:
        image = schema.condition.columns[0].image
        if len(condition) == rows and (image is None or condition.shape[1:] == image.shape):
            return lambda part: encode_condition(schema, condition[part], part.stop - part.start)
    whole = encode_condition(schema, condition, rows)
    return lambda part: None if whole is None else whole[part]


def _same_type(batch: ConditionedRows, first: Array | FrameRows) -> ConditionedRows:
    if isinstance(batch.rows, FrameRows) or isinstance(first, FrameRows):
        assert isinstance(batch.rows, FrameRows)
        assert isinstance(first, FrameRows)
        batch.rows.same_type(first)
    elif batch.rows.dtype != first.dtype or batch.rows.shape[1:] != first.shape[1:]:
        raise InputError(
            f"Batches must have one type and shape, got {batch.rows.dtype} rows of shape {batch.rows.shape[1:]} after "
            f"{first.dtype} rows of shape {first.shape[1:]}: convert them, or write another file."
        )
    return batch
