"""Which combination of components should be the default score of ``detect``? Chosen without any test set.

In every task a class is left out of training and plays the stranger, beside held-out rows of the others: the digits of
MNIST's TRAINING rows; scikit-learn's small digits; notMNIST's letters 3,001 to 8,000, which no other script asks; the
classes of scikit-learn's tables; heartbeats. In one task letters are drawn as strangers among all the small digits. The
candidates are ranked by the mean over the kinds of data (each the mean of its tasks), and the first is the choice.
``choice.without_dN`` says what would have been chosen without the digit N as a stranger, ``choice.without_mnist``
without MNIST at all.

    python benchmarks/choose_score.py --models FOLDER --json docs/results/choose_score.json

``--models``: the folder of ``records_digits.py --save``, files dN.safetensors that never saw the digit N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import Array, data_folder, digits, options, table, write_json
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from quintet import VAE, load
from quintet.data.letters import draw_letters, frame_glyphs
from quintet.data.rows import Rows
from quintet.evaluate import auroc
from quintet.tasks.detection.calibration import p_values
from quintet.tasks.detection.gauge import MEASURED, Gauge
from quintet.tasks.detection.measure import measure

STRANGERS = 1000
"""Most rows of a stranger's class."""
Scores = dict[str, Array]
Candidate = Callable[[Scores, Scores], Array]


def _weighted(**weights: float) -> Candidate:
    return lambda z, p: np.sum([weight * z[name] for name, weight in weights.items()], axis=0)


def _with_square(weight: float) -> Candidate:
    return lambda z, p: z["row_density"] + z["row_excess"] + weight * z["typicality"] ** 2


def _larger(**weights: float) -> Candidate:
    return lambda z, p: np.maximum(z["row_distance"], z["row_excess"]) + _weighted(row_density=1, **weights)(z, p)


def _fisher(*names: str) -> Candidate:
    return lambda z, p: np.sum([-np.log(p[name]) for name in names], axis=0)


CANDIDATES: dict[str, Candidate] = {
    **{name: _weighted(**{name: 1.0}) for name in (*MEASURED, "typicality", "row_excess")},
    "density + excess": _weighted(row_density=1, row_excess=1),
    "density + 1/2 excess": _weighted(row_density=1, row_excess=0.5),
    "1/2 density + excess": _weighted(row_density=0.5, row_excess=1),
    **{
        f"density + excess + {weight:g} typicality": _weighted(row_density=1, row_excess=1, typicality=weight)
        for weight in (0.25, 0.5, 1)
    },
    **{f"density + excess + {weight:g} typicality^2": _with_square(weight) for weight in (0.125, 0.25, 0.5)},
    "density + excess + 1/2 latent density": _weighted(row_density=1, row_excess=1, latent_density=0.5),
    "density + excess + 1/2 latent distance": _weighted(row_density=1, row_excess=1, latent_distance=0.5),
    "density + excess + 1/2 distance": _weighted(row_density=1, row_excess=1, row_distance=0.5),
    "density + distance": _weighted(row_density=1, row_distance=1),
    "density + larger of distance, excess": _larger(),
    **{
        f"density + larger of distance, excess + {weight:g} typicality": _larger(typicality=weight)
        for weight in (0.5, 1)
    },
    "density + larger of distance, excess, typicality": lambda z, p: (
        z["row_density"] + np.max([z["row_distance"], z["row_excess"], z["typicality"]], axis=0)
    ),
    "density + typicality": _weighted(row_density=1, typicality=1),
    "both densities": _weighted(row_density=1, latent_density=1),
    "by hand, as before": _weighted(row_density=1, latent_distance=0.5, typicality=0.5, row_distance=0.25),
    "all": _weighted(**dict.fromkeys((*MEASURED[2:], "typicality", "row_excess"), 1.0)),
    "larger of both": lambda z, p: np.maximum(z["row_density"], z["row_excess"]),
    "Fisher of density, excess": _fisher("row_density", "row_excess"),
    "Fisher of density, excess, typicality": _fisher("row_density", "row_excess", "typicality"),
    "Fisher of all": _fisher(*MEASURED[2:], "typicality", "row_excess"),
}
"""From the components in spreads and as p-values to a score."""


def standardised(gauge: Gauge, measured: Any) -> tuple[Scores, Scores]:
    """The components in spreads of held-out normal rows, and as p-values."""
    found = gauge.all_scores(measured)
    z = {name: gauge.standard(found, name) for name in MEASURED}
    z |= {name: found[name] for name in ("typicality", "row_excess")}
    p = {name: p_values(found[name], gauge.calibration_scores(name)) for name in z}
    return z, p


def judged(vae: Any, normal: Any, strange: Array) -> dict[str, float]:
    """AUROC of each candidate; ``normal`` None: the model's own calibration rows, but those that set the scales."""
    fitted = vae.fitted_
    gauge = Gauge.read(fitted.reference, "calibration")
    odd = measure(fitted, Rows.of(strange, fitted.schema))
    usual = {name: gauge.counting[:, i] for i, name in enumerate(MEASURED)}
    if normal is not None:
        usual = measure(fitted, Rows.of(normal, fitted.schema))
    parts = [standardised(gauge, part) for part in (usual, odd)]
    truth = np.repeat([0, 1], [len(usual["elbo"]), len(strange)])
    return {name: auroc(truth, np.concatenate([rule(*part) for part in parts])) for name, rule in CANDIDATES.items()}


