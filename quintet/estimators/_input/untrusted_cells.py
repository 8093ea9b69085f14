"""Warnings that name the columns, rows and cells whose answers cannot be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.data.scaling import FARTHEST
from quintet.data.schema import Array, Schema
from quintet.errors import warn

SHOWN = 5
"""Most columns or rows that a sentence names."""
SAMPLE = 1000
"""Rows that a column's usual spread is found on."""
HIDDEN = 1e-4
"""Share of a column's spread below which its usual values can hardly be distinguished."""


def of_training(schema: Schema, array: Array, rows: Rows) -> list[str]:
    """Warn of what training cannot learn from rows (n, *row_shape), and give the sentences."""
    found = _unseen(schema) + _empty(rows, "they teach nothing") + _dominated(schema, array) + _coarse(schema, array)
    return _warned(found)


def of_a_question(schema: Schema, rows: Rows) -> list[str]:
    """Warn of rows and cells about which the answers to a question cannot be trusted, and give the sentences."""
    found = _unseen(schema) + _empty(rows, "the answer there is the prior's alone") + _beyond(schema, rows)
    return _warned(found + _far(schema, rows))


def of_new_rows(schema: Schema, rows: Rows) -> list[str]:
    """Warn of rows with which training goes on, or that watch it, and give the sentences; none of rows on disk."""
    if rows.values.is_meta:  # looking at all of them would take a pass over the file
        return []
    return _warned(_empty(rows, "they teach nothing") + _beyond(schema, rows) + _far(schema, rows))


def _warned(sentences: list[str]) -> list[str]:
    for sentence in sentences:
        warn(sentence)
    return sentences


def _unseen(schema: Schema) -> list[str]:
    if not schema.unseen:
        return []
    return [
        f"Training held no value of {_cells(schema, schema.unseen)}: the model knows nothing there, values that are "
        "given are left out, and what is filled in is a guess; drop such cells."
    ]


def _empty(rows: Rows, so: str) -> list[str]:
    if rows.observed is None:
        return []
    empty = ~rows.observed.flatten(1).any(1)
    return [f"No cell is observed in {_listed(empty)}: {so}."] if empty.any() else []


def _beyond(schema: Schema, rows: Rows) -> list[str]:
    if rows.beyond is None:
        return []
    held = rows.beyond.flatten(1).any(1)
    legal = _legal(schema)
    units = " Most rows hold such cells: give the rows in the units of training." if held.float().mean() > 0.5 else ""
    return [
        f"Cells other than {legal} lie in {_listed(held)}: detect flags such rows, and other answers use the nearest "
        f"of these values.{units}"
    ]


def _legal(schema: Schema) -> str:
    """The values of cells that have a smallest one, in words."""
    if not schema.is_whole:
        return f"numbers between {schema.support.low:g} and {schema.top:g}"
    if schema.support.is_half_bounded:
        return f"whole numbers of at least {schema.support.low:g}"
    return "zeros and ones" if schema.is_boolean else f"whole numbers 0 to {schema.top:g}, the levels of training,"


def _far(schema: Schema, rows: Rows) -> list[str]:
    if not schema.is_standardised:
        return []
    values = rows.values if rows.observed is None else rows.values.masked_fill(~rows.observed, 0)
    if not len(values) or max(float(values.max()), -float(values.min())) < FARTHEST:
        return []
    far = values.abs() >= FARTHEST
    columns = np.flatnonzero(schema.to_user_layout(far.numpy()).reshape(len(far), -1).any(0))
    return [
        f"Cells in {_listed(far.flatten(1).any(1))} ({_cells(schema, columns.tolist())}) lie more than {FARTHEST:,.0f} "
        "standard deviations from the mean of training: answers take them as if they lay at that distance."
    ]


def _dominated(schema: Schema, array: Array) -> list[str]:
    """Columns in which few values are so large that the others look alike beside them."""
    if not schema.is_standardised or len(array) < 10:
        return []
    flat = array.reshape(len(array), -1)
    some = flat[np.linspace(0, len(flat) - 1, min(len(flat), SAMPLE)).astype(np.int64)].astype(np.float64)
    middle = np.sort(np.where(np.isfinite(some), some, np.nan), axis=0)  # NaN last
    count = (~np.isnan(middle)).sum(0)
    places = np.stack([np.floor(0.05 * (count - 1)), np.ceil(0.95 * (count - 1))]).clip(0).astype(np.int64)
    low, high = np.take_along_axis(middle, places, 0)
    usual = np.nan_to_num(high / np.asarray(schema.scale) - low / np.asarray(schema.scale))
    found = np.flatnonzero((usual > 0) & (usual < HIDDEN) & (np.asarray(schema.scale) != 1))
    if not found.size:
        return []
    return [
        f"A few values of {_cells(schema, found.tolist())} are so large that the model can hardly tell the others "
        "apart: look at them, leave them out, or take logarithms."
    ]


def _coarse(schema: Schema, array: Array) -> list[str]:
    """Columns of whole numbers whose differences vanish when they become floats."""
    if not schema.is_standardised or array.dtype.kind not in "ui" or array.dtype.itemsize < 8:
        return []
    flat = array.reshape(len(array), -1)
    low, high = flat.min(0).astype(object), flat.max(0).astype(object)  # Python's whole numbers know no limits
    step = np.spacing(np.maximum(np.abs(low), np.abs(high)).astype(np.float64))
    span = (high - low).astype(np.float64)
    found = np.flatnonzero((step > 1) & (step > 1e-3 * span) & (span > 0))
    if not found.size:
        return []
    return [
        f"Whole numbers beyond 2**53 ({_cells(schema, found.tolist())}) differ by less than 64-bit floats can "
        "represent: compressed files keep them exactly, other answers do not; subtract a constant, or drop them."
    ]


def _cells(schema: Schema, places: Sequence[int]) -> str:
    """Columns by name, else by number; cells of images by row and column."""
    some = list(places[:SHOWN])
    if schema.feature_names is not None:
        names = [repr(schema.feature_names[place]) for place in some]
    elif not schema.is_image:
        names = [str(place) for place in some]
    else:
        names = [str(tuple(int(i) for i in np.unravel_index(place, schema.row_shape))) for place in some]
    more = f" and {len(places) - len(some)} more" if len(places) > len(some) else ""
    what = "cell" if schema.is_image else "column"
    return f"{what}{'s' if len(places) > 1 else ''} {', '.join(names)}{more}"


def _listed(mark: Tensor) -> str:
    """The rows of a mark (n,), the first by their numbers."""
    places = torch.nonzero(mark).flatten().tolist()
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return f"row{'s' if len(places) > 1 else ''} {', '.join(map(str, places[:SHOWN]))}{more}"
