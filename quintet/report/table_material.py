"""Material of a report on a table: rows are frames, and errors are those of numbers and of levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quintet.data.columns.answers import decode_cells
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import read_frame
from quintet.data.columns.times import Ticks
from quintet.estimators._answers.column_prediction import level_names
from quintet.report.material import Array, ReportMaterial

SHOWN = 10
"""Most columns of a printed table of rows."""
NEW = 1_000
"""Fewest rows that are generated for comparison with real ones."""


@dataclass
class TableMaterial(ReportMaterial):
    """``test``, ``train`` and ``strange`` are frames; ``cells`` are their encoded values."""

    @property
    def pictures(self) -> bool:
        """False."""
        return False

    @cached_property
    def series(self) -> bool:
        """False."""
        return False

    @cached_property
    def truth(self) -> Array:
        """The encoded cells of the evaluated rows, (n, cells), NaN where missing."""
        return self.cells(self.test)

    @cached_property
    def levels(self) -> NDArray[np.bool_]:
        """Which cells are levels, (cells,)."""
        return np.array(self.vae.schema_.codes) > 0

    @property
    def columns(self) -> tuple[AnyColumn, ...]:
        """The columns that have a cell, in the order of the cells."""
        return self.vae.schema_.modelled

    @cached_property
    def new(self) -> Any:
        """Generated rows, a frame: as many as evaluated, and at least ``NEW`` for a report that is not quick."""
        return self.vae.generate(max(len(self.test), 0 if self.quick else NEW), random_state=self.seed)

    @cached_property
    def new_cells(self) -> Array:
        """The encoded cells of the generated rows."""
        return self.cells(self.new)

    @cached_property
    def known_cells(self) -> Array:
        """The encoded cells of the training rows; of the evaluated rows where the training rows are not known."""
        return self.truth if self.train is None else self.cells(self.train)

    def values(self, cells: Array, place: int) -> Array:
        """Cells (n,) of one column in the column's own units, without the missing ones."""
        schema = self.vae.schema_
        return np.asarray(cells[~np.isnan(cells)] * schema.scale[place] + schema.loc[place])

    def text(self, place: int, value: float) -> str:
        """A value of one column, in the column's own units, as text; of levels the name of the code."""
        column = self.columns[place]
        if column.codes:
            names = level_names(column)
            return names[min(max(round(value), 0), len(names) - 1)]
        if isinstance(column, Ticks):
            return column.shown(value)
        return _text(column.decode(np.array([value]))[0])

    def cells(self, rows: Any) -> Array:
        """Encoded values of a frame, (n, cells): numbers in standard deviations, codes of levels."""
        schema = self.vae.schema_
        return np.asarray((schema.encode(rows) - np.asarray(schema.loc)) / np.asarray(schema.scale))

    def frame(self, cells: Array, like: Any) -> Any:
        """The rows of ``cells`` as a frame of the library of ``like``; the inverse of ``cells`` up to other levels."""
        schema, frame = self.vae.schema_, read_frame(like)
        user = cells * np.asarray(schema.scale) + np.asarray(schema.loc)
        return build_frame(schema.columns, decode_cells(schema.columns, user), frame.container, like)

    def comparable(self, rows: Any) -> Array:
        """Rows as features: numbers in standard deviations, levels as one-hot vectors; 0 where missing."""
        cells, parts = self.cells(rows), []
        for cell, codes in zip(cells.T, self.vae.schema_.codes, strict=True):
            parts.append(np.nan_to_num(cell)[:, None] if not codes else cell[:, None] == np.arange(codes))
        return np.concatenate(parts, 1).astype(float)

    def errors(self, truth: Array, found: Array, where: NDArray[np.bool_]) -> tuple[float, float]:
        """Root mean squared error of numbers in standard deviations, and share of wrong levels, over the cells
        ``where``; NaN without such cells."""
        where = where & ~np.isnan(truth)
        numbers, levels = where & ~self.levels, where & self.levels
        gap = found - truth
        rmse = float(np.sqrt(np.square(gap[numbers]).mean())) if numbers.any() else float("nan")
        return rmse, float((gap[levels] != 0).mean()) if levels.any() else float("nan")


def printed(rows: Any, names: list[str], most: int) -> list[list[str]]:
    """The first values of some columns of a frame as text, row by row."""
    found = {column.name: column.values for column in read_frame(rows).columns}
    out = []
    for i in range(min(most, len(rows))):
        cells = ((found[name].array[i], found[name].missing[i]) for name in names)
        out.append(["" if gone else _text(value) for value, gone in cells])
    return out


def _text(value: Any) -> str:
    if isinstance(value, np.datetime64):
        return str(value).partition(".")[0].removesuffix("T00:00:00").replace("T", " ")
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)
