"""Figures of edited rows: attribute strips, style transfer, restored and augmented rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures import tables
from quintet.report.figures.canvas import styled
from quintet.report.figures.gallery import gallery
from quintet.report.figures.images import is_picture, pixels
from quintet.report.figures.palettes import Palette
from quintet.report.figures.reflow import Line

Array = NDArray[Any]
Limits = tuple[float, float]


@styled
def edit_strips(
    groups: Sequence[tuple[Sequence[str], Array]],
    steps: Sequence[float],
    names: Sequence[str] | None = None,
    like: Array | None = None,
    limits: Limits = (0.0, 1.0),
    palette: str | Sequence[str] | Palette = "petroff",
    ink: bool = False,
) -> Figure:
    """One line per row, edited by each of ``steps``; tables as curves of their features.

    Parameters
    ----------
    groups : (titles of the lines, rows (lines, steps, *row)) of each attribute, from the top down.
    steps : sizes of the edits, in standard deviations of the attribute.
    like : rows (n, *row) whose mean and standard deviation scale a table's features.
    """
    together = np.concatenate([np.asarray(rows) for _, rows in groups])
    if not is_picture(together.shape[2:]):
        flat_titles = [title for titles, _ in groups for title in titles]
        span = f"edited by {steps[0]:g} to {steps[-1]:g} standard deviations".replace("-", "−")
        return tables.path_lines(together, names, like, flat_titles, span, palette)
    captions = [f"{step:+g}".replace("-", "−") if step else "0" for step in steps]
    lines: list[Line | None] = []
    for titles, rows in groups:
        lines += [(title, pixels(strip, limits, ink)) for title, strip in zip(titles, rows, strict=True)]
        lines.append(None)
    return gallery(lines[:-1], ink=ink, captions=[captions] * len(groups))


@styled
def style_table(content: Array, style: Array, mixed: Array, limits: Limits, ink: bool = False) -> Figure:
    """Content rows (k, *row) above, style rows (s, *row) on the left, and their combinations (s, k, *row)."""
    above, left = pixels(content, limits, ink), pixels(style, limits, ink)
    lines: list[Line | None] = [("content", np.concatenate([np.zeros_like(above[:1]), above])), None]
    for i, (own, rows) in enumerate(zip(left, mixed, strict=True)):
        lines.append(("style" if not i else "", np.concatenate([own[None], pixels(rows, limits, ink)])))
    return gallery(lines, ink=ink, groups=((1, ""), (len(content), "")))


@styled
def old_and_new(clean: Array, old: Array, restored: Array, limits: Limits, ink: bool = False) -> Figure:
    """Clean, degraded and restored pictures, (n, *row) each."""
    lines: list[Line | None] = []
    for name, rows in (("clean", clean), ("degraded", old), ("restored", restored)):
        lines.append((name, pixels(rows, limits, ink)))
    return gallery(lines, ink=ink)


@styled
def beside_originals(classes: Sequence[str], rows: Array, new: Array, limits: Limits, ink: bool = False) -> Figure:
    """One line per class: labelled rows (classes, k, *row), then new rows (classes, m, *row)."""
    lines: list[Line | None] = []
    for name, own, made in zip(classes, rows, new, strict=True):
        lines.append((name, np.concatenate([pixels(own, limits, ink), pixels(made, limits, ink)])))
    return gallery(lines, ink=ink, groups=((rows.shape[1], "rows"), (new.shape[1], "new rows")))
