"""Figure of docs/text.md: strange words of lines, and mistyped words with what is suggested for them.

The review sentences of ``text.py``, of which the training lines train a model for a minute and a half; or a model that
`quintet fit` made.

python benchmarks/picture_text.py --out docs/images/text.png
"""

from __future__ import annotations

import argparse
import re
import textwrap
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from text_data import split
from text_typos import mistyped

from quintet import VAE, Text, load
from quintet.report.figures.canvas import STYLE
from quintet.report.figures.palettes import INK, MUTED, get_palette

WIDTH, SIZE = 92, 10.0
"""Characters of a line of the figure, and their size in points."""
HEIGHT = 1.75 * SIZE
"""Height of a line, in points."""
FONT, DPI = "DejaVu Sans Mono", 100
OURS = (
    "the two leads are so warm and funny that the film never feels long .",
    "the pump is sealed by two rings of rubber , which are replaced after 400 hours .",
    "the film is a txqrv portrait of love and loss .",
)
"""A usual sentence; one that is no review; one with letters that are no word."""
ASKED, TYPOS, SHOWN = 120, 0.05, 5
COLOURS = get_palette()


def main() -> None:
    """Train or load, ask, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/text.png"))
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--model", type=Path, help="a model of the training lines; None: train one")
    args = parser.parse_args()
    lines = split("sentences")
    model = load(args.model) if args.model else Text(VAE(max_minutes=args.minutes, verbose=False)).fit(lines.train)
    asked = unseen(model, lines.test)[:ASKED]
    drawn = Drawing()
    draw_strange(drawn, model, asked)
    drawn.skip()
    draw_typos(drawn, model, asked)
    drawn.save(args.out)


def unseen(model: Text, lines: list[str]) -> list[str]:
    """Those lines of which no row has trained the model."""
    rows, owners = model.description_.rows(lines)
    seen = set(owners[np.isin(model.vae_.parts_of(rows), ("train", "validation"))].tolist())
    return [line for number, line in enumerate(lines) if number not in seen]


class Drawing:
    """Lines of characters of one width, below each other, with boxes behind some."""

    def __init__(self) -> None:
        self.row = 0.0
        self.texts: list[tuple[float, float, str, str, bool]] = []
        self.boxes: list[tuple[float, float, int, str, float]] = []

    def head(self, title: str, note: str) -> None:
        """A heading, and what the colours mean behind it."""
        self.texts += [(0, self.row, title, INK, True), (len(title) + 3, self.row, note, MUTED, False)]
        self.row += 1.2

    def line(self, line: str, marks: dict[int, tuple[int, str, float]], note: str) -> None:
        """A line with boxes {position: (characters, colour, strength)}, and a note in grey under it."""
        start = 0
        for part in textwrap.wrap(line, WIDTH, drop_whitespace=False):
            self.texts.append((0, self.row, part, INK, False))
            for position, (length, colour, strength) in marks.items():
                if start <= position < start + len(part):
                    self.boxes.append((position - start, self.row, length, colour, strength))
            start += len(part)
            self.row += 1
        self.texts.append((0, self.row - 0.1, note, MUTED, False))
        self.row += 1.25

    def skip(self) -> None:
        """Room between two parts."""
        self.row += 0.4

    def save(self, out: Path) -> None:
        """Draw everything."""
        with mpl.rc_context(STYLE):
            advance = measured_advance()
            width, height = WIDTH * advance + 20, (self.row + 0.6) * HEIGHT
            figure = Figure(figsize=(width / 72, height / 72))
            FigureCanvasAgg(figure)
            axes: Axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
            axes.set_xlim(-10, width - 10)
            axes.set_ylim(height, 0)
            axes.set_axis_off()
            for column, row, length, colour, strength in self.boxes:
                corner = (column * advance - 1, (row + 0.25) * HEIGHT)
                axes.add_patch(
                    Rectangle(corner, length * advance + 2, 0.85 * HEIGHT, color=colour, alpha=strength, linewidth=0)
                )
            for column, row, text, colour, bold in self.texts:
                axes.text(
                    column * advance,
                    (row + 0.7) * HEIGHT,
                    text,
                    family=FONT,
                    fontsize=SIZE,
                    color=colour,
                    weight="bold" if bold else "normal",
                    va="center",
                    parse_math=False,
                )
            figure.savefig(out, dpi=DPI)


def measured_advance() -> float:
    """Width of a drawn character in points, which is not quite the font's own."""
    figure = Figure(dpi=DPI)
    text = figure.text(0, 0, "m" * WIDTH, family=FONT, fontsize=SIZE)
    return float(text.get_window_extent(FigureCanvasAgg(figure).get_renderer()).width / WIDTH * 72 / DPI)


def draw_strange(drawn: Drawing, model: Text, asked: list[str]) -> None:
    """Three sentences of ours and the strangest of some held-out lines, each word by its surprise."""
    found = model.detect([*OURS, *asked])
    strangest = len(OURS) + int(np.argmax(found.scores[len(OURS) :]))
    words = found.words()
    most = float(np.quantile(words["nats"], 0.999))
    drawn.head("detect", "the stronger the colour, the more a word surprises, all others given")
    for number in [*range(len(OURS)), strangest]:
        marks = {
            at: (len(word), COLOURS.strange, float(np.clip(nats / most, 0, 1)) * 0.8)
            for line, at, word, nats in zip(*(words[name] for name in words), strict=True)
            if line == number and nats > 0.1 * most
        }
        beside = f", the strangest of {len(asked)} held-out lines" if number == strangest else ""
        drawn.line(found.lines[number], marks, f"  p-value {found.p_values[number]:.2g}{beside}")


def draw_typos(drawn: Drawing, model: Text, asked: list[str]) -> None:
    """Lines with slips put in, and the suggestions for them."""
    typed = mistyped(asked, TYPOS, 0)
    found = model.denoise(typed.lines)
    drawn.head("denoise", "mistyped on purpose; blue where a suggestion is put in place")
    shown = set[int]()
    for (number, position), meant in typed.meant.items():
        word = re.match(r"[^\W\d_]+", typed.lines[number][position:])
        if word is None or len(typed.lines[number]) > WIDTH or number in shown or len(shown) == SHOWN:
            continue
        own = [(s, applied) for s, applied in zip(found.suggestions, found.applied, strict=True)]
        here = [(s, applied) for s, applied in own if (s.line, s.position) == (number, position)]
        placed = any(applied for _, applied in here)
        offered = ", ".join(f"{s.suggestion} {s.probability:.0%}" for s, _ in here[:3]) or "none"
        marks = {position: (len(word[0]), COLOURS.test if placed else COLOURS.strange, 0.45)}
        drawn.line(typed.lines[number], marks, f"  suggestions: {offered}; meant: {meant}")
        shown.add(number)


if __name__ == "__main__":
    main()
