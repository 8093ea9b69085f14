"""Whether rows are a table, and the columns and constraints that are learnt of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quintet.data.cell_kinds import find_kind
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.declared import Declared
from quintet.data.columns.frame import Container
from quintet.data.columns.frames import column_names, is_mixed, read_frame
from quintet.data.columns.table import encode_frame, hidden, learn_columns, mask_of
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.learn import learn_constraints, unrounded
from quintet.data.observed_cells import observed_cells
from quintet.data.readers.frames import to_numpy
from quintet.data.schema import Array, Schema
from quintet.errors import InputError


@dataclass(frozen=True)
class FrameColumns:
    """The columns of a table, the library of its frame, and the constraints of its rows."""

    columns: tuple[AnyColumn, ...]
    container: Container
    constraints: tuple[AnyConstraint, ...] = ()

    def schema(self, cells: Array, y: Any = None, unlabelled: Any = None) -> Schema:
        """The schema of the table; arguments as of ``Schema.of_columns``."""
        return Schema.of_columns(self.columns, self.container, cells, y, unlabelled, self.constraints)


def is_table(X: Any, kind: str, mask: Any = None) -> bool:
    """Whether ``fit`` takes X as a table, whose columns have a type each, and not as an array of cells of one kind.

    Parameters
    ----------
    kind : the parameter of the estimator; "auto": tables are rows of mixed values, and frames of numbers that are
        neither pixels nor zeros and ones.
    mask : as in ``fit``.
    """
    if kind != "auto":
        return kind == "columns"
    return is_mixed(X) or _is_frame_of_measurements(X, mask)


def _is_frame_of_measurements(X: Any, mask: Any) -> bool:
    """Whether X is a frame whose cells are of kind "real", or share no type."""
    names = column_names(X)
    if not names or not len(X):
        return False
    try:
        array, _ = to_numpy(X)
    except InputError:
        return True  # whole numbers beyond 2**53 beside floats: each column keeps its own
    gone = None if mask is None else mask_of(names, mask, names, len(array))
    return find_kind(array, observed_cells(array, gone)) == "real"


def learn_table(
    X: Any,
    mask: Any = None,
    declared: Mapping[str, Declared] | None = None,
    constraints: Sequence[AnyConstraint] | None = None,
) -> tuple[Array, FrameColumns]:
    """The cells of a table, (n, modelled columns), and its columns.

    Columns and constraints are as declared, and else learnt from the cells that ``mask`` leaves.
    """
    frame = read_frame(X) if mask is None else hidden(read_frame(X), mask)
    columns = learn_columns(frame, declared)
    cells = encode_frame(columns, frame)
    laws = learn_constraints(columns, cells, constraints)
    return cells, FrameColumns(unrounded(columns, laws), frame.container, laws)
