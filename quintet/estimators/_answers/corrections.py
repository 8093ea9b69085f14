"""The question ``corrections``: cells of a table that look mistyped."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from quintet.arguments import BatchRows, Condition, Missing, RowsLike, Share
from quintet.data.columns.answers import by_name, decode_cells
from quintet.data.columns.frame import Frame
from quintet.data.columns.frames import read_frame
from quintet.data.columns.levels import CategoricalColumn
from quintet.data.columns.record_frame import record_frame
from quintet.data.columns.spelling import Spelling, spelling
from quintet.data.schema import Array, Schema
from quintet.entry_points import public
from quintet.estimators._answers.containers import framed
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.progress import progress_bar
from quintet.tasks.correct import correct as task
from quintet.tasks.correct.explanations import KINDS
from quintet.tasks.correct.known_sums import with_sums


@public
def corrections(
    self: FittedEstimator,
    X: RowsLike,
    *,
    threshold: Share = 0.5,
    condition: Condition | None = None,
    mask: Missing | None = None,
    return_repaired: bool = False,
    batch_rows: BatchRows = 128,
) -> Any:
    """The cells of a table that look mistyped, and what they should be; X is not changed.

    Where a row breaks a sum that held in every row of training, one of its members is damaged, and what the others
    leave to it is suggested.

    Parameters
    ----------
    threshold : probability of damage from which a cell is listed.
    return_repaired : return (corrections, repaired rows): X with all suggestions of the list in place. Every other cell
        is returned as it is, missing ones included.

    Returns
    -------
    frame
        A row for each cell that is damaged with a probability of at least ``threshold``, the most probable first:
        ``row`` (its place in X), ``column``, ``before``, ``after``, ``probability``, and ``damage``: "replaced" (by a
        value of another row, or any), "units" (a factor of 10, 100 or 1000), "digits" (one changed, or two transposed),
        "columns" (exchanged with another column), "spelling".
    """
    fitted = fitted_for(self, "corrections")
    rows, array = rows_of(self, X, fitted.schema, condition, mask)
    frame = read_frame(X)
    with progress_bar(self.verbose) as progress:
        found = task.correct(fitted, rows, _spelt(fitted.schema, frame), batch_rows=batch_rows, progress=progress)
    typed = array if rows.observed is None else np.where(rows.observed.numpy(), array, np.nan)
    found, right = with_sums(fitted.schema, typed, found)
    listed = _listed(found, threshold)
    suggestions = _table(fitted.schema, frame, found, right, listed)
    if not return_repaired:
        return suggestions
    return suggestions, framed(self, right, X, kept=~listed, missing=np.isnan(array))


def _listed(found: task.Corrections, threshold: float) -> Array:
    """Which cells are damaged with a probability of at least ``threshold``, (n, cells) of bool."""
    odds = found.log_odds.numpy()
    return np.asarray((expit(odds) >= threshold) & np.isfinite(odds))


def _table(schema: Schema, frame: Frame, found: task.Corrections, cells: Array, listed: Array) -> Any:
    """The listed cells, the most probable first, with what they should be by the right ``cells``, (n, cells)."""
    odds = found.log_odds.numpy()
    row, cell = np.nonzero(listed)
    order = np.argsort(-odds[row, cell], kind="stable")
    row, cell = row[order], cell[order]
    columns = [column for column in schema.columns if column.modelled]
    right = decode_cells(schema.columns, cells, frame)
    asked = by_name(schema.columns, frame)
    before, after = np.empty(len(row), dtype=object), np.empty(len(row), dtype=object)
    for j, column in enumerate(columns):
        own = cell == j
        if own.any():
            before[own] = asked[column.name].own[row[own]].tolist()
            after[own] = right[column.name][row[own]].tolist()
    kinds = np.array(KINDS, dtype=object)[found.damage.numpy()[row, cell]]
    names = np.array([column.name for column in columns], dtype=object)[cell]
    return listing(frame.container, row, names, before, after, expit(odds[row, cell]), kinds)


def listing(container: str, row: Array, column: Array, before: Array, after: Array, share: Array, kind: Array) -> Any:
    """The corrections as a frame of a library; values of columns of different types are objects, or text where the
    library has no objects."""
    if container in ("polars", "pyarrow"):
        before, after = (np.array([str(value) for value in values], dtype=object) for values in (before, after))
    cells = {"row": row, "column": column, "before": before, "after": after, "probability": share, "damage": kind}
    return record_frame(cells, "pandas" if container == "array" else container)


def _spelt(schema: Schema, frame: Frame) -> dict[int, Spelling]:
    """The spelling of the cells of text, by their place in the row."""
    asked, found = by_name(schema.columns, frame), {}
    for place, column in enumerate(column for column in schema.columns if column.modelled):
        if isinstance(column, CategoricalColumn) and column.open and column.name in asked:
            values = asked[column.name].values
            if values.array.dtype.kind == "O" and all(isinstance(level, str) for level in column.levels):
                pairs = zip(values.array.tolist(), values.missing.tolist(), strict=True)
                found[place] = spelling(
                    [str(level) for level in column.levels], [None if m else str(v) for v, m in pairs]
                )
    return found
