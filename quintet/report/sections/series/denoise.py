"""The section on denoising series: normal noise was added, and taken off, beside a moving mean."""

from __future__ import annotations

import warnings

import numpy as np

from quintet.errors import QuintetWarning
from quintet.estimators._series.denoising import _denoised
from quintet.report.figures import series_answers
from quintet.report.figures.series_answers import Answered
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sections.series.impute import SHOWN, straight
from quintet.report.series_material import Array, SeriesMaterial

NOISE = (0.25, 0.5)
"""Standard deviations of the noise, in those of a channel."""
WIDTHS = (3, 5, 9)
"""Steps of the moving means, of which the best one is compared."""


def cleaning(m: SeriesMaterial) -> tuple[Section, Answer]:
    """Denoising: noise of two sizes, of a kind and rate that the model does not know."""
    truth = [each.cells for each in m.stretches[: 4 if m.quick else 8]]
    everywhere = [~np.isnan(each) for each in truth]
    lines = list[tuple[float, float, float, float, str]]()
    shown: tuple[Array, Array] | None = None
    for size in NOISE:
        rng = np.random.default_rng((m.seed, int(100 * size)))
        noisy = [each + size * m.scale * rng.normal(size=each.shape) for each in truth]
        with warnings.catch_warnings():  # on the kind of noise, which the table states
            warnings.simplefilter("ignore", QuintetWarning)
            window, hop = m.known.window, m.known.hop
            clean, report = _denoised(m.vae, noisy, window, hop, "auto", None, random_state=m.seed)
        mean = min(
            ([moving_mean(each, width) for each in noisy] for width in WIDTHS),
            key=lambda own: m.errors(truth, own, everywhere),
        )
        ours, moved, left = (m.errors(truth, own, everywhere) for own in (clean, mean, noisy))
        lines.append((size, ours, moved, left, f"{report.kind.replace('_', ' ')}, {float(report.rates.mean()):.2g}"))
        shown = (noisy[0], clean[0])
    assert shown is not None
    listed = [(f"{size:g} sd", *(f"{x:.3f}" for x in (a, b, c)), kind) for size, a, b, c, kind in lines]
    table = TextTable(
        "In figures",
        ("noise added", "quintet", "best moving mean", "left noisy", "estimated noise"),
        listed,
        "Mean absolute error in standard deviations of a channel; of the moving mean the width is the best one in "
        "hindsight.",
        wide=True,
    )
    section = Section(
        "denoise",
        "Denoise",
        "Normal noise was added to the steps, and taken off again without knowledge of its kind and size.",
        [_panel(m, *shown), table],
    )
    size, ours, theirs = lines[-1][:3]
    return section, Answer(
        "Denoise",
        f"normal noise of {size:g} sd, kind and size unknown",
        f"{ours:.3f} sd",
        f"best moving mean {theirs:.3f}",
    )


def moving_mean(cells: Array, width: int) -> Array:
    """The mean of ``width`` neighbouring steps, (steps, channels)."""
    whole = np.pad(straight(cells), ((width // 2, width // 2), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(whole, width, axis=0).mean(-1))


def _panel(m: SeriesMaterial, noisy: Array, clean: Array) -> Panel:
    stretch = m.stretches[0]
    some = slice(0, min(len(noisy), m.known.window, max(96, 3 * (m.known.period or 48))))
    plots = [
        Answered(
            m.channels[j],
            stretch.times[some],
            stretch.cells[some, j],
            np.full(len(noisy[some]), np.nan),
            clean[some, j],
            noisy=noisy[some, j],
        )
        for j in range(min(SHOWN, len(m.channels)))
    ]
    return Panel(
        "denoised-series",
        series_answers.answered(plots, "denoised", "", palette=m.palette),
        f"Noise of {NOISE[-1]:g} standard deviations, and what is left",
        "Denoised steps should lie on the observed ones; peaks that go with the noise are lost.",
        wide=True,
        alt=f"{len(plots)} channel(s) with noise, as observed, and denoised.",
    )
