"""Figure of each variant's page: digits, reconstructions, generated digits, and their latents.

Each variant is trained for seconds on scikit-learn's digits under one training plan; the figures show what it does, not
how good it can be.

    python benchmarks/picture_variants.py                 # those that are missing
    python benchmarks/picture_variants.py vq ladder       # these
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from quintet import VAE, variants
from quintet.report.figures.canvas import bare, empty_figure, styled
from quintet.report.figures.images import pixels
from quintet.report.figures.latents import principal
from quintet.report.figures.palettes import MUTED, get_palette

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "variants"
COLUMNS, TOP = 8, 16.0
Array = np.ndarray[Any, Any]


def train(name: str, epochs: int) -> VAE:
    """A model of the variant, from all but the last 200 digits."""
    data = load_digits()
    variant = variants.get(name)
    plan = {"learning_rate": 2e-3, "batch_size": 64, "kl_warmup": 0.3}
    vae = VAE(variant(**variant.images_by), latent_dim=8, epochs=epochs, training=plan, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return vae.fit(data.images[:-200].astype(np.uint8), data.target[:-200])


@styled
def picture(name: str, vae: VAE) -> Figure:
    """Lines of digits on the left, the plane of two principal components on the right where there are codes."""
    data = load_digits()
    held, labels = data.images[-200:].astype(np.uint8), data.target[-200:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        new = vae.generate(4 * COLUMNS, random_state=0)
        lines: list[tuple[str, Array]] = []
        has_posterior = vae.fitted_.model.has_posterior
        if has_posterior:
            lines += [("digits", held[:COLUMNS]), ("come back", vae.reconstruct(held[:COLUMNS]))]
        lines += [("new", new[:COLUMNS]), *(("", new[i : i + COLUMNS]) for i in range(COLUMNS, 3 * COLUMNS, COLUMNS))]
        codes = vae.transform(held) if has_posterior else None
    figure = empty_figure(7.6 if has_posterior else 4.4, 2.9)
    grid = figure.add_gridspec(1, 2 if has_posterior else 1, width_ratios=(1.35, 1) if has_posterior else (1,))
    _digits(figure.add_subplot(grid[0, 0]), lines)
    if codes is not None:
        axes, colours = figure.add_subplot(grid[0, 1]), get_palette()
        plane, share = principal(codes)
        for digit in range(10):
            mine = plane[labels == digit]
            axes.scatter(mine[:, 0], mine[:, 1], s=0)
            for x, y in mine:
                axes.text(x, y, str(digit), color=colours.label(digit), fontsize=6.5, ha="center", va="center")
        axes.set_title(f"{name}: codes, {share.sum():.0%} of their variance")
    return figure


def _digits(axes: Any, lines: list[tuple[str, Array]]) -> None:
    size, gap = 8, 1
    sheet = np.ones((len(lines) * (size + gap), COLUMNS * (size + gap), 4))
    for i, (_, rows) in enumerate(lines):
        for j, image in enumerate(pixels(np.clip(rows, 0, TOP), (0.0, TOP), ink=True)):
            sheet[i * (size + gap) : i * (size + gap) + size, j * (size + gap) : j * (size + gap) + size] = image
    axes.imshow(sheet, interpolation="nearest")
    bare(axes)
    for i, (text, _) in enumerate(lines):
        axes.text(-2, i * (size + gap) + size / 2, text, ha="right", va="center", color=MUTED, fontsize=8)


def family(names: list[str]) -> Figure:
    """New digits of every variant, a line each, in columns of lines."""
    count, across = 10, 3
    down = -(-len(names) // across)
    figure = empty_figure(10.0, 0.34 * down + 0.2)
    frames: Any = figure.subplots(down, across, squeeze=False)
    for axes in frames.ravel():
        bare(axes)
    for place, name in enumerate(names):
        axes = frames[place % down, place // down]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            new = train(name, 40).generate(count, random_state=1)
        sheet = np.ones((8, count * 9 - 1, 4))
        for j, image in enumerate(pixels(np.clip(new, 0, TOP), (0.0, TOP), ink=True)):
            sheet[:, 9 * j : 9 * j + 8] = image
        axes.imshow(sheet, interpolation="nearest")
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8.5)
        print(name, flush=True)
    return figure


def main() -> None:
    """Draw the given variants, or those without a figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="variants; none: those without a picture")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--family", action="store_true", help="one picture of all variants, for the README")
    args = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if args.family:
        styled(family)(variants.names()).savefig(
            FOLDER.parent / "family.png", dpi=110, metadata={"Software": "quintet"}
        )
        return
    for name in args.names or [n for n in variants.names() if not (FOLDER / f"{n}.png").exists()]:
        vae = train(name, args.epochs)
        picture(name, vae).savefig(FOLDER / f"{name}.png", dpi=110, metadata={"Software": "quintet"})
        print(name, flush=True)


if __name__ == "__main__":
    main()
