"""The question ``predict_column``: one column of a table given the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.arguments import BatchRows, Condition, Missing, Quantiles, RowsLike
from quintet.data.columns.answers import written
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import read_frame
from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.columns.places import place_of
from quintet.data.row_checks import check_rows
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import Unanswerable
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.finite_answers import NAN_CURE, sound
from quintet.estimators._input.user_rows import mask_of_cells, rows_of_cells
from quintet.estimators.progress import progress_bar
from quintet.tasks import predict_column as task

OTHER = "(other)"
"""Name of the probability of all levels that training showed once or not at all."""


@public
@sound
def predict_column(
    self: FittedEstimator,
    X: RowsLike,
    column: str,
    *,
    quantiles: Quantiles = (0.05, 0.5, 0.95),
    mask: Missing | None = None,
    condition: Condition | None = None,
    batch_rows: BatchRows = 256,
) -> Any:
    """p(column | the other cells of the row) for any column of a table, whatever other cells are missing.

    The column's own cells are not read; X may lack it. The answer is a frame of X's library with X's index, or an array
    where X is one.

    Parameters
    ----------
    X : rows with the columns of training; NaN is missing.
    column : name of the column.
    quantiles : probabilities of the quantiles of a column of numbers or times.
    mask : bool, X's shape or a row's, True where a cell counts as missing.

    Returns
    -------
    Of a column of levels their probabilities, (n, levels), which sum to 1, with the levels as names; a last column
    "(other)", where levels besides those of training are possible, has the probability of all of them. Of a column of
    numbers or times the mean and the quantiles, (n, 1 + quantiles), named "mean", "0.05" and so on.
    """
    fitted = fitted_for(self, "predict_column")
    schema = fitted.schema
    if not schema.columns:
        raise Unanswerable(
            "predict_column needs a model of a table of columns: fit a frame, or an array with VAE(kind='columns')."
        )
    place = place_of(schema.columns, column, "column")
    cells = schema.encode(X, unread=(column,))
    check_rows(cells)
    rows = rows_of_cells(cells, schema, condition, mask_of_cells(mask, schema, X))
    with progress_bar(self.verbose) as progress:
        found = task.predict_column(fitted, rows, place, quantiles, batch_rows=batch_rows, progress=progress).numpy()
    if np.isnan(found).any():
        raise Unanswerable(f"The answer holds NaN: {NAN_CURE}")
    asked = schema.modelled[place]
    if asked.codes:
        return _framed(_shares(level_names(asked), found), X)
    return _framed(_numbers(asked, quantiles, found * schema.scale[place] + schema.loc[place]), X)


def level_names(column: AnyColumn) -> list[str]:
    """The levels of a column as text, with a name for all others where they are possible."""
    names, other = [str(level) for level in getattr(column, "levels", ())], OTHER
    while other in names:
        other = f"({other})"
    return [*names, other] if column.open else names


def _shares(names: Sequence[str], found: Array) -> list[tuple[AnyColumn, Array]]:
    """A column of probabilities for each level."""
    return [(Continuous(name=name, dtype="float64"), found[:, j]) for j, name in enumerate(names)]


def _numbers(column: AnyColumn, quantiles: Sequence[float], cells: Array) -> list[tuple[AnyColumn, Array]]:
    """The mean and legal quantiles of a column of numbers or times; the mean of times is a legal one, too."""
    named = [column.model_copy(update={"name": name}) for name in ("mean", *map(str, quantiles))]
    found = [(c, written(c, c.decode(cells[:, j]))) for j, c in enumerate(named)]
    if isinstance(column, Continuous | Integer):
        found[0] = Continuous(name="mean", dtype="float64"), cells[:, 0] + column.support.offset
    return found


def _framed(columns: Sequence[tuple[AnyColumn, Array]], like: Any) -> Any:
    """Columns as a frame of the library of ``like``, with its index; an array of their numbers where it is an array."""
    container = read_frame(like).container
    if container == "array":
        return np.stack([values for _, values in columns], -1)
    same = like.iloc[:, :0] if container == "pandas" else None
    return build_frame([column for column, _ in columns], {c.name: values for c, values in columns}, container, same)
