"""The picture of the report on a table: scikit-learn's breast cancer with a tenth of the cells missing.

python benchmarks/picture_report.py --out docs/pictures/table_report.png
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_breast_cancer

from quintet import VAE, load
from quintet.report import report

FIGURES = ("numbers-real-and-new", "associations")
WIDTH = 1100
"""Pixels of the picture."""


def tumours() -> pd.DataFrame:
    """Seven measurements, one as a level, and the diagnosis, in random order; a tenth of the measurements missing."""
    found = load_breast_cancer(as_frame=True)
    names = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "symmetry"]
    frame = found.data[[f"mean {name}" for name in names]].mask(
        np.random.default_rng(0).random((len(found.data), len(names))) < 0.1
    )
    frame["mean texture"] = pd.cut(
        frame["mean texture"], [0, 15, 20, 25, 99], labels=["fine", "even", "coarse", "rough"]
    )
    frame["diagnosis"] = np.array(found.target_names)[found.target]
    return frame.sample(frac=1, random_state=0).reset_index(drop=True)


def main() -> None:
    """Fit, write a report to a temporary folder, and put two of its figures below each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/table_report.png"))
    parser.add_argument("--model", type=Path, help="a model of the first 400 rows, instead of a fit")
    args = parser.parse_args()
    frame = tumours()
    vae = load(args.model) if args.model else VAE(random_state=0).fit(frame[:400])
    with TemporaryDirectory() as folder:
        report(vae, frame[400:], out=Path(folder) / "page", train=frame[:400], quick=True)
        figures = [Image.open(Path(folder) / "page" / "figures" / f"{name}.png").convert("RGB") for name in FIGURES]
    figures = [each.resize((WIDTH, each.height * WIDTH // each.width), Image.Resampling.LANCZOS) for each in figures]
    sheet = Image.new("RGB", (WIDTH, sum(each.height for each in figures)), "white")
    top = 0
    for each in figures:
        sheet.paste(each, (0, top))
        top += each.height
    sheet.save(args.out, optimize=True)


if __name__ == "__main__":
    main()
