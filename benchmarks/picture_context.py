"""Figure of docs/context.md: one row of a table, its visible cells, and what they say about the hidden ones.

The table is scikit-learn's breast cancer: eight of its columns, numbers and a category. The row is not among those of
training. Trains for a minute or so; no file is needed.

python benchmarks/picture_context.py --out docs/images/visible_cells.png
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from sklearn.datasets import load_breast_cancer

from quintet import VAE, load
from quintet.distributions.joint import Joint
from quintet.distributions.levels import Levels
from quintet.report.figures.canvas import STYLE, bare
from quintet.report.figures.palettes import INK, MUTED, PAPER, RULE, get_palette

Array = np.ndarray[Any, Any]
NAMES = ("texture", "smoothness", "symmetry", "concavity", "radius", "perimeter", "area")
DIAGNOSIS, AREA = "diagnosis", "area"
ORDER = (*NAMES, DIAGNOSIS)
"""Columns in the order of the picture's chain."""
HELD_OUT, EPOCHS = 4, 60
"""Every so many rows one is not trained on; passes over the others."""
WIDTH, EDGE, LEFT = 9.85, 0.12, 1.3  # inches: the picture, its margin, the words on the left
CELL, LINE, GAP = 0.62, 0.36, 0.12  # inches: width of a cell, height of a line, between lines
SIDE, BETWEEN = 1.28, 0.16  # inches: a distribution on the right, the gap before it
BARS = 32
"""Intervals of the area."""
COLOURS = get_palette()


@dataclass(frozen=True)
class Line:
    """One visible set: its cells, the cells that are asked for, and the words on its left."""

    visible: tuple[str, ...]
    asked: tuple[str, ...]
    title: str
    words: str = ""


CHAIN = (
    Line((), ORDER[:1], "p(x₁)", "no cell is visible"),
    Line(ORDER[:1], ORDER[1:2], "p(x₂ | x₁)"),
    Line(ORDER[:3], ORDER[3:4], "p(x₄ | x₁..x₃)"),
    Line(ORDER[:4], ORDER[4:5], "p(x₅ | x₁..x₄)"),
    Line(ORDER[:5], ORDER[5:6], "p(x₆ | x₁..x₅)"),
    Line(ORDER[:7], ORDER[7:], "p(x₈ | x₁..x₇)"),
)
"""Generate and compress: the chain rule, group after group (two of its eight steps are left out)."""
OTHERS = (
    Line(("texture", "symmetry", DIAGNOSIS), tuple(n for n in NAMES if n not in ("texture", "symmetry")), "impute"),
    Line(tuple(n for n in ORDER if n != AREA), (AREA,), "detect"),
)
"""Other visible sets of the same network."""


def cancer() -> pd.DataFrame:
    """Eight columns of scikit-learn's breast cancer table."""
    found = load_breast_cancer(as_frame=True)
    out = found.data[[f"mean {name}" for name in NAMES]].rename(columns=lambda name: name.removeprefix("mean "))
    out[DIAGNOSIS] = [found.target_names[code] for code in found.target]
    return out


class Predictions:
    """The context decoder's distributions of one row's cells, in the user's units and without latents."""

    def __init__(self, vae: VAE, row: pd.DataFrame) -> None:
        self.model, self.schema = vae.fitted_.model, vae.fitted_.schema
        self.place = {column.name: j for j, column in enumerate(self.schema.modelled)}
        self.loc, self.scale = np.asarray(self.schema.loc), np.asarray(self.schema.scale)
        cells = (self.schema.encode(row) - self.loc) / self.scale
        self.x = torch.as_tensor(cells, dtype=torch.float32)[None]

    @torch.no_grad()
    def of(self, name: str, visible: tuple[str, ...]) -> Any:
        """p(cell | visible cells) over (1, 1, 1)."""
        seen = tuple(self.place[other] for other in visible if other != name)
        row = self.model.begin(self.x, None, None)
        if seen:
            own = self.x[..., list(seen)]
            row.reveal(seen, own, torch.ones_like(own))
        found = row.conditional((self.place[name],))
        assert isinstance(found, Joint)
        return found.parts[0].distribution

    def masses(self, name: str, visible: tuple[str, ...], edges: Array) -> Array:
        """The probability of each interval between neighbouring edges, of a column of numbers."""
        j = self.place[name]
        ends = torch.as_tensor((edges - self.loc[j]) / self.scale[j], dtype=torch.float32)
        return np.diff(self.of(name, visible).cdf(ends[:, None, None])[:, 0, 0].numpy())

    def shares(self, name: str, visible: tuple[str, ...]) -> dict[str, float]:
        """The probability of each level that can be drawn."""
        found = self.of(name, visible)
        assert isinstance(found, Levels)
        levels = self.schema.modelled[self.place[name]].levels
        return dict(zip(map(str, levels), found.drawn_shares[0, 0, 0].tolist(), strict=False))


