"""The thresholds of denoising, compared on training rows alone: a model, its trial and its judgement on parts of them.

For each data set of ``denoise_data.py`` its training rows are split in three: most train the model, some are the
trial's, and on the others, which are neither, noise is put. ``SURE``, the standard errors from which on noise is
called, is judged by the share of calls with clean rows that are taken for noisy, and of calls with noisy rows whose
kind is missed or mistaken, over calls of 8 and of 64 rows, and by what one call does to clean rows. ``WORTH``, what a
mixture of sources must gain, is judged by the error of the answers where the kind is given. No row that another page
reports is looked at.

    python benchmarks/choose_denoising.py --minutes 0.4 --json docs/results/choose_denoising.json
"""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import torch
from common import Array, options, table, write_json
from denoise_data import ADDED, NOISES, corrupted, data_sets, error, patches

from quintet import VAE
from quintet.data.rows import Rows
from quintet.tasks.denoising import shares, verdict
from quintet.tasks.denoising.kinds import kinds_for
from quintet.tasks.denoising.trial import fit_denoising

SURES = (2.0, 3.0, 4.0, 4.5, 5.0, 6.0, 8.0)
WORTHS = (0.7, 0.8, 0.9, 0.95, 1.0)
CALLS, SIZES = 200, (8, 64)
"""Calls that are drawn from the judged rows, and how many rows each has."""


def parts(name: str, train: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Rows that train, rows of the trial, rows that are judged: apart from one another, in photographs by columns."""
    if name == "photographs":
        return patches(1500, 0, 160, rng), patches(60, 160, 240, rng), patches(80, 240, 320, rng)
    train = train[rng.permutation(len(train))]
    first, second = len(train) * 6 // 10, len(train) * 7 // 10
    return train[:first], train[first:second], train[second:]


def gains_of(vae: VAE, rows: Array, seed: int) -> torch.Tensor:
    """What each kind gains on each row, (n, kinds)."""
    found = Rows.of(rows, vae.schema_)
    with torch.no_grad():
        chunks = [found.batch(slice(start, start + 16)) for start in range(0, len(found), 16)]
        return torch.cat([verdict.gains(vae.fitted_, chunk, seed) for chunk in chunks]).double()


def wrong_calls(vae: VAE, gains: torch.Tensor, right: str, rng: np.random.Generator) -> dict[tuple[float, int], float]:
    """By threshold and size, the share of calls whose verdict is another kind than the right one."""
    kinds, usual = kinds_for(vae.schema_), verdict.Usual.read(vae.fitted_)
    found = {}
    for size in SIZES:
        calls = [gains[rng.choice(len(gains), min(size, len(gains)), replace=False)] for _ in range(CALLS)]
        for sure in SURES:
            with patch.object(verdict, "SURE", sure):
                verdicts = [verdict.decided(kinds, call, usual).kind for call in calls]
            found[sure, size] = float(np.mean([kind != right for kind in verdicts]))
    return found


def main() -> None:
    """Fit, try, judge, and print two tables."""
    parser = options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=0.4, help="of training a model, at most")
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    figures: dict[str, float] = {}
    for name, (whole, _) in data_sets(np.random.default_rng(asked.seed)).items():
        train, tried, judged = parts(name, whole, rng)
        vae = VAE(max_minutes=0.1 if asked.quick else asked.minutes, random_state=asked.seed).fit(train)
        fitted = vae.fitted_
        rows = Rows.of(train, vae.schema_), Rows.of(tried, vae.schema_)
        added = ADDED["pictures" if whole.dtype == np.uint8 else "tables"]
        noises = [*NOISES, *(("normal", rate) for rate in added)]
        noisy = {(kind, rate): corrupted(train, judged, kind, rate, rng) for kind, rate in noises}
        for worth in WORTHS:
            with patch.object(shares, "WORTH", worth):
                fitted.reference = fitted.reference | fit_denoising(fitted, *rows, asked.seed)
            errors = [
                error(train, judged, vae.denoise(x, noise=kind)) for (kind, _), x in noisy.items() if kind != "none"
            ]
            figures[f"{name}.worth.{worth:g}"] = float(np.mean(errors))
        fitted.reference = fitted.reference | fit_denoising(fitted, *rows, asked.seed)
        for sure in SURES:
            with patch.object(verdict, "SURE", sure):
                figures[f"{name}.clean_error.{sure:g}"] = error(train, judged, vae.denoise(judged))
        for (kind, rate), x in noisy.items():
            shares_wrong = wrong_calls(vae, gains_of(vae, x, asked.seed), kind, rng)
            for (sure, size), share in shares_wrong.items():
                figures[f"{name}.{kind}.{rate:g}.rows{size}.sure.{sure:g}"] = share
    show(figures)
    write_json(asked.json, figures, asked.seed)


def show(figures: dict[str, float]) -> None:
    """Clean calls taken for noisy, noisy calls mistaken, and errors by what a mixture must gain."""
    names = list(dict.fromkeys(key.split(".")[0] for key in figures))
    lines = []
    for name in names:
        for size in SIZES:
            for clean in (True, False):
                shown = []
                for sure in SURES:
                    ends = f".rows{size}.sure.{sure:g}"
                    found = [v for k, v in figures.items() if k.startswith(name) and k.endswith(ends)]
                    shown.append(f"{found[0] if clean else np.mean(found[1:]):.3f}")
                lines.append((name, str(size), "clean, called noisy" if clean else "noisy, missed or mistaken", *shown))
        lines.append((name, "all", "clean, error", *(f"{figures[f'{name}.clean_error.{s:g}']:.2f}" for s in SURES)))
    table("Share of wrong verdicts by SURE", lines, ("data", "rows a call", "", *(f"{sure:g}" for sure in SURES)))
    by_worth = [(name, *(f"{figures[f'{name}.worth.{w:g}']:.3f}" for w in WORTHS)) for name in names]
    table("Mean over kinds by WORTH: dB of pictures, deviations of tables", by_worth, ("data", *map(str, WORTHS)))


if __name__ == "__main__":
    main()
