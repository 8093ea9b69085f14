"""The cells of a table or a series as a page shows them: names, levels, and the user's units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quintet.data.columns.left_out import LeftOut
from quintet.data.row_layout import Steps
from quintet.data.schema import Schema

SHOWN = 40
"""Longest text of a level, in characters."""


def cells_of(schema: Schema) -> list[dict[str, Any]]:
    """A description of each cell; of a series, of each channel.

    A number is ``cell + offset`` in the user's units, with ``decimals`` (None: any), ``loc`` and ``scale`` of training;
    a time is ``(cell * step + offset) * milliseconds`` after the beginning of 1970; a level is the code of its text; of
    an ``open`` column the last code is that of all other texts.
    """
    found = []
    for i, column in enumerate(schema.cell_columns):
        assert not isinstance(column, LeftOut)  # the columns of cells are those that are modelled
        support = column.support
        cell: dict[str, Any] = {"name": column.name}
        if schema.columns and column.codes:
            texts = [str(level)[:SHOWN] for level in getattr(column, "levels", ())]
            cell |= {"type": "levels", "levels": texts + ["(other)"] * (column.codes - len(texts)), "open": column.open}
        else:
            cell |= {"type": "number", "offset": support.offset, "low": support.low, "high": support.high}
            cell |= {"decimals": 0 if support.is_whole else support.decimals}
            standardised = schema.is_standardised
            cell |= {"loc": schema.loc[i] if standardised else 0.0, "scale": schema.scale[i] if standardised else 1.0}
            if column.dtype.startswith("datetime64["):
                cell |= {"type": "time", "step": support.step or 1, "milliseconds": milliseconds_of(column.dtype)}
        found.append(cell)
    return found


def milliseconds_of(dtype: str) -> float:
    """Milliseconds of a tick of a type of times, such as ``datetime64[s]``."""
    return float(np.timedelta64(1, np.datetime_data(dtype)[0]) / np.timedelta64(1, "ms"))  # type: ignore[call-overload]


def grain_of(schema: Schema) -> float | None:
    """What is added to -log p of a row, in nats, for the bits of its values as they are written; None where numbers
    have any decimals, so that no number of bits would write them.

    A density in standardised units times the distance of neighbouring values is a probability.
    """
    if not schema.is_standardised:
        return 0.0 if schema.is_whole else None
    if isinstance(schema.layout, Steps) or not schema.columns:
        return None
    total = 0.0
    for column, scale in zip(schema.modelled, schema.scale, strict=True):
        if column.codes:
            continue
        if not column.spacing:
            return None
        total -= math.log(column.spacing / scale)
    return total
