"""Denoising of grey rows in four layouts: flat or as images, of floats or of bytes; and flat floats as real numbers.

The embedded digits hold whole numbers 0..16. Scikit-learn returns them as flat rows of floats, the layout in which most
users hold them. A share of the cells is replaced by uniform levels; the kind and rate of the noise are unknown to the
model, or its kind alone is given. Figures are root mean squared errors in grey levels, over all cells of held-out rows.

    python benchmarks/flat_grey_rows.py --json docs/results/flat_grey_rows.json
"""

from __future__ import annotations

import numpy as np
from common import Array, options, table, write_json
from sklearn.datasets import load_digits

from quintet import VAE

TRAIN = 1300
RATES = (0.0, 0.2)


def layouts() -> dict[str, tuple[Array, str]]:
    """The same digits as users hold them, and ``kind``, by name."""
    flat, images = load_digits().data, load_digits().images
    return {
        "flat_floats": (flat, "auto"),
        "flat_bytes": (flat.astype(np.uint8), "auto"),
        "image_floats": (images, "auto"),
        "image_bytes": (images.astype(np.uint8), "auto"),
        "flat_floats_as_real": (flat, "real"),
    }


def corrupted(clean: Array, rate: float, seed: int) -> Array:
    """Each cell replaced with probability ``rate`` by a uniform level 0..16, equally in every layout."""
    rng = np.random.default_rng(seed)
    flat = clean.reshape(len(clean), -1)
    hit = rng.random(flat.shape) < rate
    return np.where(hit, rng.integers(0, 17, flat.shape), flat).astype(clean.dtype).reshape(clean.shape)


def error(clean: Array, found: Array) -> float:
    """Root mean squared error in grey levels."""
    return float(np.sqrt(np.square(found.astype(np.float64) - clean.astype(np.float64)).mean()))


def main() -> None:
    """Train a model of each layout, denoise held-out rows, and print one table."""
    args = options(__doc__ or "").parse_args()
    fewer = {"epochs": 20} if args.quick else {}
    figures: dict[str, float] = {}
    lines: list[tuple[str, ...]] = []
    for name, (rows, kind) in layouts().items():
        vae = VAE(kind=kind, random_state=args.seed, **fewer).fit(rows[:TRAIN])
        clean = rows[TRAIN:]
        for rate in RATES:
            noisy = corrupted(clean, rate, args.seed)
            found, report = vae.denoise(noisy, return_report=True)
            known = vae.denoise(noisy, noise="replacement")
            scores = {"noisy": noisy, "denoised": found, "denoised_kind_given": known}
            errors = {key: error(clean, answer) for key, answer in scores.items()}
            figures |= {f"{name}.{rate:g}.{key}": value for key, value in errors.items()}
            shown = (f"{value:.2f}" for value in errors.values())
            lines.append((name, vae.schema_.kind, f"{rate:.0%}", report.kind, *shown))
    head = ("layout", "kind", "replaced", "noise found", "noisy", "denoised", "noise='replacement' given")
    table("Digits with replaced cells: root mean squared error in grey levels", lines, head)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
