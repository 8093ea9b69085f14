"""The question ``impute``: missing cells filled."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from quintet.arguments import (
    BatchRows,
    Condition,
    CountOrZero,
    DrawsOrMean,
    Effort,
    Missing,
    Quantiles,
    RandomState,
    RowsLike,
)
from quintet.data.readers.wide_numbers import floats_round
from quintet.data.row_shape import as_rows
from quintet.data.schema import Array, Schema
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.constrained_rows import obeying
from quintet.estimators._answers.containers import framed, in_containers, in_output_container
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._input.finite_answers import sound
from quintet.estimators._input.user_rows import mask_of_cells, rows_of
from quintet.estimators.progress import progress_bar
from quintet.tasks import impute as task
from quintet.tasks.impute import Imputed


@public
@sound
def impute(
    self: FittedEstimator,
    X: RowsLike,
    *,
    draws: DrawsOrMean = 0,
    quantiles: Quantiles | None = None,
    mask: Missing | None = None,
    condition: Condition | None = None,
    return_mean: bool = False,
    effort: Effort = "normal",
    batch_rows: BatchRows = 128,
    random_state: RandomState | None = None,
    first_row: CountOrZero = 0,
) -> Any:
    """Rows with their missing cells filled; observed cells are returned bit for bit.

    Parameters
    ----------
    X : (n, *row_shape); NaN is missing.
    draws : 0 for the mean E[missing | observed], (n, *row_shape); k for k draws from p(missing | observed),
        (k, n, *row_shape).
    quantiles : probabilities above 0 and below 1, such as (0.05, 0.95): return (mean, quantiles), quantiles (k, n,
        *row_shape) of each missing cell given the observed ones. Of rows of kind "real", without ``draws``.
    mask : bool, X's shape or a row's, True where a cell is missing, for kinds that have no NaN; of images with channels
        also (n, height, width) or (height, width), for all channels.
    return_mean : return (mean, draws).
    effort : "low", "normal" or "high".
    first_row : place of X's first row among the rows that it is a part of: parts then get the answers of the whole.
    """
    fitted = fitted_for(self, "impute")
    if quantiles is not None:
        _refuse_quantiles(fitted.schema, draws)
    rows, array = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        found = task.impute(
            fitted,
            rows,
            draws=draws,
            quantiles=quantiles or (),
            effort=effort,
            batch_rows=batch_rows,
            seed=seed_for(self, random_state),
            first_row=first_row,
            progress=progress,
        )
    schema, (array, there) = fitted.schema, as_rows(array, fitted.schema, mask_of_cells(mask, fitted.schema, X))
    if schema.columns:
        return _frames(self, found, X, array, there, draws, return_mean)
    mean = in_output_container(self, _overlaid(schema.to_user(found.mean), array, there), X)
    several = found.draws if quantiles is None else found.quantiles
    if not several.shape[1]:
        return mean
    filled = np.stack([_overlaid(schema.to_user(each), array, there) for each in several.unbind(1)])
    answers = in_containers(self, filled, X)
    return (mean, answers) if return_mean or quantiles is not None else answers


def _refuse_quantiles(schema: Schema, draws: int) -> None:
    if not schema.is_standardised or schema.columns:
        raise InputError(
            f"quantiles needs rows of kind 'real', got {schema.describe()}: take those of draws, with draws=100."
        )
    if draws:
        raise InputError(f"quantiles cannot be asked together with draws, got draws={draws}: ask twice.")


def _frames(
    self: FittedEstimator,
    found: Imputed,
    X: Any,
    array: Array,
    there: Array | None,
    draws: int,
    return_mean: bool,
) -> Any:
    """The filled rows of a table as frames; the draws as a list of them."""
    schema = self.fitted_.schema
    kept = np.ones(found.mean.shape, dtype=bool) if there is None else there

    def filled(cells: Tensor) -> Any:
        own = np.where(kept, array, schema.to_user(cells))
        return framed(self, obeying(schema, own, kept), X, kept)

    mean = filled(found.mean)
    if not draws:
        return mean
    drawn = [filled(found.draws[:, k]) for k in range(draws)]
    return (mean, drawn) if return_mean else drawn


def _overlaid(filled: Array, array: Array, there: Array | None) -> Array:
    """Filled rows with the user's own cells where there are such, in the user's dtype where it can hold them.

    Whole numbers that floats would round stay whole, and what is filled in beside them is rounded.
    """
    if there is None:
        return array.copy()
    if array.dtype.kind == "f" or filled.dtype == array.dtype:
        dtype = array.dtype
    else:
        dtype = np.result_type(array, filled)
        if dtype.kind == "f" and floats_round(array[there], dtype):
            return np.where(there, array, _rounded(filled, array.dtype))
    with np.errstate(over="ignore"):
        out = np.where(there, array, filled.astype(dtype, copy=False)).astype(dtype, copy=False)
    if dtype.kind == "f" and not np.isfinite(out).all():  # float16 ends at 65504
        return np.where(there, array, filled)
    return out


def _rounded(filled: Array, dtype: np.dtype[Any]) -> Array:
    """Numbers as whole ones of a type, its limits where they lie beyond."""
    limits = np.iinfo(dtype)
    inside = np.clip(np.rint(filled), float(limits.min), float(limits.max))
    out = np.where(inside >= float(limits.max), 0, inside).astype(dtype)
    return np.where(inside >= float(limits.max), dtype.type(limits.max), out)
