"""The columns of a source that are channels, and their cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.columns.frame import FrameColumn
from quintet.data.sequences.series.categories import Category, categories_of
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.source import Source
from quintet.errors import InputError

LEVEL = "float64"
"""Type of the channel of a level."""


def cells_of(source: Source, channels: Sequence[str], categories: Sequence[Category]) -> Array:
    """The cells of all channels, (rows, channels) of float64, NaN where missing."""
    numbers = [_numbers(source.column(each, "X"))[:, None] for each in channels]
    return np.concatenate([*numbers, *(each.cells(source.column(each.column, "X")) for each in categories)], axis=1)


def channels_of(
    sources: Sequence[Source], names: list[str], known: SeriesDescription | None, taken: set[str | None]
) -> tuple[list[str], tuple[Category, ...]]:
    """The columns of numbers that are neither time nor name of a series, and those of text with few levels; those of a
    fitted model."""
    source = sources[0]
    if known is not None:
        categories = tuple(each.category for each in known.categories)
        levels = sum(len(each.channels) for each in categories)
        wanted = [channel.name for channel in known.channels[: len(known.channels) - levels]]
        needed = [*wanted, *(each.column for each in categories)]
        lacking = [each for each in needed if each not in names]
        if lacking:
            raise InputError(
                f"X must have the channels that the model was trained on, {', '.join(needed)}: {lacking[0]!r} is "
                f"missing from {', '.join(names)}."
            )
        return wanted, categories
    found = [each for each in names if each not in taken and source.column(each, "X").values.array.dtype.kind in "biuf"]
    if not found:
        raise InputError(
            f"A series must have a column of numbers beside its time stamps, got {', '.join(names)}: give at least one."
        )
    others = [each for each in names if each not in {*found, *taken}]
    return found, categories_of([[own.column(each, "X") for own in sources] for each in others], names)


def _numbers(column: FrameColumn) -> Array:
    """The cells of a channel as float64, (rows,), NaN where missing."""
    values = column.values
    if values.array.dtype.kind not in "biuf":
        raise InputError(f"Channel {column.name!r} must hold numbers, got {column.dtype}: convert or drop it.")
    cells = np.where(values.missing, np.nan, values.array.astype(np.float64))
    if np.isinf(cells).any():
        row = int(np.flatnonzero(np.isinf(cells))[0])
        raise InputError(
            f"Channel {column.name!r} must be finite, got an infinite number in row {row}: leave the cell empty if it "
            "is missing."
        )
    return cells
