"""The question ``forecast``: imputation of the steps behind the end of each series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.arguments import BatchRows, Draws, Effort, Quantiles, RandomState, SeriesLike, Steps
from quintet.data.columns.base import Array
from quintet.data.sequences.series.answers import Part, in_form
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import SeriesData
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._series.channels import Channels
from quintet.estimators._series.filling import Filled, fill_with_bands
from quintet.estimators._series.forecasts import Forecast, columns_of
from quintet.estimators._series.series_estimator import SeriesEstimator, clock_of, model_of, read_known


@public
def forecast(
    self: SeriesEstimator,
    X: SeriesLike,
    steps: Steps = 24,
    *,
    quantiles: Quantiles = (0.1, 0.5, 0.9),
    draws: Draws | None = None,
    effort: Effort = "normal",
    batch_rows: BatchRows = 128,
    random_state: RandomState | None = None,
) -> Forecast:
    """The steps behind the end of each series, window after window.

    Parameters
    ----------
    X : the past, of which the last window is used.
    steps : how many.
    quantiles : levels of the quantiles of each step.
    draws : joint draws of the future, which the answer then has. More than half a window of steps takes draws in any
        case, 100 unless given.
    effort, batch_rows, random_state : as of ``VAE.impute``.

    Returns
    -------
    Forecast
        ``mean`` (steps, channels), ``quantiles`` (levels, steps, channels), ``draws``, ``times``, and ``table`` in the
        form of the source; lists for several series.
    """
    vae, known = model_of(self, "impute")
    data, values = read_known(known, X)
    past, wanted = _extended(values, steps, known.window)
    levels = tuple(float(level) for level in quantiles)
    begins = [
        one.start + (len(one) + steps - len(own)) * data.axis.step for one, own in zip(data.series, past, strict=True)
    ]
    found = fill_with_bands(
        vae,
        past,
        known.window,
        levels,
        draws or 0,
        wanted=wanted,
        seed=seed_for(vae, random_state),
        clock=clock_of(vae, known, begins),
        effort=effort,
        batch_rows=batch_rows,
    )
    return _forecast(known, data, found, steps, levels, keep_draws=draws is not None)


def _extended(series: Sequence[Array], steps: int, window: int) -> tuple[list[Array], list[Array]]:
    """The last window of each series with missing steps behind it, and which cells are wanted."""
    past, wanted = [], []
    for values in series:
        last, future = values[-window:], np.full((steps, values.shape[1]), np.nan)
        past.append(np.concatenate([last, future]))
        wanted.append(np.concatenate([np.zeros(last.shape, bool), np.ones(future.shape, bool)]))
    return past, wanted


def _forecast(
    known: SeriesDescription, data: SeriesData, found: Filled, steps: int, levels: tuple[float, ...], keep_draws: bool
) -> Forecast:
    """The last steps of filled series as a forecast."""
    whole = Channels(known)
    mean = [whole.expanded(own[-steps:]) for own in found.mean]

    def stacked(parts: Sequence[Array], count: int) -> list[Array]:
        if not count:
            return [np.empty((0, *own.shape)) for own in mean]
        return [np.stack([whole.expanded(each[-steps:]) for each in own]) for own in parts]

    bands = stacked(found.bands, len(levels))
    drawn = stacked(found.draws, len(found.draws) if keep_draws else 0)
    starts = [one.start + len(one) * data.axis.step for one in data.series]
    times = [data.axis.stamps(start, steps) for start in starts]
    shares = tuple(name for each in data.categories for name in each.channels)
    names, parts = columns_of(data.channels, levels, mean, bands, shares)
    made = [Part(start, own, one.name) for start, own, one in zip(starts, parts, data.series, strict=True)]
    table = in_form(data, made, names, ["float64"] * len(names), shares=True)
    many = data.many or data.id_column is not None
    fields: list[Any] = [each if many else each[0] for each in (mean, bands, drawn, times)]
    labels = tuple(one.name for one in data.series) if data.id_column is not None else ()
    return Forecast(
        mean=fields[0],
        quantiles=fields[1],
        draws=fields[2],
        times=fields[3],
        table=table,
        levels=levels,
        channels=data.channels,
        names=labels,
        many=many,
        shares=shares,
    )
