"""Choice of the thresholds of denoising on training rows alone.

The training rows of each data set of ``denoise_data.py`` are split in three: most train the model, some fit the
combination weights, and the rest are corrupted. ``SURE``, the significance in standard errors, is compared by two rates
over calls of 8 and of 64 rows: clean calls classified as noisy, and noisy calls whose kind is missed or wrong.
``WORTH``, the gain that a mixture must have, is compared by the error of denoising with a given kind. No reported test
row is used.

    python benchmarks/choose_denoising.py --minutes 0.4 --json docs/results/choose_denoising.json
"""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import torch
from common import Array, options, table, write_json
from denoise_data import ADDED, NOISES, corrupted, data_sets, error, patches

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.tasks.denoise import combination_weights, noise_kind_choice
from quintet.tasks.denoise.combination_fit import fit_denoising
from quintet.tasks.denoise.noise_kinds import kinds_for

SURES = (2.0, 3.0, 4.0, 4.5, 5.0, 6.0, 8.0)
WORTHS = (0.7, 0.8, 0.9, 0.95, 1.0)
QUICK = ("digits", "wine")
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
        return torch.cat([noise_kind_choice.gains(vae.fitted_, chunk, seed) for chunk in chunks]).double()


def wrong_calls(vae: VAE, gains: torch.Tensor, right: str, rng: np.random.Generator) -> dict[tuple[float, int], float]:
    """By threshold and size, the share of calls whose choice is another kind than the right one."""
    kinds, usual = kinds_for(vae.schema_), noise_kind_choice.CleanRowGains.read(vae.fitted_)
    found = {}
    for size in SIZES:
        calls = [gains[rng.choice(len(gains), min(size, len(gains)), replace=False)] for _ in range(CALLS)]
        for sure in SURES:
            with patch.object(noise_kind_choice, "SURE", sure):
                choices = [noise_kind_choice.choose_noise_kind(kinds, call, usual).kind for call in calls]
            found[sure, size] = float(np.mean([kind != right for kind in choices]))
    return found


def main() -> None:
    """Fit, try, judge, and print a table."""
    parser = options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=0.4, help="of training a model, at most")
    args = parser.parse_args()
    minutes, rng = 0.1 if args.quick else args.minutes, np.random.default_rng(args.seed)
    figures: dict[str, float] = {}
    for name, (whole, _) in data_sets(np.random.default_rng(args.seed)).items():
        if args.quick and name not in QUICK:
            continue
        train, tried, judged = parts(name, whole, rng)
        vae = VAE(max_minutes=minutes, random_state=args.seed).fit(train)
        rows = Rows.of(train, vae.schema_), Rows.of(tried, vae.schema_)
        added = ADDED["pictures" if whole.dtype == np.uint8 else "tables"]
        noises = [*NOISES, *(("normal", rate) for rate in added)]
        noisy = {(kind, rate): corrupted(train, judged, kind, rate, rng) for kind, rate in noises}
        for worth in WORTHS:
            with patch.object(combination_weights, "WORTH", worth):
                vae.fitted_.artifacts |= fit_denoising(vae.fitted_, *rows, args.seed)
            errors = [
                error(train, judged, vae.denoise(x, noise=kind)) for (kind, _), x in noisy.items() if kind != "none"
            ]
            figures[f"{name}.worth {worth:g}.error"] = float(np.mean(errors))
        vae.fitted_.artifacts |= fit_denoising(vae.fitted_, *rows, args.seed)
        figures |= by_sure(vae, noisy, name, rng, args.seed)
    lines = [(name, f"{value:.3f}") for name, value in figures.items()]
    table("Thresholds of denoising, on training rows", lines, ("data, threshold, figure", ""))
    write_json(args.json, figures, args.seed)


def by_sure(
    vae: VAE, noisy: dict[tuple[str, float], Array], name: str, rng: np.random.Generator, seed: int
) -> dict[str, float]:
    """Shares of wrong choices by the standard errors that noise is called from."""
    figures = {}
    wrong = {noise: wrong_calls(vae, gains_of(vae, x, seed), noise[0], rng) for noise, x in noisy.items()}
    for sure in SURES:
        for size in SIZES:
            clean, *mistaken = (found[sure, size] for found in wrong.values())
            figures[f"{name}.sure {sure:g}.clean_called_{size}"] = clean
            figures[f"{name}.sure {sure:g}.noise_mistaken_{size}"] = float(np.mean(mistaken))
    return figures


if __name__ == "__main__":
    main()
