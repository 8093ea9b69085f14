"""Spectrograms of recordings, with what is damaged marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.data.sequences.sound.recording import Recording
from quintet.data.sequences.sound.spectrogram import log_mel, window_of
from quintet.report.figures.canvas import FULL, plot, styled
from quintet.report.figures.palettes import Palette, get_palette

BANDS, MOST_FRAMES = 64, 800
FLOOR = 1e-3
"""Added to the power of a band, of samples with a mean square of 1."""


@styled
def spectrogram(
    recording: Recording, intervals: Sequence[Any] = (), palette: str | Sequence[str] | Palette = "petroff"
) -> Figure:
    """The log mel energies of a recording over time, in dB, with marks under its damaged stretches.

    Parameters
    ----------
    intervals : with ``start`` and ``stop`` in steps, and ``kind``.
    """
    x = recording.by_channel.mean(1).astype(np.float64)
    window = window_of(recording.rate)
    x = np.pad(x / (np.sqrt(np.mean(np.square(x))) + 1e-9), (0, max(0, window - len(x))))
    hop = max(window // 8, -(-(len(x) - window) // MOST_FRAMES), 1)
    starts = np.arange(0, len(x) - window + 1, hop)
    energies: NDArray[Any] = 10 / np.log(10) * log_mel(x, starts, recording.rate, BANDS, FLOOR)
    figure, axes = plot(FULL, 2.6)
    top = min(recording.rate / 2, 8000) / 1000
    image = axes.imshow(
        energies.T, aspect="auto", origin="lower", cmap="magma", extent=(0, recording.seconds, 0, BANDS)
    )
    hertz = np.array([h for h in (0.25, 0.5, 1, 2, 4, 8) if h <= top])
    low, high = np.log10(1 + 60 / 700), np.log10(1 + 1000 * top / 700)
    axes.set_yticks(BANDS * (np.log10(1 + 1000 * hertz / 700) - low) / (high - low), [f"{h:g}" for h in hertz])
    colour = get_palette(palette).strange
    for each in intervals:
        middle = 0.5 * (each.start + each.stop) / recording.rate
        axes.axvline(middle, ymin=0.9, color=colour, linewidth=max(1.0, 400 * (each.stop - each.start) / len(x)))
    axes.set_xlabel("seconds" + (f"; marked: {len(intervals)} damaged stretches" if intervals else ""))
    axes.set_ylabel("kHz")
    figure.colorbar(image, ax=axes, label="dB", pad=0.01)
    return figure
