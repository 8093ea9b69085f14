"""Bits per cell: file sizes of standard compressors on the same rows, and their bar chart."""

import bz2
import io
import lzma
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from quintet.extras import extra
from quintet.report.figures.canvas import HALF, plot, styled
from quintet.report.figures.images import is_picture
from quintet.report.figures.palettes import FILL, MUTED, Palette, get_palette

Array = NDArray[Any]
OURS = "quintet"


def packed_sizes(rows: Array) -> dict[str, int]:
    """Bytes of the rows as one file: raw, zip, bz2, xz; pictures also as PNG and WebP, per row and as a mosaic."""
    rows = np.ascontiguousarray(rows)
    sizes = packed_bytes(rows.tobytes())
    if rows.dtype == np.uint8 and is_picture(rows.shape[1:]):
        sizes |= _picture_sizes(rows)
    return sizes


def packed_bytes(raw: bytes) -> dict[str, int]:
    """Bytes of a file by compressor: raw, zip, bz2, xz."""
    return {
        "raw": len(raw),
        "zip": len(zlib.compress(raw, 9)),
        "bz2": len(bz2.compress(raw, 9)),
        "xz": len(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)),
    }


def _picture_sizes(rows: Array) -> dict[str, int]:
    sizes = {}
    sheet = _mosaic(rows)
    for name, form, options in (
        ("PNG", "PNG", {"optimize": True}),
        ("WebP", "WEBP", {"lossless": True, "quality": 100, "method": 4}),
    ):
        sizes[f"{name}, one mosaic"] = _encoded(sheet, form, options)
        sizes[f"{name}, each"] = sum(_encoded(row, form, options) for row in rows)
    return sizes


def _encoded(picture: Array, form: str, options: Mapping[str, Any]) -> int:
    with extra("report", "The report"):
        from PIL import Image

    picture = picture[..., 0] if picture.ndim == 3 and picture.shape[-1] == 1 else picture
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, form, **options)
    return buffer.tell()


def _mosaic(rows: Array) -> Array:
    """Rows on one roughly square sheet; unused places are 0."""
    count, high, wide = rows.shape[:3]
    columns = int(np.ceil(np.sqrt(count)))
    lines = -(-count // columns)
    padded = np.zeros((lines * columns, *rows.shape[1:]), dtype=rows.dtype)
    padded[:count] = rows
    grid = padded.reshape(lines, columns, *rows.shape[1:]).swapaxes(1, 2)
    return np.ascontiguousarray(grid.reshape(lines * high, columns * wide, *rows.shape[3:]))


@styled
def bits_chart(
    bits: Mapping[str, float], palette: str | Sequence[str] | Palette = "petroff", of: str = "cell"
) -> Figure:
    """Bar chart of bits per ``of``, fewest on top; quintet is coloured."""
    colours = get_palette(palette)
    ordered = sorted(bits.items(), key=lambda item: -item[1])
    figure, axes = plot(HALF, 0.8 + 0.28 * len(ordered))
    places = np.arange(len(ordered))
    values = [value for _, value in ordered]
    shades = [colours.test if name.startswith(OURS) else FILL for name, _ in ordered]
    axes.barh(places, values, color=shades, height=0.72)
    for place, (_, value) in enumerate(ordered):
        axes.text(value, place, f" {value:.3f}", va="center", color=MUTED, fontsize=8)
    axes.set_yticks(places, [name for name, _ in ordered])
    axes.tick_params(length=0)
    axes.set_xlim(0, max(values) * 1.14)
    axes.set_xlabel(f"bits per {of}, as real files (fewer is better)")
    return figure
