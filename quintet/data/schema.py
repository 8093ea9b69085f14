"""Schema of a row: its layout, the kind and units of its cells, feature names, known cells and condition."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import model_validator

from quintet.data.cell_checks import check_cells
from quintet.data.cell_kinds import find_kind, kind_of_steps, named_kind
from quintet.data.cell_statistics import mean_level, number_of_levels
from quintet.data.cell_units import CellUnits
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.frame import Container
from quintet.data.columns.frames import read_frame
from quintet.data.columns.listing import column_lines
from quintet.data.columns.table import encode_frame
from quintet.data.condition import Condition
from quintet.data.constant_cells import constant_cells, not_contradicted, with_constants
from quintet.data.constraints import learn as constraint_learning
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.kind_columns import CellColumn, shared_columns, shared_support
from quintet.data.observed_cells import observed_cells
from quintet.data.readers.frames import to_numpy
from quintet.data.row_checks import check_rows
from quintet.data.row_layout import Grid, Steps
from quintet.data.scaling import moments, moments_without_nan, parts_of
from quintet.data.schema_limits import (
    refuse_unsound_cells,
    refuse_unsound_columns,
    refuse_unsound_layout,
    refuse_unsound_moments,
)
from quintet.data.sequences.any_sequence import AnySequence
from quintet.data.sequences.calendar import Calendar
from quintet.data.sequences.pooled_steps import by_channel, of_every_step

if TYPE_CHECKING:
    from torch import Tensor

Array = np.ndarray[Any, Any]


class Schema(CellUnits):
    """The description of a row, stored in the model's file.

    ``columns`` describe the table of rows of kind "columns", those without a cell included; ``constraints`` are laws
    that hold in every row; ``container`` is the library of the frame in training. ``unseen`` are the indices in a flat
    row of cells without a value in training; ``constant`` are the indices and values of constant cells. ``sequence``
    says what the rows were cut from, where that is a series, a text or a sound. ``calendar`` are the cycles in which
    rows of steps have a place, which their context decoder reads.
    """

    feature_names: tuple[str, ...] | None = None
    missing: bool = False
    columns: tuple[AnyColumn, ...] = ()
    constraints: tuple[AnyConstraint, ...] = ()
    container: Container = "array"
    unseen: tuple[int, ...] = ()
    constant: tuple[tuple[int, float], ...] = ()
    condition: Condition | None = None
    sequence: AnySequence | None = None
    calendar: Calendar | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Validate the schema, which may be read from an edited file."""
        refuse_unsound_layout(self.row_shape, self.dtype, self.levels, self.middle)
        refuse_unsound_moments(self.size if self.is_standardised else 0, self.loc, self.scale)
        refuse_unsound_cells(self.size, self.kind, self.unseen, self.constant, self.feature_names)
        refuse_unsound_columns(self.kind, self.size, self.columns)
        constraint_learning.refuse_unsound(self.columns, self.constraints)
        return self

    @classmethod
    def of_columns(
        cls,
        columns: Sequence[AnyColumn],
        container: Container,
        cells: Array,
        y: Any = None,
        unlabelled: Any = None,
        constraints: Sequence[AnyConstraint] = (),
    ) -> Schema:
        """The schema of a table.

        Parameters
        ----------
        columns : all columns of the table.
        container : library of the frame.
        cells : (n, modelled columns), encoded by ``encode_frame``.
        y, unlabelled : as in ``infer``.
        constraints : laws that hold in every row.
        """
        modelled = [column for column in columns if column.modelled]
        check_rows(cells)
        loc, scale, missing = moments_without_nan(cells)
        levels = np.array([column.codes > 0 for column in modelled])
        return cls(
            row_shape=cells.shape[1:],
            kind="columns",
            dtype="float64",
            loc=tuple(np.where(levels, 0.0, loc).tolist()),
            scale=tuple(np.where(levels, 1.0, scale).tolist()),
            feature_names=tuple(column.name for column in modelled),
            missing=missing,
            columns=tuple(columns),
            constraints=tuple(constraints),
            container=container,
            condition=None if y is None else Condition.infer(y, unlabelled),
        )

    @classmethod
    def infer(
        cls,
        X: Any,
        y: Any = None,
        kind: str = "auto",
        mask: Array | None = None,
        unlabelled: Any = None,
        sequential: bool = False,
    ) -> Schema:
        """Infer the schema of the rows of X.

        Parameters
        ----------
        X : (n, *row_shape) array, tensor or frame; NaN is a missing cell.
        y : condition of each row, (n,) or (n, columns), or None.
        kind : one of ``KINDS``, or "auto".
        mask : (n, *row_shape) of bool, True at missing cells.
        unlabelled : the value of y that marks a row without a label.
        sequential : whether rows are series (steps,) or (steps, channels). The steps of a channel share their units.
        """
        array, names = to_numpy(X)
        check_rows(array)
        present = observed_cells(array, mask)
        guessed = kind_of_steps(array) if sequential else find_kind(array, present)
        found = guessed if kind == "auto" else named_kind(kind)
        check_cells(array, present, found)
        flat, there = array.reshape(len(array), -1), None if present is None else present.reshape(len(array), -1)
        size, steps = flat.shape[1], array.shape[1] if sequential else 1
        if sequential:
            flat, there = by_channel(flat, steps), None if there is None else by_channel(there, steps)
        loc, scale = (np.tile(m, steps).tolist() for m in moments(flat, there)) if found == "real" else ((), ())
        unseen = [] if there is None else np.flatnonzero(~there.any(0)).tolist()
        levels = number_of_levels(array, present, found)
        top = shared_support(found, levels).high
        return cls(
            row_shape=array.shape[1:],
            sequential=sequential,
            kind=found,
            dtype=str(array.dtype),
            levels=levels,
            middle=0.5 if top is None else mean_level(array, present, top),
            loc=tuple(loc),
            scale=tuple(scale),
            feature_names=tuple(names) if names else None,
            missing=present is not None,
            unseen=of_every_step(unseen, size, steps),
            constant=of_every_step(constant_cells(flat, there), size, steps),
            condition=None if y is None else Condition.infer(y, unlabelled),
        )

    @property
    def condition_dim(self) -> int:
        """Width of the encoded condition; 0 without one."""
        return self.condition.dim if self.condition else 0

    def encode_condition(self, y: Any, n: int, partly: bool = False) -> Tensor | None:
        """The encoded condition of n rows, (n, condition_dim), or their places in the calendar, (n, cycles); None
        without y, or where the model has neither.

        Parameters
        ----------
        y, partly : as of ``Condition.encode``; places in the calendar as of ``Calendar.encode``.
        """
        if y is None:
            return None
        if self.condition is not None:
            return self.condition.encode(y, n, partly)
        return None if self.calendar is None else self.calendar.encode(y, n)

    @property
    def modelled(self) -> tuple[AnyColumn, ...]:
        """The columns that have a cell, in the order of the cells."""
        return tuple(column for column in self.columns if column.modelled)

    @property
    def cell_columns(self) -> tuple[AnyColumn | CellColumn, ...]:
        """A column for each channel of an image, each feature of a flat row, or each cell of a table."""
        if self.columns:
            return self.modelled
        layout = self.layout
        if isinstance(layout, Grid | Steps):
            names: Sequence[str] = [f"channel {i}" for i in range(layout.channels)]
        else:
            names = self.feature_names or [f"x{i}" for i in range(layout.n)]
        return shared_columns(self.kind, self.levels, self.dtype, tuple(names))

    @property
    def codes(self) -> tuple[int, ...]:
        """Number of codes of each cell of a table; 0 for numbers."""
        return tuple(column.codes for column in self.modelled)

    def encode(self, X: Any, unread: Collection[str] = ()) -> Array:
        """Rows of cells (n, size) of a frame with the columns of training; those ``unread`` count as missing."""
        return encode_frame(self.columns, read_frame(X), unread)

    @property
    def identity(self) -> str:
        """JSON of all fields that differ from their defaults, without names and constraints: equal for schemas that
        encode alike."""
        kept = self.model_dump(
            mode="json", exclude={"feature_names", "container", "constraints", "sequence"}, exclude_defaults=True
        )
        for column in kept["condition"]["columns"] if self.condition else ():
            column.pop("name")
        return json.dumps(kept, sort_keys=True)

    def describe(self) -> str:
        """A one-line description."""
        words = {
            "image8": f"whole numbers 0..{self.levels - 1}",
            "unit": "numbers between 0 and 1",
            "binary": "zeros and ones",
            "count": f"counts, up to {self.levels - 1} in training",
            "real": "real numbers, standardised inside",
            "token": f"tokens, {self.levels} of them",
            "columns": f"{len(self.columns)} columns of a table",
        }
        shape = "x".join(str(s) for s in self.row_shape)
        holes = ", with missing cells" if self.missing else ""
        rows = "series" if self.sequential else "rows"
        return f"{rows} of {shape}, kind {self.kind} ({words[self.kind]}{holes})"

    def __str__(self) -> str:
        """The description, and a line for each column and each constraint of a table."""
        laws = [f"constraint: {constraint.describe()}" for constraint in self.constraints]
        return "\n".join([self.describe(), *column_lines(self.columns), *laws])

    def to_user(self, t: Tensor) -> Array:
        """Like ``in_user_units``, and cells that are constant in training have that value."""
        return with_constants(self.in_user_units(t), self.constant)

    def fits(self, array: Array, present: Array | None = None) -> Self:
        """The schema without the constants that the rows (n, *row_shape) contradict."""
        kept = not_contradicted(self.constant, array, present)
        return self if kept == self.constant else self.model_copy(update={"constant": kept})

    def fits_parts(self, array: Array) -> Self:
        """As ``fits``, of rows in a mapped file, NaN where missing."""
        found = self
        for part in parts_of(array.reshape(len(array), -1)) if self.constant else ():
            cells = np.asarray(array[part])
            found = found.fits(cells, ~np.isnan(cells) if cells.dtype.kind == "f" else None)
        return found
