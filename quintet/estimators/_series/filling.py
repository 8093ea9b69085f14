"""Missing steps filled by windows, round after round: imputation, and forecasts as imputation of the future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.series.gaps import Fill, fills
from quintet.data.sequences.series.windows import cut
from quintet.estimators._series.clock import SeriesClock

DRAWS = 100
"""Draws from which quantiles are taken where a window sees the answers of another."""
AT_ONCE = 1 << 22
"""Cells of windows that are filled together."""


@dataclass(frozen=True)
class Filled:
    """Filled series, (steps, channels) each; ``draws`` (draws, steps, channels) each, empty without draws; ``bands``
    (quantiles, steps, channels) each, empty without quantiles."""

    mean: list[Array]
    draws: list[Array]
    bands: list[Array]


@dataclass(frozen=True)
class _Place:
    """A fill of one series."""

    series: int
    fill: Fill


def fill_with_bands(
    vae: Any,
    series: Sequence[Array],
    window: int,
    levels: Sequence[float],
    draws: int,
    *,
    wanted: Sequence[Array] | None = None,
    **options: Any,
) -> Filled:
    """``fill_series``, with as many draws as the quantiles ``levels`` need where windows see each other's answers."""
    holes = [np.isnan(values) for values in series] if wanted is None else wanted
    if levels and not draws and len(_rounds(holes, window)) > 1:
        draws = DRAWS
    return fill_series(vae, series, window, draws=draws, quantiles=levels, wanted=holes, **options)


def fill_series(
    vae: Any,
    series: Sequence[Array],
    window: int,
    *,
    draws: int = 0,
    quantiles: Sequence[float] = (),
    seed: int = 0,
    wanted: Sequence[Array] | None = None,
    clock: SeriesClock | None = None,
    **options: Any,
) -> Filled:
    """Fill the missing cells of series; observed cells stay.

    The mean is that of the draws where there are such and a gap is filled in several rounds, whose answers depend on
    each other; else E[missing | observed].

    Parameters
    ----------
    series : (steps, channels) each, NaN where missing.
    draws : joint draws of all missing cells; 0: the mean alone.
    quantiles : of each missing cell, 0 to 1.
    wanted : (steps, channels) of bool each, the missing cells to fill; None: all.
    clock : of the series; None: their place in the calendar is unknown.
    options : of ``VAE.impute``.
    """
    holes = [np.isnan(values) for values in series] if wanted is None else wanted
    rounds = _rounds(holes, window)
    chained = len(rounds) > 1
    mean = [values.copy() for values in series]
    bands = [np.repeat(values[None], len(quantiles), axis=0) for values in series] if quantiles else []
    drawn = [np.repeat(values[None], draws, axis=0) for values in series] if draws else []
    if not draws:
        for number, places in enumerate(rounds):
            for some in _chunks(places, window, series, 1):
                rows = np.concatenate([_row(mean, place, window) for place in some])
                asked = options | _condition(clock, some, 1)
                answer, own = _answer(vae, rows, quantiles if not chained else (), seed + number, asked)
                for place, filled in zip(some, answer, strict=True):
                    _write(mean[place.series], holes[place.series], place, filled)
                for j in range(len(own)):
                    for place, filled in zip(some, own[j], strict=True):
                        _write(bands[place.series][j], holes[place.series], place, filled)
    if draws:
        _draw(vae, series, holes, drawn, rounds, window, draws, seed, clock, options)
        if chained or quantiles:
            for values, own in zip(mean, drawn, strict=True):
                values[...] = own.mean(0)
        if quantiles:
            for own_bands, own in zip(bands, drawn, strict=True):
                own_bands[...] = np.quantile(own, quantiles, axis=0)
    for out, own, gone in zip(mean, series, holes, strict=True):
        out[~gone] = own[~gone]  # the mean of equal draws may differ in its last bit
    return Filled(mean, drawn, bands)


def _rounds(holes: Sequence[Array], window: int) -> list[list[_Place]]:
    """The fills of all series, round by round."""
    rounds: list[list[_Place]] = []
    for number, missing in enumerate(holes):
        for at, own in enumerate(fills(missing, window)):
            if at == len(rounds):
                rounds.append([])
            rounds[at].extend(_Place(number, fill) for fill in own)
    return rounds


def _draw(
    vae: Any,
    series: Sequence[Array],
    holes: Sequence[Array],
    drawn: list[Array],
    rounds: list[list[_Place]],
    window: int,
    draws: int,
    seed: int,
    clock: SeriesClock | None,
    options: dict[str, Any],
) -> None:
    """Fill the draws, all of a round together: each sees its own answers of the rounds before."""
    for number, places in enumerate(rounds):
        for some in _chunks(places, window, series, draws):
            rows = np.concatenate(
                [_row([own[k] for own in drawn], place, window) for k in range(draws) for place in some]
            )
            asked = options | _condition(clock, some, draws)
            found = np.asarray(vae.impute(rows, draws=1, random_state=seed + number, **asked))[0]
            for k, own in enumerate(np.split(found, draws)):
                for place, filled in zip(some, own, strict=True):
                    _write(drawn[place.series][k], holes[place.series], place, filled)


def _condition(clock: SeriesClock | None, places: Sequence[_Place], draws: int) -> dict[str, Any]:
    """Where windows lie in the calendar as the condition of ``VAE.impute``, once for each draw."""
    if clock is None:
        return {}
    turns = clock.turns([place.series for place in places], [place.fill.start for place in places])
    return {"condition": np.tile(turns, (draws, 1))}


def _answer(
    vae: Any, rows: Array, quantiles: Sequence[float], seed: int, options: dict[str, Any]
) -> tuple[Array, Array]:
    """The means (k, window, channels) of windows, and the quantiles of each cell, (quantiles, k, window, channels)."""
    if not quantiles:
        return np.asarray(vae.impute(rows, random_state=seed, **options)), np.empty((0, *rows.shape))
    mean, bands = vae.impute(rows, quantiles=tuple(quantiles), random_state=seed, **options)
    return np.asarray(mean), np.asarray(bands)


def _chunks(places: Sequence[_Place], window: int, series: Sequence[Array], draws: int) -> list[list[_Place]]:
    """The places of a round, few enough at a time for memory."""
    size = max(1, AT_ONCE // max(1, window * series[0].shape[1] * draws))
    return [list(places[start : start + size]) for start in range(0, len(places), size)]


def _row(values: Sequence[Array], place: _Place, window: int) -> Array:
    """The window of a fill, (1, window, channels)."""
    return cut(values[place.series], np.array([place.fill.start]), window)


def _write(out: Array, hole: Array, place: _Place, filled: Array) -> None:
    """Lay the answer of a window (window, channels) on the missing cells of its fill."""
    fill = place.fill
    span, inner = slice(fill.low, fill.high), slice(fill.low - fill.start, fill.high - fill.start)
    cells = filled[inner][: len(out[span])]
    gone = hole[span]
    if not fill.dark:
        gone = gone & ~gone.all(1, keepdims=True)
    out[span][gone] = cells[gone]
