"""Columns of text with few levels as channels: one for each level, 1 where a step has it, else 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.columns.frame import FrameColumn
from quintet.errors import InputError

MOST_LEVELS = 12
"""Levels of a column that has channels, each of which costs as much as a column of numbers."""
OFTEN = 10
"""Rows that a level must have on average."""


@dataclass(frozen=True)
class Category:
    """A column of text and its levels, in order."""

    column: str
    levels: tuple[str, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return tuple(f"{self.column}={level}" for level in self.levels)

    def cells(self, column: FrameColumn) -> Array:
        """The channels (rows, channels) of float64: NaN where the cell is missing, 0 in all where its level is new."""
        array, missing = column.values.array, column.values.missing
        if array.dtype.kind not in "OUT":
            raise InputError(
                f"Channel {self.column!r} must hold levels in text as in training, got {column.dtype}: convert it."
            )
        text = np.array([str(cell) for cell in array.tolist()], dtype=object)
        found = np.stack([(text == level).astype(np.float64) for level in self.levels], axis=1)
        found[missing] = np.nan
        return found

    def folded(self, columns: dict[str, Any], keep: bool = False) -> dict[str, Any]:
        """Columns by name with one of text in place of the channels; ``keep``: and with them behind it."""
        if not set(self.channels) <= set(columns):
            return columns
        cells = np.stack([np.asarray(columns[name], dtype=np.float64) for name in self.channels], axis=1)
        out: dict[str, Any] = {}
        for name, own in columns.items():
            if name == self.channels[0]:
                out[self.column] = self.levels_of(cells)
            if keep or name not in self.channels:
                out[name] = own
        return out

    def levels_of(self, cells: Array) -> list[str | None]:
        """The likeliest level of each step, from its channels (steps, channels); None where they are missing, and where
        all are 0, since the level is new."""
        gone = np.isnan(cells).any(1) | (cells == 0).all(1)
        place = np.nan_to_num(cells).argmax(1).tolist()
        return [None if lost else self.levels[at] for lost, at in zip(gone, place, strict=True)]


@dataclass(frozen=True)
class Levels:
    """Columns of text whose levels are channels; ``shares``: answers have these channels, too."""

    categories: tuple[Category, ...] = ()
    shares: bool = False

    def folded(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Columns by name with those of text."""
        for each in self.categories:
            columns = each.folded(columns, keep=self.shares)
        return columns


def categories_of(columns: Sequence[Sequence[FrameColumn]], names: Sequence[str]) -> tuple[Category, ...]:
    """The columns of text with 2 to ``MOST_LEVELS`` levels, each often enough.

    Parameters
    ----------
    columns : each as all sources have it.
    names : of all columns, which no channel may have.
    """
    found = [each for each in map(_category_of, columns) if each is not None]
    return tuple(each for each in found if not set(each.channels) & set(names))


def _category_of(parts: Sequence[FrameColumn]) -> Category | None:
    """A column of several sources as a category; None where it is none."""
    if any(part.values.array.dtype.kind not in "OUT" for part in parts):
        return None
    there = [cell for part in parts for cell in part.values.array[~part.values.missing].tolist()]
    levels = sorted(set(there)) if all(isinstance(cell, str) for cell in there) else []
    if 2 <= len(levels) <= MOST_LEVELS and len(there) >= OFTEN * len(levels):
        return Category(parts[0].name, tuple(levels))
    return None
