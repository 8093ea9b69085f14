"""Choice of the default score of ``detect`` among combinations of components, without any test set.

A score is ranked by three criteria: the mean AUROC of anomalies against normal rows, the smallest AUROC over the kinds
of data, and the share of anomalies found at 1 % false alarms.

In each task one class is left out of training and is the anomaly among held-out rows of the others: the digits of
MNIST's TRAINING rows; scikit-learn's small digits; notMNIST's letters 3,001 to 8,000, which no other script uses; the
classes of scikit-learn's tables; heartbeats. In three tasks letters are the anomalies among digits: rendered ones among
the small digits, and those of notMNIST among MNIST's. The choice is the candidate with the best mean of the three
criteria over the kinds of data. ``choice.without_dN`` is the choice without the digit N as an anomaly,
``choice.without_mnist`` the choice without MNIST.

    python benchmarks/choose_score.py --models FOLDER --json docs/results/choose_score.json

``--models``: the folder of ``records_digits.py --save``, files dN.safetensors trained without the digit N.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from common import Array, data_folder, digits, filling, options, table, write_json
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from quintet import VAE, load
from quintet.data.dataset import Rows
from quintet.data.readers.letters import draw_letters, frame_glyphs
from quintet.evaluate import auroc
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.p_values import p_values
from quintet.tasks.detect.score_calibration import MEASURED, ScoreCalibration

STRANGERS = 1000
"""Most rows of a stranger's class."""
FALSE_ALARMS = 0.01
"""Share of normal rows above the threshold at which the detection rate is reported."""
Scores = dict[str, Array]
Task = tuple[str, str, dict[str, float]]
"""Kind of data, name, figures."""
Candidate = Callable[[Scores, Scores], Array]


def _weighted(**weights: float) -> Candidate:
    return lambda z, p: np.sum([weight * z[name] for name, weight in weights.items()], axis=0)


def _with_square(weight: float) -> Candidate:
    return lambda z, p: z["row_density"] + z["row_excess"] + weight * z["typicality"] ** 2


def _larger(**weights: float) -> Candidate:
    return lambda z, p: np.maximum(z["row_distance"], z["row_excess"]) + _weighted(row_density=1, **weights)(z, p)


def _and_surplus(weight: float) -> Candidate:
    """And what the bound costs beyond that of normal rows, squared: nats under a normal over those."""
    return lambda z, p: _larger()(z, p) + weight * np.maximum(z["elbo"], 0) ** 2


def _and_square(weight: float) -> Candidate:
    return lambda z, p: _larger()(z, p) + weight * z["typicality"] ** 2


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
    **{f"density + larger of distance, excess + {w:g} typicality^2": _and_square(w) for w in (0.05, 0.125, 0.25)},
    **{f"density + larger of distance, excess + {w:g} surplus^2": _and_surplus(w) for w in (0.05, 0.125, 0.25)},
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


def standardised(gauge: ScoreCalibration, measured: Any) -> tuple[Scores, Scores]:
    """The components in spreads of held-out normal rows, and as p-values."""
    found = gauge.all_scores(measured)
    z = {name: gauge.standard(found, name) for name in MEASURED}
    z |= {name: found[name] for name in ("typicality", "row_excess")}
    p = {name: p_values(found[name], gauge.calibration_scores(name)) for name in z}
    return z, p


def judged(vae: Any, normal: Any, strange: Array) -> dict[str, float]:
    """AUROC of each candidate, and the share found ("found: name"); ``normal`` None: the model's own calibration rows,
    but those that set the scales."""
    fitted = vae.fitted_
    gauge = ScoreCalibration.read(fitted.artifacts.calibration)
    odd = measure(fitted, Rows.of(strange, fitted.schema))
    usual = {name: gauge.counting[:, i] for i, name in enumerate(MEASURED)}
    if normal is not None:
        usual = measure(fitted, Rows.of(normal, fitted.schema))
    parts = [standardised(gauge, part) for part in (usual, odd)]
    truth = np.repeat([0, 1], [len(usual["elbo"]), len(strange)])
    figures: dict[str, float] = {}
    for name, rule in CANDIDATES.items():
        scores = [rule(*part) for part in parts]
        figures[name] = auroc(truth, np.concatenate(scores))
        figures[f"found: {name}"] = float(np.mean(scores[1] > np.quantile(scores[0], 1 - FALSE_ALARMS)))
    return figures


def held_out(x: Array, y: Array, kind: str, seed: int, **settings: Any) -> Iterator[Task]:
    """A task for each class: the others train but for a fifth of them, which are the normal rows."""
    for label in np.unique(y):
        rng = np.random.default_rng(seed)
        others, odd = rng.permutation(np.flatnonzero(y != label)), np.flatnonzero(y == label)[:STRANGERS]
        cut = len(others) // 5
        vae = VAE(random_state=seed, **settings).fit(x[others[cut:]])
        yield kind, f"{kind}.{label}", judged(vae, x[others[:cut]], x[odd])


