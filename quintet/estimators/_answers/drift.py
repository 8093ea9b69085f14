"""The question ``drift``: whether new rows are distributed as those of training, and which columns are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.arguments import BatchRows, Condition, Missing, OpenShare, RowsLike
from quintet.data.columns.answers import written
from quintet.data.columns.frames import read_frame
from quintet.data.columns.numbers import Integer
from quintet.data.columns.record_frame import record_frame
from quintet.data.schema import Schema
from quintet.entry_points import public
from quintet.estimators._answers.column_prediction import level_names
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.finite_answers import sound
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.progress import progress_bar
from quintet.tasks.drift import drift as task
from quintet.tasks.drift.column_tests import Change

WORDS = {"mean": "mean", "missing": "share missing", "surprise": "nats given the others"}
"""What changed, of changes that have no value."""
COLUMNS = ("column", "p_value", "q_value", "change", "before", "after", "size")
"""Columns of the answer."""


@dataclass(frozen=True)
class Drift:
    """Whether rows have moved away from the training rows.

    ``p_value``: that new and training rows have one distribution; ``score_p_value``: the same by the scores of
    ``detect`` alone. ``moved``: names of the columns with a q-value of at most ``fdr``, the clearest first; ``p_value``
    may be above it, as twice the smaller of ``score_p_value`` and the smallest q-value.
    ``columns``: a frame of the rows' library (of arrays a NumPy record array, of images None) with a row for each
    column, the clearest first: ``column``, ``p_value``, ``q_value`` (Benjamini and Hochberg), ``change``, what changed,
    with its value ``before`` in training and ``after``, and ``size``, the largest difference of shares, 0 to 1.
    ``rows``: number of new rows.
    """

    p_value: float
    score_p_value: float
    moved: tuple[str, ...]
    columns: Any
    rows: int


@public
@sound
def drift(
    self: FittedEstimator,
    X: RowsLike,
    *,
    fdr: OpenShare = 0.05,
    condition: Condition | None = None,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Drift:
    """Whether new rows are distributed as those of training, and which columns are not.

    Rows that trained the model must not be among X: they fit it better than new rows.

    Parameters
    ----------
    X : new rows; a dozen can show large changes alone, and of many thousand rows small changes become certain.
    fdr : bound on the expected share of unchanged columns among ``moved``.

    Returns
    -------
    Drift
        The overall p-value, and for each column its p-value, q-value, and what changed.
    """
    fitted = fitted_for(self, "detect")
    rows, _ = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        found = task.drift(fitted, rows, batch_rows=batch_rows, progress=progress)
    ranked = sorted(found.columns, key=lambda c: (c.p_value, -c.change.size if c.change else 0.0))
    names = [column.name for column in fitted.schema.cell_columns]
    moved = tuple(names[c.cell] for c in ranked if c.q_value <= fdr)
    frame = None if fitted.schema.is_image else _frame(fitted.schema, names, ranked, read_frame(X).container)
    return Drift(found.p_value, found.score_p_value, moved, frame, len(rows))


def _frame(schema: Schema, names: list[str], ranked: list[task.ColumnDrift], container: str) -> Any:
    """A row for each column."""
    stated = [_stated(schema, column.cell, column.change) for column in ranked]
    texts = {"column": [names[c.cell] for c in ranked], "change": [text for text, *_ in stated]}
    objects = {name: np.array(values, dtype=object) for name, values in texts.items()}
    numbers = {
        "p_value": [c.p_value for c in ranked],
        "q_value": [c.q_value for c in ranked],
        "before": [before for _, before, _ in stated],
        "after": [after for *_, after in stated],
        "size": [c.change.size if c.change else 0.0 for c in ranked],
    }
    found = objects | {name: np.array(values, dtype=np.float64) for name, values in numbers.items()}
    return record_frame({name: found[name] for name in COLUMNS}, container)


def _stated(schema: Schema, cell: int, change: Change | None) -> tuple[str, float, float]:
    """What changed in words, and its value before and after in the user's units."""
    if change is None:
        return "nothing to compare", np.nan, np.nan
    column = schema.cell_columns[cell]
    loc, scale = (schema.loc[cell], schema.scale[cell]) if schema.is_standardised else (0.0, 1.0)
    if change.kind == "mean":
        offset = column.support.offset if isinstance(column, Integer) else 0
        before, after = (value * scale + loc + offset for value in (change.before, change.after))
        return "mean", before, after
    if change.kind == "share_of":
        return f"share of {level_names(column)[int(change.at)]}", change.before, change.after
    if change.kind == "share_up_to":
        (value,) = written(column, column.decode(np.array([change.at * scale + loc])))
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        return f"share up to {text}", change.before, change.after
    return WORDS[change.kind], change.before, change.after