def draw(table: pd.DataFrame, row: pd.DataFrame, predictions: Predictions) -> Figure:
    """The chain above, other visible sets below."""
    top, lines = EDGE + 0.62, []
    for line in CHAIN:
        lines.append((line, top))
        top += LINE + GAP
    middle = top
    top += 0.5
    for line in OTHERS:
        lines.append((line, top))
        top += LINE + GAP
    total = top + 0.3
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    sheet = bare(figure.add_axes((0, 0, 1, 1)))
    sheet.set_xlim(0, WIDTH)
    sheet.set_ylim(total, 0)
    _heads(sheet, middle)
    for line, y in lines:
        _line(sheet, line, row, y)
        _distributions(figure, table, row, predictions, line, y, total)
    _legend(sheet, total - 0.2)
    return figure


def _heads(sheet: Any, middle: float) -> None:
    sheet.text(EDGE, EDGE + 0.12, "The chain: generate, compress", fontsize=10.5, weight="bold", va="center")
    for j, name in enumerate(ORDER):
        sheet.text(_left(j) + CELL / 2, EDGE + 0.47, name, fontsize=7.2, color=MUTED, ha="center", va="center")
    x = _left(len(ORDER))
    for k, name in enumerate((f"p({AREA} | visible)", f"p({DIAGNOSIS} | visible)")):
        place = x + BETWEEN + k * (SIDE + BETWEEN) + SIDE / 2
        sheet.text(place, EDGE + 0.47, name, fontsize=7.6, color=INK, ha="center", va="center")
    sheet.plot([EDGE, WIDTH - EDGE], [middle + 0.03] * 2, color=RULE, linewidth=0.6)
    words = "Any other visible set, the same network"
    sheet.text(EDGE, middle + 0.24, words, fontsize=10.5, weight="bold", va="center")


def _left(j: int) -> float:
    return LEFT + j * (CELL + 0.05)


def _line(sheet: Any, line: Line, row: pd.DataFrame, y: float) -> None:
    """The words and the cells of a line."""
    below = {"impute": "p(missing | observed)", "detect": "p(cell | all others)"}.get(line.title, line.words)
    at = y + LINE / 2 - (0.08 if below else 0)
    weight = "bold" if line in OTHERS else "normal"
    sheet.text(EDGE, at, line.title, fontsize=8.4, color=INK, va="center", weight=weight)
    if below:
        sheet.text(EDGE, at + 0.17, below, fontsize=7.0, color=MUTED, va="center")
    for j, name in enumerate(ORDER):
        seen, asked = name in line.visible, name in line.asked
        face = COLOURS.test if seen else PAPER
        edge = COLOURS.strange if asked else (COLOURS.test if seen else RULE)
        box = FancyBboxPatch(
            (_left(j), y),
            CELL,
            LINE,
            boxstyle="round,pad=0,rounding_size=0.05",
            facecolor=(*mpl.colors.to_rgb(face), 0.2 if seen else 1.0),
            edgecolor=edge,
            linewidth=1.4 if asked else 0.8,
        )
        sheet.add_patch(box)
        words = _shown(row[name].iloc[0]) if seen else "?"
        colour = INK if seen else (COLOURS.strange if asked else RULE)
        sheet.text(_left(j) + CELL / 2, y + LINE / 2, words, fontsize=7.4, color=colour, ha="center", va="center")


