"""Rows as they come, an array or one batch after the other, in the pieces that become blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.container.block_limits import CELLS, LARGEST, MOST_ROWS
from quintet.data.readers.frames import to_numpy
from quintet.data.row_shape import misfit
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.tasks.compress.conditions import encode_condition

Array = np.ndarray[Any, Any]
Given = Callable[[slice], Tensor | None]


@dataclass(frozen=True)
class ConditionedRows:
    """Rows, and the encoded condition of any of them."""

    rows: Array
    given: Given


def batches_of(X: Any, condition: Any, schema: Schema) -> tuple[Array, Iterator[ConditionedRows]]:
    """An array that shows what the rows are, and all rows: of X, or of an iterator of rows or (rows, condition)."""
    if not isinstance(X, Iterator):
        whole = _batch(X, condition, schema)
        return whole.rows, iter([whole])
    if condition is not None:
        raise InputError("condition= came beside an iterator of rows: let it give pairs (rows, condition) instead.")
    first = next(X, None)
    if first is None:
        raise InputError("An iterator without any rows came; give one array at least, which may be empty.")
    start = _pair(first, schema)
    return start.rows, chain([start], (_alike(_pair(item, schema), start.rows) for item in X))


def cut(
    batches: Iterator[ConditionedRows], schema: Schema, block_rows: int | None
) -> Iterator[tuple[Array, Tensor | None]]:
    """The rows in pieces of ``block_rows`` (or of the most that a block may hold), with their condition; the last one
    may be shorter."""
    most = (
        min(block_rows, max(1, LARGEST // schema.size)) if block_rows else min(MOST_ROWS, max(1, CELLS // schema.size))
    )
    parts: list[tuple[Array, Tensor | None]] = []
    missing = most
    for batch in batches:
        start, total = 0, len(batch.rows)
        while start < total:
            part = slice(start, min(start + missing, total))
            parts.append((batch.rows[part], batch.given(part)))
            start, missing = part.stop, missing - (part.stop - part.start)
            if not missing:
                yield _joined(parts)
                parts, missing = [], most
    if parts:
        yield _joined(parts)


def _joined(parts: list[tuple[Array, Tensor | None]]) -> tuple[Array, Tensor | None]:
    if len(parts) == 1:
        return parts[0]
    given = [condition for _, condition in parts if condition is not None]
    if given and len(given) < len(parts):
        raise InputError("Some batches came with a condition and some without; give it with all of them or with none.")
    return np.concatenate([rows for rows, _ in parts]), torch.cat(given) if given else None


def _pair(item: Any, schema: Schema) -> ConditionedRows:
    return _batch(*item, schema) if isinstance(item, tuple) and len(item) == 2 else _batch(item, None, schema)


def _batch(X: Any, condition: Any, schema: Schema) -> ConditionedRows:
    """Arrays stay where they are, on the disk even, until a piece of them is asked for."""
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise InputError(
            "A masked array has no place for its mask in a file: give X.filled(value), or floats with NaN."
        )
    rows = X if isinstance(X, np.ndarray) else to_numpy(X)[0]
    if rows.dtype.kind not in "biuf" or rows.dtype.itemsize > 8:
        raise InputError(
            f"Cells of type {rows.dtype} came; True/False, whole numbers and floats of up to 64 bits are allowed."
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


def _alike(batch: ConditionedRows, first: Array) -> ConditionedRows:
    if batch.rows.dtype != first.dtype or batch.rows.shape[1:] != first.shape[1:]:
        raise InputError(
            f"A batch of {batch.rows.dtype} rows of shape {batch.rows.shape[1:]} came after {first.dtype} rows of "
            f"shape {first.shape[1:]}; one file holds rows of one type and shape."
        )
    return batch
