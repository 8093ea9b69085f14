"""Denoising of image patches, digits and tables from scikit-learn, with unknown kind and rate of noise.

The models of images are trained on patches of 32 × 32 of the left parts of two photographs and tested on the right
parts; digits and tables are split by rows. Baselines: the noisy rows, the median filter (images), and the linear
estimator fitted to training rows with known kind and rate of noise (tables).

    python benchmarks/denoise_data.py --minutes 2.5 --json docs/results/denoise_data.json
"""

from __future__ import annotations

import numpy as np
from common import Array, options, table, write_json
from scipy.ndimage import median_filter
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_sample_images, load_wine

from quintet import VAE

NOISES = [("none", 0.0), ("replacement", 0.05), ("replacement", 0.1), ("replacement", 0.25), ("masking", 0.1)]
ADDED = {"pictures": (0.04, 0.1), "tables": (0.5, 1.0, 2.5)}


def patches(rows: int, first: int, end: int, rng: np.random.Generator) -> Array:
    """Patches (rows, 32, 32, 3) of two photographs, from the columns ``first`` to before ``end``."""
    photographs, cut = load_sample_images().images, []
    for _ in range(rows):
        picture = photographs[rng.integers(2)]
        row = rng.integers(0, picture.shape[0] - 32)
        column = rng.integers(first, end - 32)
        cut.append(picture[row : row + 32, column : column + 32])
    return np.stack(cut)


def data_sets(rng: np.random.Generator) -> dict[str, tuple[Array, Array]]:
    """Training rows and test rows, by name."""
    digits = load_digits().images.astype(np.uint8)
    found = {
        "photographs": (patches(2000, 0, 320, rng), patches(60, 320, 640, rng)),
        "digits": (digits[:1500], digits[1500:]),
    }
    for name, load in (("wine", load_wine), ("breast cancer", load_breast_cancer), ("diabetes", load_diabetes)):
        X = load().data[rng.permutation(len(load().data))]
        found[name] = (X[: len(X) * 3 // 4], X[len(X) * 3 // 4 :])
    return found


def corrupted(train: Array, clean: Array, kind: str, rate: float, rng: np.random.Generator) -> Array:
    """Noise as a user would make it: over the range of the data, in deviations of a table's column."""
    whole = clean.dtype == np.uint8
    low, high = (0.0, float(train.max())) if whole else (train.min(0), train.max(0))
    if kind == "normal":
        noisy = clean + rng.normal(size=clean.shape) * rate * ((high - low) if whole else train.std(0))
    else:
        value = low + rng.random(clean.shape) * (high - low) if kind == "replacement" else np.zeros(clean.shape)
        noisy = np.where(rng.random(clean.shape) < rate, value, clean)
    return np.clip(np.rint(noisy), low, high).astype(np.uint8) if whole else noisy


def error(train: Array, clean: Array, found: Array) -> float:
    """PSNR in dB of pictures, to 60; root mean square error in deviations of a table's columns."""
    if clean.dtype != np.uint8:
        return float(np.sqrt(np.square((found - clean) / train.std(0)).mean()))
    squares = np.square(found.astype(float) - clean).reshape(len(clean), -1).mean(1) / float(train.max()) ** 2
    return float(np.mean(-10 * np.log10(np.maximum(squares, 1e-6))))


def baseline(train: Array, noisy: Array, kind: str, rate: float) -> Array | None:
    """The median filter, or for normal noise on a table the best linear estimator with known standard deviation."""
    if noisy.dtype == np.uint8:
        return np.asarray(median_filter(noisy, (1, 3, 3, 1)[: noisy.ndim]))
    if kind != "normal":
        return None
    mean, covariance = train.mean(0), np.cov(train.T)
    spread = np.diag(np.square(rate * train.std(0)))
    return np.asarray(mean + (noisy - mean) @ np.linalg.solve(covariance + spread, covariance))


def main() -> None:
    """Train a model of each data set, denoise its test rows, and print one table."""
    parser = options(__doc__ or "")
    parser.add_argument(
        "--minutes", type=float, default=2.5, help="of training a model, none where all epochs are done"
    )
    args = parser.parse_args()
    minutes, rng = 0.1 if args.quick else args.minutes, np.random.default_rng(args.seed)
    lines: list[tuple[str, ...]] = []
    figures: dict[str, float] = {}
    for name, (train, clean) in data_sets(rng).items():
        vae = VAE(max_minutes=minutes, random_state=args.seed).fit(train)
        added = ADDED["pictures" if clean.dtype == np.uint8 else "tables"]
        for kind, rate in [*NOISES, *(("normal", rate) for rate in added)]:
            noisy = corrupted(train, clean, kind, rate, rng)
            found, report = vae.denoise(noisy, return_report=True)
            other = baseline(train, noisy, kind, rate)
            scores = {"noisy": error(train, clean, noisy), "quintet": error(train, clean, found)}
            if other is not None:
                scores["opponent"] = error(train, clean, other)
            figures |= {f"{name}.{kind}.{rate:g}.{key}": value for key, value in scores.items()}
            shown = [f"{scores[key]:.2f}" if key in scores else "" for key in ("noisy", "quintet", "opponent")]
            lines.append((name, f"{kind} {rate:g}", report.kind, f"{float(report.rates.mean()):.3f}", *shown))
    head = ("data", "noise", "kind found", "rate found", "noisy", "quintet", "median filter or linear")
    table("Denoising, kind and rate unknown: dB of pictures, deviations of tables' columns", lines, head)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
