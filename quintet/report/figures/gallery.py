"""Galleries: lines of pictures with a name per line and a caption per column, drawn as one image."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import empty_figure, full_width, is_narrow
from quintet.report.figures.images import gap_of, show
from quintet.report.figures.palettes import INK, MUTED
from quintet.report.figures.reflow import Line, reflow

Array = NDArray[Any]
LETTER = 0.066
"""Width in inches of a letter of a caption."""
LARGEST = 0.72
"""Largest width in inches of a picture."""


def gallery(
    lines: Sequence[Line | None],
    *,
    ink: bool,
    captions: Sequence[Sequence[str]] = (),
    groups: Sequence[tuple[int, str]] = (),
) -> Figure:
    """Draw lines of pictures; on a narrow page names stand above the lines, and lines that do not fit go on below.

    Parameters
    ----------
    lines : (name, pictures (columns, H, W, 4)), from the top down; None is a gap of half a line.
    ink : whether light and dark are swapped on a dark page.
    captions : for each block of lines between two None, the captions above its columns.
    groups : (columns, name), from the left: a wider gap and a heading for each group of columns.
    """
    width, small = full_width(), is_narrow()
    headings: list[str] = []
    if small:
        lines, captions, groups, headings = reflow(lines, captions, groups, width, LETTER)
    full = [line for line in lines if line is not None]
    height, pixel_width = full[0][1].shape[1:3]
    columns = max(len(pictures) for _, pictures in full)
    gap = gap_of(height)
    starts = _column_starts(columns, pixel_width, gap, groups)
    across = starts[-1] + pixel_width
    margin = 0.06 if small else 0.16 + 0.072 * max((len(name) for name, _ in full), default=0)
    scale = min((width - margin - 0.08) / across, LARGEST / pixel_width)  # inches per pixel
    caption_pixels = math.ceil(0.19 / scale)
    spacer = round(0.14 / scale)

    top = round(1.25 * caption_pixels) if groups else 0
    places: list[tuple[int, Line]] = []
    texts: list[tuple[float, float, str, str, str]] = []
    for start, (_, name) in zip(_group_starts(groups), groups, strict=True):
        texts.append((starts[start], top - 0.55 * caption_pixels, name, INK, "left"))
    block, fresh = 0, True
    for line in lines:
        if line is None:
            top, fresh = top + spacer, True
            continue
        if fresh and block < len(headings) and headings[block]:
            top += caption_pixels
            texts.append((0, float(top) - 0.3 * caption_pixels, headings[block], INK, "left"))
        if small and line[0]:
            top += round(1.3 * caption_pixels)
            texts.append((0, float(top) - 0.3 * caption_pixels, line[0], MUTED, "left"))
        if fresh and block < len(captions) and len(captions[block]):
            top += caption_pixels
            for start, text in zip(starts, captions[block], strict=False):
                texts.append((start + pixel_width / 2, float(top) - 0.4 * caption_pixels, text, MUTED, "center"))
        block, fresh = block + fresh, False
        places.append((top, line))
        top += height + gap

    figure = _figure(places, starts, (top - gap, across), scale, margin, ink)
    axes = figure.axes[0]
    for y, (name, _) in places if not small else ():
        axes.text(-0.08 / scale, y + height / 2, name, ha="right", va="center", color=MUTED, fontsize=8.5)
    for left, base, text, colour, side in texts:
        axes.text(left, base, text, ha=side, va="baseline", color=colour, fontsize=8.5)
    return figure


def _figure(
    places: Sequence[tuple[int, Line]],
    starts: Sequence[int],
    size: tuple[int, int],
    scale: float,
    margin: float,
    ink: bool,
) -> Figure:
    """A figure with all pictures on one sheet of ``size`` pixels, whose axes count its pixels."""
    sheet = np.zeros((*size, 4))
    for y, (_, pictures) in places:
        for x, picture in zip(starts, pictures, strict=False):
            sheet[y : y + len(picture), x : x + picture.shape[1]] = picture
    inches, wide = size[0] * scale, size[1] * scale
    figure = empty_figure(margin + wide + 0.08, inches + 0.12)
    figure.set_layout_engine("none")
    whole = figure.get_size_inches()
    axes = figure.add_axes((margin / whole[0], 0.06 / whole[1], wide / whole[0], inches / whole[1]))
    show(axes, sheet, ink)
    return figure


def _group_starts(groups: Sequence[tuple[int, str]]) -> list[int]:
    return [sum(n for n, _ in groups[:i]) for i in range(len(groups))]


def _column_starts(columns: int, width: int, gap: int, groups: Sequence[tuple[int, str]]) -> list[int]:
    firsts = set(_group_starts(groups)[1:])
    starts, x = [], 0
    for i in range(columns):
        x += 3 * gap if i in firsts else 0
        starts.append(x)
        x += width + gap
    return starts
