"""Figure of README.md: five answers of one trained model, each on rows outside training.

python benchmarks/picture_five.py --model digits.safetensors --data FOLDER/MNIST --out docs/images/five.png
python benchmarks/picture_five.py --model digits.safetensors --data digits --out five.png
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from quintet import VAE, load
from quintet.data.readers.letters import ALPHABET, draw_letters
from quintet.data.readers.sources import load_data
from quintet.errors import InputError
from quintet.report.figures.canvas import STYLE, bare
from quintet.report.figures.images import pixels, sequential, tile_pictures
from quintet.report.figures.palettes import INK, MUTED, RULE, get_palette
from quintet.studies import baselines
from quintet.tasks.detect.calibration_scores import calibration_scores

Array = np.ndarray[Any, Any]
COLUMNS = 12
RATE = 0.25
WIDTH, LABEL, EDGE = 9.0, 2.02, 0.12  # inches: the picture, the words on its left, its margin
BAR, BETWEEN, LINE_GAP, NOTE = 0.2, 0.3, 0.06, 0.17  # inches: a bar, gaps of rows and of lines, a line of captions
COLOURS = get_palette()


@dataclass
class Row:
    """One question: its name, what is computed, and lines of pictures; or bars."""

    question: str
    query: str
    lines: list[Array]  # (columns, H, W, 4) each
    names: tuple[str, ...] = ()  # of the lines
    captions: tuple[str, ...] = ()  # under the columns
    bars: tuple[tuple[str, float], ...] = ()


def generate(vae: VAE, top: int) -> Row:
    """Two lines of new rows, E[x|z]."""
    new = _ink(vae.generate(2 * COLUMNS), top)
    return Row("generate", "E[x|z] at z drawn from p(z)", [new[:COLUMNS], new[COLUMNS:]])


def compress(vae: VAE, test: Array) -> Row:
    """Bits a pixel of all test rows as one file, ours decoded and compared."""
    blob = vae.compress(test)
    if not np.array_equal(vae.decompress(blob), test):
        raise AssertionError("decompression did not give the rows back")
    sizes = {"zlib": len(zlib.compress(test.tobytes(), 9)), "xz": baselines.xz_bytes(test), "quintet": len(blob)}
    bars = tuple((name, 8 * size / test.size) for name, size in sizes.items())
    return Row("compress", "−log2 p(x) bits for x, bit for bit", [], bars=bars)


def denoise(vae: VAE, clean: Array, top: int, seed: int) -> Row:
    """A quarter of the pixels replaced by uniform values; kind and rate are unknown."""
    rng = np.random.default_rng(seed)
    noisy = np.where(rng.random(clean.shape) < RATE, rng.integers(0, top + 1, clean.shape), clean).astype(np.uint8)
    lines = [_ink(noisy, top), _ink(vae.denoise(noisy), top)]
    names = (f"above: {100 * RATE:.0f} % of pixels replaced", "below: the answer")
    return Row("denoise", "E[x | corrupted x], noise unknown", lines, names)


def impute(vae: VAE, clean: Array, top: int, seed: int) -> Row:
    """Three patterns of missing pixels, four rows each."""
    height, width = clean.shape[1:]
    missing = np.zeros(clean.shape, bool)
    missing[:4] = np.random.default_rng(seed).random(missing[:4].shape) < 0.8
    missing[4:8, height // 2 :] = True
    missing[8:, height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    filled = vae.impute(clean, mask=missing)
    lines = [_ink(clean, top, missing), _ink(filled, top)]
    return Row("impute", "E[missing | observed]", lines, ("above: the pixels that are left", "below: the answer"))


def detect(vae: VAE, top: int) -> Row:
    """Letters, framed as the digits are: those that pass for digits, the strangest, and where they are strange."""
    letters = draw_letters(vae.schema_.row_shape[0])[0][: len(ALPHABET)]
    found = vae.detect(letters, fdr=1.0)
    order = np.argsort(found.scores)
    shown = np.concatenate([order[: COLUMNS // 2], order[-COLUMNS // 2 :]])
    where = found.where[shown]
    heat = where / np.quantile(where, 0.99)
    maps = np.asarray(sequential(COLOURS.strange)(0.62 * np.clip(heat, 0, 1) ** 0.7))
    ink = _ink(letters[shown], top)
    over = np.concatenate([np.minimum(maps[..., :3], 0.82 + 0.18 * ink[..., :3]), ink[..., 3:]], -1)
    captions = tuple(f"{score:.1f}" for score in found.scores[shown])
    usual = np.quantile(calibration_scores(vae.fitted_), 0.95)
    names = (
        "above: letters, usual to strange",
        "below: where the surprise sits",
        "numbers: the score; of digits",
        f"95 % have less than {usual:.1f}",
    )
    return Row("detect", "how surprising x is under p", [ink, over], names, captions)


def draw(rows: list[Row]) -> Figure:
    """All rows under each other."""
    tile = (WIDTH - LABEL - EDGE) / (COLUMNS + (COLUMNS - 1) / 8)
    heights = [_height(row, tile) for row in rows]
    total = sum(heights) + BETWEEN * (len(rows) - 1) + 2 * EDGE
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    top = EDGE
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        if number:
            y = 1 - (top - BETWEEN / 2) / total
            figure.add_artist(mpl.lines.Line2D([EDGE / WIDTH, 1 - EDGE / WIDTH], [y, y], color=RULE, linewidth=0.6))
        _text(figure, row.question, EDGE, top + 0.13, total, size=11.5, weight="bold", color=INK)
        _text(figure, row.query, EDGE, top + 0.34, total, size=7.6, color=MUTED)
        if row.bars:
            _draw_bars(figure, row, top, total)
        else:
            _draw_lines(figure, row, top, tile, total)
        for place, name in enumerate(row.names):
            _text(figure, name, EDGE, top + 0.62 + 0.16 * place, total, size=7.6, color=MUTED)
        top += height + BETWEEN
    return figure


def _height(row: Row, tile: float) -> float:
    if row.bars:
        return (BAR + LINE_GAP) * len(row.bars)
    return len(row.lines) * tile + LINE_GAP * (len(row.lines) - 1) + (NOTE if row.captions else 0)


def _draw_lines(figure: Figure, row: Row, top: float, tile: float, total: float) -> None:
    for number, pictures in enumerate(row.lines):
        height, y = pictures.shape[1], top + number * (tile + LINE_GAP)
        sheet = tile_pictures(pictures, COLUMNS, max(1, round(height / 8)))
        axes = bare(figure.add_axes((LABEL / WIDTH, 1 - (y + tile) / total, 1 - (LABEL + EDGE) / WIDTH, tile / total)))
        axes.imshow(np.clip(sheet, 0, 1), interpolation="none", aspect="auto")
    for column, caption in enumerate(row.captions):
        x = LABEL + tile * (0.5 + column * 9 / 8)
        below = top + len(row.lines) * (tile + LINE_GAP) + 0.04
        _text(figure, caption, x, below, total, size=7.2, color=MUTED, align="center")


def _draw_bars(figure: Figure, row: Row, top: float, total: float) -> None:
    height, longest = _height(row, 0), max(value for _, value in row.bars)
    axes = bare(
        figure.add_axes((LABEL / WIDTH, 1 - (top + height) / total, 1 - (LABEL + EDGE) / WIDTH, height / total))
    )
    for place, (name, value) in enumerate(row.bars):
        ours = name == "quintet"
        axes.barh(place, value, height=0.72, color=COLOURS.test if ours else RULE)
        words = f"{name}  {value:.3f} bits a pixel" if ours else f"{name}  {value:.3f}"
        axes.text(value + 0.01 * longest, place, words, va="center", color=INK if ours else MUTED, fontsize=8.5)
    axes.set_xlim(0, 1.32 * longest)
    axes.set_ylim(len(row.bars) - 0.5, -0.5)


def _text(
    figure: Figure,
    words: str,
    x: float,
    y: float,
    total: float,
    *,
    size: float,
    color: str,
    weight: str = "normal",
    align: str = "left",
) -> None:
    """Words at inches from the left and from the top."""
    figure.text(x / WIDTH, 1 - y / total, words, fontsize=size, color=color, weight=weight, ha=align, va="center")


def _ink(rows: Array, top: int, missing: Array | None = None) -> Array:
    """Dark ink on paper."""
    return pixels(rows, (0.0, float(top)), True, missing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="a trained file")
    parser.add_argument("--data", default="digits", help="a folder in MNIST's layout (its test split), or digits")
    parser.add_argument("--out", type=Path, default=Path("docs/images/five.png"))
    parser.add_argument("--seed", type=int, default=0, help="of the rows that are shown and of their noise")
    parser.add_argument("--limit", type=int, help="compress the first so many test rows only, for a first look")
    args = parser.parse_args()
    vae = load(args.model)
    top = vae.schema_.levels - 1
    try:
        test = load_data(args.data, split="test").x
    except InputError:  # no splits: the last rows, as the demo holds them out
        test = load_data(args.data).x[-297:]
    chosen = test[np.random.default_rng(args.seed).choice(len(test), 2 * COLUMNS, replace=False)]
    rows = [
        generate(vae, top),
        compress(vae, test[: args.limit]),
        denoise(vae, chosen[:COLUMNS], top, args.seed),
        detect(vae, top),
        impute(vae, chosen[COLUMNS:], top, args.seed),
    ]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        draw(rows).savefig(args.out, dpi=180, metadata={"Software": "quintet"})
    print(f"{args.out}: {args.out.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
