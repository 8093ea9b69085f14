"""The question ``denoise`` about series: noise removed window by window, overlapping answers averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.arguments import BatchRows, Effort, NotNegative, RandomState, SeriesLike
from quintet.data.columns.base import Array
from quintet.data.sequences.series.windows import Join, cut, window_starts
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._series.filling import fill_series
from quintet.estimators._series.series_estimator import (
    SeriesEstimator,
    clock_of,
    in_source_form,
    model_of,
    read_known,
    refuse_stream,
)


@public
def denoise(
    self: SeriesEstimator,
    X: SeriesLike,
    noise: str = "auto",
    *,
    rate: NotNegative | None = None,
    return_report: bool = False,
    effort: Effort = "normal",
    batch_rows: BatchRows = 128,
    random_state: RandomState | None = None,
) -> Any:
    """Series without their noise; missing cells are filled.

    Parameters
    ----------
    noise, rate, effort, batch_rows, random_state : as of ``VAE.denoise``.
    return_report : return (series, report), the report on the windows.
    """
    vae, known = model_of(self, "denoise")
    refuse_stream(X, "denoise")
    data, values = read_known(known, X)
    options: dict[str, Any] = {"effort": effort, "batch_rows": batch_rows}
    seed = seed_for(vae, random_state)
    clean, report = _denoised(vae, values, known.window, known.hop, noise, rate, random_state=seed, **options)
    clock = clock_of(vae, known, [one.start for one in data.series])
    filled = fill_series(vae, clean, known.window, seed=seed, clock=clock, **options).mean
    answer = in_source_form(known, data, filled)
    return (answer, report) if return_report else answer


def _denoised(
    vae: Any, series: Sequence[Array], window: int, hop: int, noise: str, rate: float | None, **options: Any
) -> tuple[list[Array], Any]:
    """Series without their noise, (steps, channels) each, NaN where no window saw anything, and the report of
    ``VAE.denoise`` on their windows.

    Parameters
    ----------
    series : (steps, channels) each, NaN where missing.
    options : of ``VAE.denoise``.
    """
    starts = [window_starts(len(values), window, hop) for values in series]
    rows = np.concatenate([cut(values, own, window) for values, own in zip(series, starts, strict=True)])
    seen = ~np.isnan(rows).all((1, 2))
    clean = np.full(rows.shape, np.nan)
    report = None
    if seen.any():
        clean[seen], report = vae.denoise(rows[seen], noise, rate=rate, return_report=True, **options)
    out, at = [], 0
    for values, own in zip(series, starts, strict=True):
        join = Join(len(values), values.shape[1], window)
        part = clean[at : at + len(own)]
        join.add(own, part, ~np.isnan(part))
        mean = join.mean()  # of equal answers it may differ in its last bit
        out.append(np.where(np.isclose(mean, values, rtol=1e-12, atol=0), values, mean))
        at += len(own)
    return out, report