def _distributions(
    figure: Figure, table: pd.DataFrame, row: pd.DataFrame, predictions: Predictions, line: Line, y: float, total: float
) -> None:
    """The distribution of the area and the probabilities of the diagnosis, given the line's visible cells."""
    x = _left(len(ORDER)) + BETWEEN
    axes = [
        bare(figure.add_axes(((x + k * (SIDE + BETWEEN)) / WIDTH, 1 - (y + LINE) / total, SIDE / WIDTH, LINE / total)))
        for k in range(2)
    ]
    low, high = table[AREA].quantile([0.0, 0.995])
    edges, truth = np.linspace(0.7 * low, high, BARS + 1), float(row[AREA].iloc[0])
    if AREA in line.visible:
        axes[0].axvline(truth, color=COLOURS.test, linewidth=1.6)
    else:
        masses = predictions.masses(AREA, line.visible, edges)
        axes[0].stairs(masses / masses.max(), edges, color=COLOURS.strange, alpha=0.75, fill=True)
        axes[0].plot([truth], [0.0], marker="^", markersize=4, color=INK, clip_on=False, zorder=4)
    axes[0].axhline(0.0, color=RULE, linewidth=0.8)
    axes[0].set_xlim(edges[0], edges[-1])
    axes[0].set_ylim(0, 1.08)
    _bars(axes[1], predictions, line, str(row[DIAGNOSIS].iloc[0]))


def _bars(axes: Any, predictions: Predictions, line: Line, truth: str) -> None:
    known = DIAGNOSIS in line.visible
    shares = predictions.shares(DIAGNOSIS, line.visible)
    for place, (level, share) in enumerate(sorted(shares.items())):
        value = float(level == truth) if known else share
        colour = COLOURS.test if known else COLOURS.strange
        axes.barh(place, 1.0, height=0.62, color=RULE, alpha=0.45)
        axes.barh(place, value, height=0.62, color=colour, alpha=0.75)
        axes.text(-0.04, place, level, fontsize=6.4, color=MUTED, ha="right", va="center")
        axes.text(1.04, place, "seen" if known and value else f"{value:.2f}", fontsize=6.4, va="center", color=INK)
    axes.set_xlim(-0.66, 1.3)
    axes.set_ylim(len(shares) - 0.45, -0.55)


def _legend(sheet: Any, y: float) -> None:
    x = LEFT
    for face, edge, words in (
        ((*mpl.colors.to_rgb(COLOURS.test), 0.2), COLOURS.test, "visible"),
        (PAPER, COLOURS.strange, "hidden, and asked for"),
        (PAPER, RULE, "hidden"),
    ):
        box = FancyBboxPatch((x, y - 0.06), 0.2, 0.12, boxstyle="round,pad=0,rounding_size=0.03", fc=face, ec=edge)
        sheet.add_patch(box)
        sheet.text(x + 0.27, y, words, fontsize=7.2, color=MUTED, va="center")
        x += 0.5 + 0.066 * len(words)
    x = _left(len(ORDER)) + BETWEEN
    sheet.plot([x + 0.05], [y], marker="^", markersize=4, color=INK)
    sheet.text(x + 0.15, y, "the row's own area, not shown to the network", fontsize=7.2, color=MUTED, va="center")


def _shown(value: Any) -> str:
    """A value as a cell of the picture."""
    return str(value) if isinstance(value, str) else (f"{value:.0f}" if value >= 100 else f"{value:.3g}")


def main() -> None:
    """Train or load, draw, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, help="a file of an earlier run; it is written where there is none")
    parser.add_argument("--row", type=int, default=6, help="which of the rows that are not trained on")
    parser.add_argument("--out", type=Path, default=Path("docs/images/visible_cells.png"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    table = cancer()
    new = table.iloc[::HELD_OUT]
    if args.model and args.model.exists():
        vae = load(args.model)
    else:
        vae = VAE(epochs=EPOCHS, random_state=args.seed).fit(table.drop(new.index))
        if args.model:
            vae.save(args.model)
    row = new.iloc[[args.row]]
    with mpl.rc_context(STYLE):
        draw(table, row, Predictions(vae, row)).savefig(args.out, dpi=180)


if __name__ == "__main__":
    main()
