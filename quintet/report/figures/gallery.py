"""Galleries: lines of pictures with a name per line and a caption per column, drawn as one image."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.report.figures.canvas import FULL, empty_figure
from quintet.report.figures.images import gap_of, show
from quintet.report.figures.palettes import INK, MUTED

Array = NDArray[Any]
Line = tuple[str, Array]  # name, pictures (columns, H, W, 4)


def gallery(
    lines: Sequence[Line | None],
    *,
    ink: bool,
    captions: Sequence[Sequence[str]] = (),
    groups: Sequence[tuple[int, str]] = (),
    width: float = FULL,
) -> Figure:
    """Draw lines of pictures.

    Parameters
    ----------
    lines : (name, pictures (columns, H, W, 4)), from the top down; None is a gap of half a line.
    ink : whether light and dark are swapped on a dark page.
    captions : for each block of lines between two None, the captions above its columns.
    groups : (columns, name), from the left: a wider gap and a heading for each group of columns.
    width : inches.
    """
    full = [line for line in lines if line is not None]
    height, pixel_width = full[0][1].shape[1:3]
    columns = max(len(pictures) for _, pictures in full)
    gap = gap_of(height)
    starts = _column_starts(columns, pixel_width, gap, groups)
    across = starts[-1] + pixel_width
    margin = 0.16 + 0.072 * max((len(name) for name, _ in full), default=0)
    scale = min((width - margin - 0.08) / across, 0.72 / pixel_width)  # inches per pixel
    caption_pixels = math.ceil(0.19 / scale)
    spacer = round(0.14 / scale)

    top = round(1.25 * caption_pixels) if groups else 0
    places: list[tuple[int, Line]] = []
    texts: list[tuple[float, float, str, str]] = []
    for start, (_, name) in zip(_group_starts(groups), groups, strict=True):
        texts.append((starts[start], top - 0.55 * caption_pixels, name, INK))
    block = 0
    fresh = True
    for line in lines:
        if line is None:
            top, fresh = top + spacer, True
            continue
        if fresh and block < len(captions) and len(captions[block]):
            top += caption_pixels
            for start, text in zip(starts, captions[block], strict=False):
                texts.append((start + pixel_width / 2, float(top) - 0.4 * caption_pixels, text, MUTED))
        block, fresh = block + fresh, False
        places.append((top, line))
        top += height + gap

    down = top - gap
    sheet = np.zeros((down, across, 4))
    for y, (_, pictures) in places:
        for x, picture in zip(starts, pictures, strict=False):
            sheet[y : y + height, x : x + pixel_width] = picture
    inches = down * scale
    figure = empty_figure(margin + across * scale + 0.08, inches + 0.12)
    figure.set_layout_engine("none")
    size = figure.get_size_inches()
    axes = figure.add_axes((margin / size[0], 0.06 / size[1], across * scale / size[0], inches / size[1]))
    show(axes, sheet, ink)
    for y, (name, _) in places:
        axes.text(-0.08 / scale, y + height / 2, name, ha="right", va="center", color=MUTED, fontsize=8.5)
    for left, base, text, colour in texts:
        heading = colour == INK
        axes.text(left, base, text, ha="left" if heading else "center", va="baseline", color=colour, fontsize=8.5)
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
