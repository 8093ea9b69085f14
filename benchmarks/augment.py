"""Augmentation of 100 labelled MNIST digits, ten per class: test error of a classifier without and with new rows.

Each method adds the same number of rows: shifts by up to two pixels ("jitter"), interpolation between pixels of the
same digit ("smote", Chawla et al., 2002), ``VAE.augment`` of a model fitted to the unlabelled training rows ("ours"),
and half of each, shifted ("both"). The classifier is a support vector machine with a radial kernel, the
usual choice for so few rows; the figure is its error on the test set, the mean over draws of the 100 rows.

    python benchmarks/augment.py --json docs/results/augment.json
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import Array, digits, filling, options, table, write_json

from quintet import VAE, load

LABELS, PER_CLASS, NEW = 10, 10, 200
WAYS = {
    "none": "nothing",
    "jitter": "moved by up to 2 pixels",
    "smote": "lines between rows of pixels",
    "ours": "VAE.augment",
    "both": "half of each, moved",
}


def error(x: Array, y: Array, test: Array, labels: Array) -> float:
    """Share of the test rows that the classifier gets wrong."""
    from sklearn.svm import SVC

    model = SVC(C=10.0).fit(x.reshape(len(x), -1) / 255, y)
    return float((model.predict(test.reshape(len(test), -1) / 255) != labels).mean())


def jitter(x: Array, rng: np.random.Generator) -> Array:
    """Each picture moved by -2 to 2 pixels both ways."""
    steps = rng.integers(-2, 3, size=(len(x), 2))
    return np.stack([np.roll(row, step, (0, 1)) for row, step in zip(x, steps.tolist(), strict=True)])


def smote(x: Array, y: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Points on lines between rows and one of their five nearest of the same class, in the space of pixels."""
    rows, labels = [], []
    for label in np.unique(y):
        mine = x[y == label].reshape(-1, x[0].size).astype(float)
        apart = np.square(mine[:, None] - mine[None]).sum(-1)
        near = np.argsort(apart, axis=1)[:, 1:6]
        start = rng.integers(len(mine), size=count)
        other = near[start, rng.integers(near.shape[1], size=count)]
        rows.append(mine[start] + rng.random((count, 1)) * (mine[other] - mine[start]))
        labels += [label] * count
    return np.rint(np.concatenate(rows)).astype(np.uint8).reshape(-1, *x.shape[1:]), np.array(labels)


def ways(vae: VAE, x: Array, y: Array, seed: int) -> dict[str, tuple[Array, Array]]:
    """The training rows of each way, the labelled ones among them."""
    rng = np.random.default_rng((seed, 7))
    several = np.repeat(x, NEW // PER_CLASS, axis=0), np.repeat(y, NEW // PER_CLASS)
    moved = jitter(several[0], rng), several[1]
    new = vae.augment(x, y, per_class=NEW, random_state=seed)
    half = rng.permutation(len(new[0])) < len(new[0]) // 2
    made = {
        "none": (x[:0], y[:0]),
        "jitter": moved,
        "smote": smote(x, y, NEW, rng),
        "ours": new,
        "both": (np.where(half[:, None, None], jitter(new[0], rng), moved[0]), np.where(half, new[1], moved[1])),
    }
    return {name: (np.concatenate([x, a]), np.concatenate([y, b])) for name, (a, b) in made.items()}


def main() -> None:
    """Run, print one table, write the figures."""
    parser = options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=4.0, help="minutes of the fit")
    parser.add_argument("--draws", type=int, default=3, help="draws of the 100 labelled rows")
    parser.add_argument("--model", type=Path, help="a trained file to take; where it does not exist, the one to write")
    parser.add_argument("--picture", type=Path, help="write a grid here: a labelled row, then nine of its class's new")
    args = parser.parse_args()
    (x, y), (test, labels) = digits("train"), digits("test")
    if args.quick:
        x, y, test, labels = x[:20_000], y[:20_000], test[:2000], labels[:2000]
        args.minutes = min(args.minutes, 1.5)
    if args.model is not None and args.model.exists():
        vae = load(args.model)
    else:
        vae = VAE(latent_dim=32, random_state=args.seed, **filling(args.minutes)).fit(x)
        if args.model is not None:
            vae.save(args.model)
    found: dict[str, list[float]] = {}
    for draw in range(args.draws):
        rng = np.random.default_rng((args.seed, draw))
        few = np.concatenate([rng.permutation(np.flatnonzero(y == d))[:PER_CLASS] for d in range(LABELS)])
        rows = ways(vae, x[few], y[few], args.seed + draw)
        for name, (a, b) in rows.items():
            found.setdefault(name, []).append(error(a, b, test, labels))
        if args.picture is not None and not draw:
            _draw(args.picture, x[few], rows["ours"][0][len(few) :])
    lines = [(WAYS[name], f"{np.mean(e):.3f}", f"{np.std(e):.3f}") for name, e in found.items()]
    table(f"Error with 100 labels, {args.draws} draws of them", lines, ("beside the labelled rows", "error", "spread"))
    figures = {f"error.{name}": float(np.mean(e)) for name, e in found.items()}
    write_json(args.json, figures | {f"spread.{name}": float(np.std(e)) for name, e in found.items()}, args.seed)


def _draw(path: Path, few: Array, new: Array) -> None:
    from quintet.data.writers import save_rows

    lines = [np.concatenate([few[d * PER_CLASS :][:1], new[d * NEW :][:9]]) for d in range(LABELS)]
    save_rows(path, np.concatenate(lines), columns=10, force=True)


if __name__ == "__main__":
    main()
