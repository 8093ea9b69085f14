"""Figures of training: curves of distortion and rate, and KL per latent."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from quintet.report.figures.canvas import HALF, empty_figure, plot, styled
from quintet.report.figures.palettes import FILL, MUTED, Palette, get_palette

Array = NDArray[Any]


def _column(history: Sequence[Mapping[str, Any]], key: str) -> Array:
    values = [row.get(key) for row in history]
    return np.array([np.nan if v is None else float(v) for v in values])


def _marks(rows: Sequence[Mapping[str, Any]]) -> str:
    """The line style, with dots for fewer than four epochs."""
    return "o-" if len(rows) < 4 else "-"


def stage_rows(history: Sequence[Mapping[str, Any]], stage: str | None) -> list[Mapping[str, Any]]:
    """The rows of a stage; None: of the first."""
    stages = list(dict.fromkeys(str(row.get("stage", "")) for row in history))
    chosen = stage if stage is not None else (stages[0] if stages else "")
    return [row for row in history if str(row.get("stage", "")) == chosen]


@styled
def learning_curves(
    history: Sequence[Mapping[str, Any]],
    stage: str | None = None,
    palette: str | Sequence[str] | Palette = "petroff",
    after: tuple[float, float] | None = None,
    after_name: str = "held-out rows",
) -> Figure:
    """Distortion −log p(x|z) above, rate KL(q‖p) below, nats per row, against the epoch.

    Parameters
    ----------
    history : rows with ``epoch``, ``distortion``, ``rate`` and, with a validation split,
        ``val_distortion`` and ``val_rate``.
    stage : the stage to show; the first by default.
    after : distortion and rate of other rows after training, drawn as dots named ``after_name``.
    """
    colours = get_palette(palette)
    rows = stage_rows(history, stage)
    epoch = _column(rows, "epoch")
    figure = empty_figure(HALF, 3.7)
    above, below = figure.subplots(2, 1, sharex=True)
    for axes, key, name, unit in (
        (above, "distortion", "Distortion −log p(x|z)", "nats per row"),
        (below, "rate", "Rate KL(q‖p)", "nats per row"),
    ):
        axes.plot(epoch, _column(rows, key), _marks(rows), color=colours.test, label="train")
        held_out = _column(rows, f"val_{key}")
        if np.isfinite(held_out).any():
            finite = np.isfinite(held_out)
            axes.plot(epoch[finite], held_out[finite], color=colours.strange, label="validation", ls=(0, (3, 1.5)))
        if after is not None and len(epoch):
            value = after[0] if key == "distortion" else after[1]
            axes.plot(epoch[-1:], [value], "o", color=colours.strange, markersize=5, label=after_name)
        if len(axes.lines) > 1:
            axes.legend(loc="best", handlelength=1.8)
        axes.set_title(name)
        axes.set_ylabel(unit)
        axes.grid(axis="y")
    below.set_xlabel("epoch")
    below.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return figure


@styled
def guide_curve(
    history: Sequence[Mapping[str, Any]], stage: str, palette: str | Sequence[str] | Palette = "petroff"
) -> Figure:
    """The loss of a later stage, such as the guide's, nats per row, against the epoch."""
    colours = get_palette(palette)
    rows = stage_rows(history, stage)
    figure, axes = plot(HALF, 2.6)
    epoch, held_out = _column(rows, "epoch"), _column(rows, "val_loss")
    axes.plot(epoch, _column(rows, "loss"), _marks(rows), color=colours.test, label="train")
    finite = np.isfinite(held_out)
    if finite.any():
        axes.plot(epoch[finite], held_out[finite], color=colours.strange, label="validation", ls=(0, (3, 1.5)))
        axes.legend(loc="best", handlelength=1.8)
    axes.set_title(f"Loss of the stage “{stage}”")
    axes.set_xlabel("epoch")
    axes.set_ylabel("nats per row")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis="y")
    return figure


@styled
def kl_per_latent(kl: Array, threshold: float = 0.01, palette: str | Sequence[str] | Palette = "petroff") -> Figure:
    """Bars of the mean KL of every latent, largest first, nats; those under ``threshold`` are grey."""
    colours = get_palette(palette)
    ordered = np.sort(np.asarray(kl, dtype=float))[::-1]
    active = int((ordered > threshold).sum())
    figure, axes = plot(HALF, 3.2)
    shades = [colours.test if value > threshold else FILL for value in ordered]
    axes.bar(np.arange(1, len(ordered) + 1), ordered, color=shades, width=0.8)
    axes.set_title(f"{active} of {len(ordered)} latents carry information")
    axes.set_xlabel("latents, from the most active down")
    axes.set_ylabel("KL, nats")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.axhline(threshold, color=MUTED, linewidth=0.6)
    return figure
