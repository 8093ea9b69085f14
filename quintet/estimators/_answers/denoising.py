"""The question ``denoise``: rows without their noise."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

import numpy as np

from quintet.arguments import BatchRows, Condition, Effort, Missing, NoiseLike, NotNegative, RandomState, RowsLike
from quintet.data.dataset import Rows
from quintet.data.schema import Array, Schema
from quintet.entry_points import public
from quintet.estimators._answers.containers import framed, in_output_container
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._input.finite_answers import sound
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.progress import progress_bar
from quintet.tasks.denoise import denoise as task
from quintet.tasks.denoise.denoise import Denoised
from quintet.tasks.denoise.noise_kind_choice import NoiseKindChoice

log = logging.getLogger("quintet")


@public
@sound
def denoise(
    self: FittedEstimator,
    X: RowsLike,
    noise: NoiseLike = "auto",
    *,
    rate: NotNegative | None = None,
    condition: Condition | None = None,
    mask: Missing | None = None,
    return_report: bool = False,
    effort: Effort = "normal",
    batch_rows: BatchRows = 128,
    random_state: RandomState | None = None,
) -> Any:
    """E[x | x̃]: the clean rows, (n, *row_shape); missing cells are filled.

    Rows without evidence of noise are returned unchanged, bit for bit where the dtypes agree.

    Parameters
    ----------
    X : (n, *row_shape) corrupted rows.
    noise : "replacement" (cells replaced by uniform values; also "uniform"), "salt_pepper", "masking" (cells set to
        0), "normal" (added), "none", or "auto": the kind that explains the rows best, beyond what it would
        explain of clean rows. Rows whose noise is of no such kind ("unknown") are returned unchanged. The report of
        another call gives its choice to rows of the same source, such as the parts of a large one.
    rate : share of corrupted cells, or the normal noise's spread in ranges; None: estimated for each row.
    return_report : return (rows, report): its ``kind``, ``rates`` (n,) and ``evidence`` (nats a row).
    effort : "low", "normal" or "high".
    """
    fitted = fitted_for(self, "denoise")
    rows, array = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        found = task.denoise(
            fitted,
            rows,
            noise=_choice(noise),
            rate=rate,
            effort=effort,
            batch_rows=batch_rows,
            seed=seed_for(self, random_state),
            progress=progress,
        )
    _report(found, self.verbose)
    if fitted.schema.columns:
        cells = fitted.schema.to_user(found.x)
        clean = framed(self, cells, X, _kept(found, rows) | (cells == array))
    else:
        clean = in_output_container(self, _undenoised_kept(fitted.schema, found, rows, array), X)
    return (clean, found) if return_report else clean


def _choice(noise: Any) -> str | NoiseKindChoice:
    """A kind by its name, or the choice that a report holds; a report of a given kind has no threshold of its own."""
    if isinstance(noise, str):
        return noise
    return NoiseKindChoice(noise.kind, noise.evidence, noise.least) if noise.evidence else str(noise.kind)


def _kept(found: Denoised, rows: Rows) -> Array:
    """Which cells of a table keep the user's value bit for bit, (n, cells) of bool: those of rows without noise, and
    those that are believed."""
    still: Array = ((found.rates == 0)[:, None] | (found.x == rows.batch(slice(None)).x)).numpy()
    return still


def _report(found: Denoised, verbose: bool | Literal["auto"]) -> None:
    """Log the kind of noise and its rate; on standard error too where ``verbose`` is True."""
    line = f"noise: {found.kind}, rate {float(found.rates.mean()):.3f} (mean of {len(found.rates)} rows)"
    if found.kind in ("none", "unknown"):
        line = f"noise: {found.kind}; the rows are left as they are"
    log.info(line)
    if verbose and verbose != "auto":
        print(line, file=sys.stderr)


def _undenoised_kept(schema: Schema, found: Denoised, rows: Rows, array: Array) -> Array:
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