def held_out(x: Array, y: Array, kind: str, seed: int, **settings: Any) -> Iterator[tuple[str, str, dict[str, float]]]:
    """A task for each class: the others train but for a fifth of them, which are the normal rows."""
    for label in np.unique(y):
        rng = np.random.default_rng(seed)
        others, odd = rng.permutation(np.flatnonzero(y != label)), np.flatnonzero(y == label)[:STRANGERS]
        cut = len(others) // 5
        vae = VAE(random_state=seed, **settings).fit(x[others[cut:]])
        yield kind, f"{kind}.{label}", judged(vae, x[others[:cut]], x[odd])


def tasks(asked: Any) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Kind of data, name, and figures of each task."""
    x, y = digits("train")
    for digit in asked.digits:
        if asked.models is not None:
            vae, normal = load(asked.models / f"d{digit}.safetensors"), None
        else:
            rng = np.random.default_rng(asked.seed)
            rows = rng.permutation(x[y != digit])[: 4000 if asked.quick else 22_000]
            vae, normal = VAE(max_minutes=asked.minutes, random_state=asked.seed).fit(rows[2000:]), rows[:2000]
        yield "mnist", f"mnist.{digit}", judged(vae, normal, x[y == digit][:STRANGERS])
    small = load_digits()
    images, (drawn, _) = small.images.astype(np.uint8), draw_letters(8)
    share = 0.1 if asked.quick else 1.0
    short = {"epochs": round(100 * share)}
    yield from held_out(images, small.target, "small_digits", asked.seed, **short)
    rows = np.random.default_rng(asked.seed).permutation(images)
    vae = VAE(random_state=asked.seed, **short).fit(rows[360:])
    yield "drawn_letters", "drawn_letters", judged(vae, rows[:360], drawn)
    glyphs, letters = (part[3000:8000] for part in digits("test", "notMNIST"))
    yield from held_out(frame_glyphs(glyphs), letters, "letters", asked.seed, epochs=max(1, round(15 * share)))
    for name, data in (("wine", load_wine()), ("cancer", load_breast_cancer())):
        for _, task, figures in held_out(data.data, data.target, name, asked.seed, **short):
            yield "tables", task, figures
    beats = np.load(data_folder() / "series" / "ecg5000_train.npz")
    usual, odd = beats["x"][beats["y"] == 1], beats["x"][beats["y"] != 1]
    vae = VAE(random_state=asked.seed, **short).fit(usual[:230])
    yield "series", "series.ecg5000", judged(vae, usual[230:], odd)


def means(done: list[tuple[str, str, dict[str, float]]]) -> dict[str, float]:
    """Of each candidate the mean over the kinds of data of the means over their tasks."""
    kinds = list(dict.fromkeys(kind for kind, _, _ in done))
    of = {name: [np.mean([f[name] for k, _, f in done if k == kind]) for kind in kinds] for name in CANDIDATES}
    return {name: float(np.mean(values)) for name, values in of.items()}


def main() -> None:
    """Run the tasks, rank the candidates, write the figures."""
    parser = options(__doc__ or "")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="trained files dN.safetensors instead of fits")
    parser.add_argument("--digits", type=lambda s: [int(d) for d in s.split(",")], default=list(range(10)))
    parser.add_argument("--minutes", type=float, default=0.5, help="most minutes of each fit to MNIST's digits")
    asked = parser.parse_args()
    if asked.quick:
        asked.minutes, asked.digits = 0.05, asked.digits[:2]
    done = []
    for task in tasks(asked):
        done.append(task)
        print(f"{task[1]}: " + ", ".join(f"{name} {value:.3f}" for name, value in task[2].items()), flush=True)
    overall = means(done)
    first = max(overall, key=lambda name: overall[name])
    kinds = list(dict.fromkeys(kind for kind, _, _ in done))
    by_kind = {kind: means([task for task in done if task[0] == kind]) for kind in kinds}
    order = sorted(overall, key=lambda name: -overall[name])
    rows = [(n, *(f"{by_kind[k][n]:.3f}" for k in kinds), f"{overall[n]:.4f}") for n in order]
    table("AUROC, means over classes left out, no test set", rows, ("score", *kinds, "mean"))
    kept: dict[str, float | str] = {"choice": first}
    for name in [*(f"mnist.{d}" for d in asked.digits), *(["mnist"] if len(kinds) > 1 else [])]:
        rest = means([task for task in done if name not in (task[0], task[1])])
        kept[f"choice.without_{name.replace('mnist.', 'd')}"] = max(rest, key=lambda n: rest[n])
    print("\n".join(f"{name}: {value}" for name, value in kept.items()))
    figures = {f"{name}.{kind}": by_kind[kind][name] for name in order for kind in kinds}
    figures |= {f"{name}.mean": overall[name] for name in order}
    tasks_of = {f"task.{task}.{name}": f[name] for _, task, f in done for name in (first, "row_density", "row_excess")}
    write_json(asked.json, {**kept, **figures, **tasks_of}, asked.seed)


if __name__ == "__main__":
    main()
