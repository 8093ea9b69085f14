"""Three of the five questions: what is new, what was clean, what is missing."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import (
    BatchRows,
    Condition,
    Count,
    DrawsOrMean,
    Effort,
    LatentOrEach,
    Missing,
    NotNegative,
    RandomState,
    RowsLike,
)
from quintet.data.dataset import Rows, as_rows
from quintet.data.readers.wide_numbers import floats_round
from quintet.data.schema import Array, Schema
from quintet.entry_points import public
from quintet.estimators._fit.fitting import progress_of
from quintet.estimators._input import user_rows
from quintet.estimators._input.finite_answers import sound
from quintet.estimators.base import FittedEstimator
from quintet.tasks.denoise.denoise import Denoised, denoise
from quintet.tasks.generate import generate
from quintet.tasks.impute import impute

log = logging.getLogger("quintet")


class QuestionMethods(FittedEstimator):
    """generate, denoise, impute."""

    @public
    @sound
    def generate(
        self,
        n: Count = 1,
        condition: Condition | None = None,
        *,
        temperature: NotNegative = 1.0,
        mean: LatentOrEach | None = None,
        spread: LatentOrEach | None = None,
        sampler: str | None = None,
        expected: bool | None = None,
        return_condition: bool = False,
        batch_rows: BatchRows = 256,
        random_state: RandomState | None = None,
    ) -> Any:
        """New rows: z by the sampler, then x from p(x|z); (n, *row_shape) in the user's units.

        Parameters
        ----------
        n : how many.
        condition : one for all rows, or one for each; None: drawn as in the training rows, for a conditional model.
        temperature : the latents' spread is multiplied by it; below 1: likelier, less varied rows.
        mean, spread : (latent_dim,) or (n, latent_dim), in place of the prior's 0 and 1.
        sampler : "prior"; or by the training rows' latents "mixture", "flow", "two_stage" (both fitted when first asked
            for, seconds) or "neighbours"; None: the one that ``fit`` chose on held-out rows.
        expected : E[x|z] in place of a draw of x; None: for images.
        return_condition : give (rows, conditions), so that rows of a conditional model have their labels.
        batch_rows : rows at a time; it changes memory, not answers.
        random_state : seed; None: the model's, so that the same call gives the same rows.
        """
        fitted = self._check_fitted("generate")
        schema = fitted.schema
        user_rows.refuse_condition(schema, condition)
        encoded = None
        if schema.condition is not None and condition is not None:
            encoded = schema.condition.encode(condition, n)
        with progress_of(self) as progress:
            found = generate(
                fitted,
                n,
                condition=encoded,
                temperature=temperature,
                mean=_latents(mean),
                spread=_latents(spread),
                sampler=sampler,
                expected=schema.is_image if expected is None else expected,
                batch_rows=batch_rows,
                seed=self._seed(random_state),
                progress=progress,
            )
        rows = self._as_asked(schema.to_user(found.x))
        if not return_condition:
            return rows
        if schema.condition is None or found.condition is None:
            return rows, None
        return rows, schema.condition.named(found.condition)

    @public
    @sound
    def denoise(
        self,
        X: RowsLike,
        noise: str = "auto",
        *,
        rate: NotNegative | None = None,
        condition: Condition | None = None,
        mask: Missing | None = None,
        return_report: bool = False,
        effort: Effort = "normal",
        batch_rows: BatchRows = 128,
        random_state: RandomState | None = None,
    ) -> Any:
        """E[x | x̃]: corrupted rows made clean, (n, *row_shape); missing cells are filled.

        Rows on which nothing speaks for noise come back as they are, bit for bit where the dtypes agree.

        Parameters
        ----------
        X : (n, *row_shape) corrupted rows.
        noise : "replacement" (cells replaced by uniform values; also "uniform"), "salt_pepper", "masking" (cells set to
            0), "normal" (added), "none", or "auto": the kind that explains the rows best, beyond what it would
            explain of clean rows. Rows whose noise is of no such kind ("unknown") come back as they are.
        rate : share of cells hit, or the normal noise's spread in ranges; None: found for each row.
        return_report : give (rows, report): its ``kind``, ``rates`` (n,) and ``evidence`` (nats a row).
        effort : "low", "normal" or "high".
        """
        fitted = self._check_fitted("denoise")
        rows, array = self._take(X, condition, mask)
        with progress_of(self) as progress:
            found = denoise(
                fitted,
                rows,
                noise=noise,
                rate=rate,
                effort=effort,
                batch_rows=batch_rows,
                seed=self._seed(random_state),
                progress=progress,
            )
        self._say(found)
        clean = self._as_asked(_left(fitted.schema, found, rows, array), X)
        return (clean, found) if return_report else clean

    @public
    @sound
    def impute(
        self,
        X: RowsLike,
        *,
        draws: DrawsOrMean = 0,
        mask: Missing | None = None,
        condition: Condition | None = None,
        return_mean: bool = False,
        effort: Effort = "normal",
        batch_rows: BatchRows = 128,
        random_state: RandomState | None = None,
    ) -> Any:
        """Rows with their missing cells filled; the others come back bit for bit.

        Parameters
        ----------
        X : (n, *row_shape); NaN is missing.
        draws : 0 for the mean E[missing | observed], (n, *row_shape); k for k draws from p(missing | observed),
            (k, n, *row_shape).
        mask : bool, X's shape or a row's, True where a cell is missing; for kinds that have no NaN.
        return_mean : give (mean, draws).
        effort : "low", "normal" or "high".
        """
        fitted = self._check_fitted("impute")
        rows, array = self._take(X, condition, mask)
        with progress_of(self) as progress:
            found = impute(
                fitted,
                rows,
                draws=draws,
                effort=effort,
                batch_rows=batch_rows,
                seed=self._seed(random_state),
                progress=progress,
            )
        schema, (array, there) = fitted.schema, as_rows(array, fitted.schema, mask)
        mean = self._as_asked(_overlaid(schema.to_user(found.mean), array, there), X)
        if not draws:
            return mean
        drawn = np.stack([_overlaid(schema.to_user(found.draws[:, k]), array, there) for k in range(draws)])
        return (mean, drawn) if return_mean else drawn

    def _say(self, found: Denoised) -> None:
        """The kind of noise and its rate, as a line of the log (and of standard error where verbose)."""
        line = f"noise: {found.kind}, rate {float(found.rates.mean()):.3f} (mean of {len(found.rates)} rows)"
        if found.kind in ("none", "unknown"):
            line = f"noise: {found.kind}; the rows are left as they are"
        log.info(line)
        if self.verbose:
            import sys

            print(line, file=sys.stderr)


def _left(schema: Schema, found: Denoised, rows: Rows, array: Array) -> Array:
    """Clean rows in the user's units; rows without noise keep the cells that the user gave, unrounded.

    Cells that held one value in training are that value.
    """
    clean = schema.to_user(found.x)
    if array.dtype.kind == "f" and clean.dtype.kind != "f":
        clean = clean.astype(array.dtype)
    still = np.broadcast_to((found.rates == 0).numpy().reshape(-1, *[1] * (clean.ndim - 1)), clean.shape)
    if rows.observed is not None:
        still = still & schema.to_user_layout(rows.observed.numpy())
    if schema.constant:
        varying = np.ones(schema.size, dtype=bool)
        varying[[place for place, _ in schema.constant]] = False
        still = still & varying.reshape(clean.shape[1:])
    if not still.any():
        return clean
    return np.where(still, array.reshape(clean.shape).astype(clean.dtype), clean)


def _latents(value: Any) -> Tensor | None:
    return None if value is None else torch.as_tensor(np.asarray(value, dtype=np.float32))


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
        if floats_round(array[there], dtype):
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
