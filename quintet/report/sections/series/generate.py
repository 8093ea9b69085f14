"""The section on new series: windows as curves, and how they move beside real ones."""

from __future__ import annotations

import numpy as np

from quintet.report.figures import series, series_answers
from quintet.report.figures.series import Curves
from quintet.report.page import Answer, Panel, Section
from quintet.report.series_material import Array, SeriesMaterial

NEW = 200
SHOWN = 3
"""Channels and windows that are drawn."""


def drawing(m: SeriesMaterial) -> tuple[Section, Answer]:
    """Generation: new windows beside real ones."""
    real = m.training.test
    count = min(NEW // (4 if m.quick else 1), max(20, len(real)))
    new = np.asarray(m.vae.generate(count, random_state=m.seed), dtype=float)
    lags = min(m.known.window // 2, 2 * (m.known.period or m.known.window)) + 1
    ours, truth = autocorrelation(new, lags), autocorrelation(real, lags)
    shuffled = autocorrelation(np.random.default_rng(m.seed).permuted(real, axis=1), lags)
    gap, other = (float(np.abs(each - truth)[1:].mean()) for each in (ours, shuffled))
    channels = range(len(m.channels))
    panels = [
        _windows(m, real, new),
        Panel(
            "autocorrelation",
            series_answers.autocorrelations(truth, ours, m.known.period, m.palette),
            "How steps depend on earlier ones",
            "New windows should rise and fall with the lag as real ones do, above all at the period. Mean of the "
            "channels.",
            alt=f"Autocorrelation by lag up to {lags - 1} steps; the mean difference is {gap:.3f}.",
        ),
        Panel(
            "value-quantiles",
            series_answers.value_quantiles(
                [real[..., j].ravel() for j in channels], [new[..., j].ravel() for j in channels], m.channels, m.palette
            ),
            "Which values steps have",
            "Lines on the diagonal: new steps have the values of real ones. A flatter line has too little spread.",
            alt="Quantiles of new against real steps, channel by channel.",
        ),
    ]
    section = Section("generate", "Generate", f"{count:,} new windows were drawn from the model.", list(panels))
    return section, Answer(
        "Generate",
        f"{count:,} new windows; mean difference of their autocorrelation from that of real ones",
        f"{gap:.3f}",
        f"shuffled steps {other:.3f}",
    )


def autocorrelation(windows: Array, lags: int) -> Array:
    """The autocorrelation of windows (n, steps, channels) by lag, (lags,), pooled over windows and channels."""
    centred = windows - np.nanmean(windows, axis=(0, 1))
    centred = centred / (np.nanstd(windows, axis=(0, 1)) + 1e-12)
    steps = windows.shape[1]
    return np.array([np.nanmean(centred[:, lag:] * centred[:, : steps - lag]) for lag in range(lags)])


def _windows(m: SeriesMaterial, real: Array, new: Array) -> Panel:
    order = np.random.default_rng(m.seed).permutation(len(real))[:SHOWN]
    plots = []
    for j, name in enumerate(m.channels[:SHOWN]):
        plots += [Curves(f"{name}, real", {"real window": real[i, :, j]}) for i in order]
        plots += [Curves(f"{name}, new", {"new window": new[i, :, j]}) for i in range(SHOWN)]
    return Panel(
        "new-windows",
        series.curve_grid(plots, wide=SHOWN, palette=m.palette, groups=2 * SHOWN),
        "Real and new windows",
        "It should be hard to tell which are real.",
        wide=True,
        alt=f"{SHOWN} real and {SHOWN} new windows of {min(SHOWN, len(m.channels))} channel(s).",
    )
