"""Figures of recordings: waveforms with what was damaged and mended, and galleries of spectrograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.data.sequences.sound.recording import Recording
from quintet.data.sequences.sound.spectrogram import log_mel, window_of
from quintet.report.figures.canvas import across, empty_figure, full_width, is_narrow, styled
from quintet.report.figures.palettes import INK, MUTED, Palette, get_palette

Array = NDArray[Any]
Colours = str | Sequence[str] | Palette
BANDS, FRAMES, FLOOR = 48, 120, 1e-3
"""Bands and most frames of a small spectrogram, and what is added to the power of a band."""
POINTS = 1_500
"""Most points of a curve."""


@dataclass(frozen=True)
class Wave:
    """A stretch of a recording: title, first second, and samples (steps,) as damaged, mended and in truth.

    ``where``: (steps,), what was damaged; the samples of one channel, as shares of the largest possible value.
    """

    title: str
    start: float
    rate: int
    damaged: Array
    mended: Array
    truth: Array
    where: Array


@styled
def waves(
    plots: Sequence[Wave], damaged: str = "damaged", mended: str = "mended", palette: Colours = "petroff"
) -> Figure:
    """Waveforms below each other: the damaged samples in orange, the mended ones in blue over the true ones."""
    colours = get_palette(palette)
    figure = empty_figure(full_width(), 0.5 + 1.5 * len(plots))
    for box, each in zip(figure.subplots(len(plots), 1, squeeze=False)[:, 0], plots, strict=True):
        seconds = each.start + np.arange(len(each.truth)) / each.rate
        near = each.where | np.roll(each.where, 1) | np.roll(each.where, -1)
        box.plot(seconds, each.truth, color=MUTED, linewidth=0.9, label="as recorded")
        box.plot(seconds, np.where(near, each.damaged, np.nan), color=colours.strange, linewidth=0.9, label=damaged)
        changed = (each.mended != each.damaged) | each.where
        beside = changed | np.roll(changed, 1) | np.roll(changed, -1)
        box.plot(seconds, np.where(beside, each.mended, np.nan), color=colours.test, linewidth=1.3, label=mended)
        box.set_title(each.title, fontsize=8.5)
        box.locator_params(axis="y", nbins=3)
    figure.axes[-1].set_xlabel("seconds")
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2 if is_narrow() else 3)
    return figure


@styled
def spectrograms(
    recordings: Sequence[Recording], titles: Sequence[str], wide: int = 5, palette: Colours = "petroff"
) -> Figure:
    """Small log mel spectrograms on one scale in dB, with the waveform above each."""
    columns = across(wide, len(recordings))
    lines = -(-len(recordings) // columns)
    figure = empty_figure(full_width(), 0.3 + (1.75 if not is_narrow() else 1.9) * lines)
    grid = figure.add_gridspec(2 * lines, columns, height_ratios=[1, 2.4] * lines)
    energies = [_energies(each) for each in recordings]
    top = max(each.max() for each in energies)
    for number, (each, cells, title) in enumerate(zip(recordings, energies, titles, strict=True)):
        line, column = divmod(number, columns)
        above, below = (figure.add_subplot(grid[2 * line + k, column]) for k in (0, 1))
        _outline(above, each)
        above.set_title(title, fontsize=8)
        below.imshow(cells.T, aspect="auto", origin="lower", cmap="magma", vmin=top - 60, vmax=top)
        below.set_xticks([])
        below.set_yticks([])
        below.set_xlabel(f"{each.seconds:.2f} s", fontsize=7.5, color=MUTED)
        for spine in below.spines.values():
            spine.set_visible(False)
    return figure


def _outline(box: Any, recording: Recording) -> None:
    """The lowest and the highest sample of each piece of a recording, filled."""
    x = recording.by_channel.mean(1) / float(1 << (recording.bits - 1))
    pieces = np.array_split(x, min(160, len(x)))
    low, high = ([float(f(piece)) for piece in pieces] for f in (np.min, np.max))
    box.fill_between(np.arange(len(pieces)), low, high, color=INK, linewidth=0)
    most = max(1e-4, max(map(abs, [*low, *high])))
    box.set_ylim(-most, most)
    box.set_xlim(0, len(pieces) - 1)
    box.set_axis_off()


def _energies(recording: Recording) -> Array:
    """(frames, bands) in dB, relative to the recording's mean power."""
    x = recording.by_channel.mean(1).astype(np.float64)
    window = window_of(recording.rate)
    x = np.pad(x / (np.sqrt(np.mean(np.square(x))) + 1e-9), (0, max(0, window - len(x))))
    hop = max(window // 8, -(-(len(x) - window) // FRAMES), 1)
    starts = np.arange(0, len(x) - window + 1, hop)
    return np.asarray(10 / np.log(10) * log_mel(x, starts, recording.rate, BANDS, FLOOR))