def tasks(args: Any) -> Iterator[Task]:
    """Kind of data, name, and figures of each task."""
    x, y = digits("train")
    glyphs, letters = (part[3000:8000] for part in digits("test", "notMNIST"))
    glyphs = frame_glyphs(glyphs)
    for digit in args.digits:
        if args.models is not None:
            vae, normal = load(args.models / f"d{digit}.safetensors"), None
        else:
            rng = np.random.default_rng(args.seed)
            rows = rng.permutation(x[y != digit])[: 4000 if args.quick else 22_000]
            vae, normal = VAE(random_state=args.seed, **filling(args.minutes)).fit(rows[2000:]), rows[:2000]
        yield "mnist", f"mnist.{digit}", judged(vae, normal, x[y == digit][:STRANGERS])
        if digit in args.digits[:2]:
            yield "letters_in_mnist", f"letters_in_mnist.{digit}", judged(vae, normal, glyphs[:STRANGERS])
    small = load_digits()
    images, (drawn, _) = small.images.astype(np.uint8), draw_letters(8)
    share = 0.1 if args.quick else 1.0
    short = {"epochs": round(100 * share)}
    yield from held_out(images, small.target, "small_digits", args.seed, **short)
    rows = np.random.default_rng(args.seed).permutation(images)
    vae = VAE(random_state=args.seed, **short).fit(rows[360:])
    yield "drawn_letters", "drawn_letters", judged(vae, rows[:360], drawn)
    yield from held_out(glyphs, letters, "letters", args.seed, epochs=max(1, round(15 * share)))
    for name, data in (("wine", load_wine()), ("cancer", load_breast_cancer())):
        for _, task, figures in held_out(data.data, data.target, name, args.seed, **short):
            yield "tables", task, figures
    beats = np.load(data_folder() / "series" / "ecg5000_train.npz")
    usual, odd = beats["x"][beats["y"] == 1], beats["x"][beats["y"] != 1]
    vae = VAE(random_state=args.seed, **short).fit(usual[:230])
    yield "series", "series.ecg5000", judged(vae, usual[230:], odd)


def by_kind(done: list[Task], over: Callable[[list[float]], Any], prefix: str = "") -> dict[str, dict[str, float]]:
    """Of each candidate and kind of data a figure over its tasks: their mean, or the least."""
    kinds = dict.fromkeys(kind for kind, _, _ in done)
    return {
        n: {kind: float(over([f[prefix + n] for k, _, f in done if k == kind])) for kind in kinds} for n in CANDIDATES
    }


def judgement(done: list[Task]) -> dict[str, float]:
    """What the candidates are ranked by: the mean over kinds of mean AUROC, least AUROC and share found."""
    three = (by_kind(done, np.mean), by_kind(done, np.min), by_kind(done, np.mean, "found: "))
    return {name: float(np.mean([list(figure[name].values()) for figure in three])) for name in CANDIDATES}


def main() -> None:
    """Run the tasks, rank the candidates, write the figures."""
    parser = options(__doc__ or "")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="trained files dN.safetensors instead of fits")
    parser.add_argument("--digits", type=lambda s: [int(d) for d in s.split(",")], default=list(range(10)))
    parser.add_argument("--minutes", type=float, default=0.5, help="minutes of each fit to MNIST's digits")
    args = parser.parse_args()
    if args.quick:
        args.minutes, args.digits = 0.05, args.digits[:2]
    done = []
    for task in tasks(args):
        done.append(task)
        print(f"{task[1]}: " + ", ".join(f"{name} {value:.3f}" for name, value in task[2].items()), flush=True)
    overall = judgement(done)
    first = max(overall, key=lambda name: overall[name])
    kinds = list(dict.fromkeys(kind for kind, _, _ in done))
    order = sorted(overall, key=lambda name: -overall[name])
    figures = {f"{name}.judgement": overall[name] for name in order}
    for title, key, over, prefix in (
        ("AUROC, mean", "", np.mean, ""),
        ("AUROC, least", "least: ", np.min, ""),
        ("Share found at 1 % false alarms, mean", "found: ", np.mean, "found: "),
    ):
        of = by_kind(done, over, prefix)
        figures |= {f"{key}{name}.{kind}": of[name][kind] for name in order for kind in kinds}
        rows = [(n, *(f"{of[n][k]:.3f}" for k in kinds), f"{overall[n]:.4f}") for n in order]
        table(f"{title} over classes left out, no test set", rows, ("score", *kinds, "judgement"))
    choices: dict[str, float | str] = {"choice": first}
    for name in [*(f"mnist.{d}" for d in args.digits), *(["mnist"] if len(kinds) > 1 else [])]:
        rest = judgement([task for task in done if name not in (task[0], task[1])])
        choices[f"choice.without_{name.replace('mnist.', 'd')}"] = max(rest, key=lambda n: rest[n])
    print("\n".join(f"{name}: {value}" for name, value in choices.items()))
    tasks_of = {f"task.{task}.{name}": f[name] for _, task, f in done for name in (first, "row_density", "row_excess")}
    write_json(args.json, {**choices, **figures, **tasks_of}, args.seed)


if __name__ == "__main__":
    main()
