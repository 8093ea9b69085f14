"""The question ``impute`` about series: gaps and missing cells filled."""

from __future__ import annotations

from typing import Any

from quintet.arguments import BatchRows, DrawsOrMean, Effort, OpenShare, RandomState, SeriesLike
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._series.filling import fill_with_bands
from quintet.estimators._series.series_estimator import (
    SeriesEstimator,
    clock_of,
    in_source_form,
    model_of,
    read_known,
    refuse_stream,
)


@public
def impute(
    self: SeriesEstimator,
    X: SeriesLike,
    *,
    interval: OpenShare | None = None,
    draws: DrawsOrMean = 0,
    effort: Effort = "normal",
    batch_rows: BatchRows = 128,
    random_state: RandomState | None = None,
) -> Any:
    """Series with their gaps and missing cells filled; observed cells stay bit for bit.

    Parameters
    ----------
    X : the source; steps of its grid that have no row are filled, too.
    interval : 0.9 for bands that hold each missing cell with probability 0.9: gives (series, low, high).
    draws : k for a list of k joint draws in place of the mean.
    effort, batch_rows, random_state : as of ``VAE.impute``.
    """
    vae, known = model_of(self, "impute")
    refuse_stream(X, "impute")
    data, values = read_known(known, X)
    levels = () if interval is None else ((1 - interval) / 2, (1 + interval) / 2)
    found = fill_with_bands(
        vae,
        values,
        known.window,
        levels,
        draws,
        seed=seed_for(vae, random_state),
        clock=clock_of(vae, known, [one.start for one in data.series]),
        effort=effort,
        batch_rows=batch_rows,
    )
    if draws:
        return [in_source_form(known, data, [own[k] for own in found.draws]) for k in range(draws)]
    mean = in_source_form(known, data, found.mean)
    if interval is None:
        return mean
    return mean, *(in_source_form(known, data, [own[j] for own in found.bands]) for j in range(2))
