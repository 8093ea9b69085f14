"""The pictures of docs/tables.md: hidden cells with their fills, and the strangest rows, cell by cell.

python benchmarks/picture_table.py --out docs/pictures
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from picture_report import tumours

from quintet import VAE, load
from quintet.report.figures.canvas import FULL, empty_figure, styled
from quintet.report.figures.images import sequential
from quintet.report.figures.palettes import MUTED, get_palette

COLUMNS = ("mean perimeter", "mean smoothness", "mean concavity")
HIDDEN, DRAWS, SHOWN, STRANGEST = 0.25, 40, 40, 6
"""Share of hidden cells, draws of each, cells that are drawn of a column, and strangest rows."""
DARK = 0.6
"""Share of the largest surprise from which the number in a cell is white."""


@styled
def fills(vae: VAE, rows: pd.DataFrame) -> Figure:
    """Hidden cells: the truth, the mean and the interval of nine tenths of the draws."""
    rng = np.random.default_rng(0)
    hidden = pd.DataFrame(rng.random(rows.shape) < HIDDEN, rows.index, rows.columns)
    asked = rows.astype({"mean texture": object, "diagnosis": object}).mask(hidden)
    mean, draws = vae.impute(asked, draws=DRAWS, return_mean=True, random_state=0)
    figure = empty_figure(FULL, 2.6)
    colour = get_palette("petroff").test
    for axes, name in zip(figure.subplots(1, len(COLUMNS)), COLUMNS, strict=True):
        at = (hidden[name] & rows[name].notna()).to_numpy()
        truth, fill = rows[name][at].to_numpy()[:SHOWN], mean[name][at].to_numpy()[:SHOWN]
        low, high = np.quantile([frame[name][at].to_numpy()[:SHOWN] for frame in draws], [0.05, 0.95], axis=0)
        axes.axline((float(truth.mean()),) * 2, slope=1, color=MUTED, linewidth=0.8)
        axes.vlines(truth, low, high, color=colour, linewidth=1, alpha=0.5)
        axes.scatter(truth, fill, s=9, color=colour, linewidths=0)
        axes.set_title(name)
        axes.set_xlabel("truth")
    figure.axes[0].set_ylabel("filled in")
    return figure


@styled
def strangest(vae: VAE, rows: pd.DataFrame) -> Figure:
    """The rows of the smallest p-values: each cell's value, coloured by its surprise given the others of its row."""
    found = vae.detect(rows)
    order = np.lexsort((-found.scores, found.p_values))[:STRANGEST]
    bits = np.clip(found.where[order] / math.log(2), 0, None)
    figure = empty_figure(FULL, 2.7)
    axes = figure.subplots()
    image = axes.imshow(bits, cmap=sequential(get_palette("petroff").strange), vmin=0, aspect="auto")
    for (i, j), surprise in np.ndenumerate(bits):
        value = rows.iloc[order[i], rows.columns.get_loc(found.columns[j])]
        text = "" if pd.isna(value) else f"{value:.4g}" if isinstance(value, float) else str(value)
        axes.text(j, i, text, ha="center", va="center", fontsize=7, color="w" if surprise > DARK * bits.max() else "k")
    axes.set_xticks(range(len(found.columns)), [name.removeprefix("mean ") for name in found.columns], fontsize=7)
    axes.set_yticks(range(len(order)), [f"p = {found.p_values[i]:.3f}" for i in order], fontsize=7.5)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.9, aspect=25, pad=0.01)
    bar.set_label("bits of surprise, given the other cells")
    bar.outline.set_visible(False)
    return figure


def main() -> None:
    """Fit or load, and draw both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--model", type=Path, help="a model of the first 400 rows, instead of a fit")
    args = parser.parse_args()
    rows = tumours()
    vae = load(args.model) if args.model else VAE(random_state=0).fit(rows[:400])
    for name, draw in (("table_fills", fills), ("table_strange", strangest)):
        draw(vae, rows[400:].reset_index(drop=True)).savefig(args.out / f"{name}.png", dpi=130)


if __name__ == "__main__":
    main()
