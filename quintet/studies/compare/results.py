"""Results of a study, read from the files of its runs, and written as CSV tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.writers.atomic_file import atomic
from quintet.evaluate import frechet_distance
from quintet.studies.classifier import Features
from quintet.studies.compare.plan import Run, Study
from quintet.studies.compare.rows import StudyRows

Array = np.ndarray[Any, Any]
FIGURES = (
    "mse",
    "frechet",
    "gap",
    "holes",
    "active_units",
    "dense_apart",
    "sparse_apart",
    "seconds",
    "peak_mib",
    "parameters",
)


@dataclass(frozen=True)
class Results:
    """Figures and arrays of every run, and the five answers of every variant."""

    study: Study
    rows: StudyRows
    figures: dict[Run, dict[str, Any]]
    arrays: dict[Run, dict[str, Array]]
    answers: dict[str, dict[str, Any]]

    def of(self, variant: str, latent_dim: int | None = None, likelihood: str = "mse") -> list[Run]:
        """The runs of a variant at a latent dimension (the middle one by default), one per seed."""
        size = self.study.middle if latent_dim is None else latent_dim
        return [r for r in self.figures if (r.variant, r.latent_dim, r.likelihood) == (variant, size, likelihood)]

    def values(self, name: str, variant: str, latent_dim: int | None = None, likelihood: str = "mse") -> Array:
        """The values of a metric over the seeds; empty if the variant has none."""
        found = (self.figures[run].get(name) for run in self.of(variant, latent_dim, likelihood))
        return np.array([v for v in found if v is not None], dtype=float)

    def mean(self, name: str, variant: str, latent_dim: int | None = None, likelihood: str = "mse") -> float:
        """The mean of a metric over the seeds; NaN if there is none."""
        values = self.values(name, variant, latent_dim, likelihood)
        return float(values.mean()) if len(values) else float("nan")

    def by_class(self, variant: str, latent_dim: int | None = None) -> dict[str, float]:
        """Squared error per cell by class, mean over the seeds."""
        each = [self.figures[run].get("mse_by_class") or {} for run in self.of(variant, latent_dim)]
        return {name: float(np.mean([e[name] for e in each])) for name in (each[0] if each else {})}


def read_results(study: Study, rows: StudyRows, folder: Path) -> Results:
    """Read the results of all runs, and compute the Fréchet distances of samples with one classifier."""
    figures, arrays, answers = {}, {}, {}
    for run in study.runs():
        figures[run] = json.loads((folder / f"{run.name}.json").read_bytes())
        with np.load(folder / f"{run.name}.npz", allow_pickle=False) as held:
            arrays[run] = dict(held)
    _judge(rows, figures, arrays)
    for variant in study.variants:
        path = folder / f"answers-{variant}.json"
        if study.answers and path.exists():
            answers[variant] = json.loads(path.read_bytes())
    return Results(study, rows, figures, arrays, answers)


def _judge(rows: StudyRows, figures: dict[Run, dict[str, Any]], arrays: dict[Run, dict[str, Array]]) -> None:
    """Add the Fréchet distance of each run's samples, on the features of a classifier of the labels."""
    if rows.train_labels is None or len(np.unique(rows.train_labels)) < 2:
        return
    flat = rows.train.reshape(len(rows.train), -1).astype(np.float32)
    features = Features(flat, rows.train_labels, 1.0, 0)
    real = features(rows.held.reshape(len(rows.held), -1).astype(np.float32))
    for run, found in arrays.items():
        new = found["samples"]
        figures[run]["frechet"] = frechet_distance(features(new.reshape(len(new), -1)), real)


def write_tables(results: Results, out: Path) -> None:
    """Write ``figures.csv``, ``mse_by_class.csv``, ``curves.csv`` and ``answers.csv``."""
    runs = results.figures
    head = ["variant", "latent_dim", "seed", "likelihood", *FIGURES]
    _csv(out / "figures.csv", head, ([*_key(run), *(runs[run].get(f) for f in FIGURES)] for run in runs))
    each = ((run, name, v) for run in runs for name, v in (runs[run].get("mse_by_class") or {}).items())
    _csv(out / "mse_by_class.csv", [*head[:4], "class", "mse"], ([*_key(run), name, v] for run, name, v in each))
    names = ("stage", "epoch", "loss", "distortion", "rate", "val_loss", "val_distortion", "val_rate", "seconds")
    epochs = ((run, row) for run in runs for row in runs[run]["history"])
    _csv(out / "curves.csv", [*head[:4], *names], ([*_key(run), *(row.get(n) for n in names)] for run, row in epochs))
    lines = ((v, q, a) for v, all_ in results.answers.items() for q, a in all_.items() if isinstance(a, dict))
    words = ("figure", "unit", "baseline", "baseline_figure", "cannot")
    _csv(
        out / "answers.csv", ["variant", "question", *words], ([v, q, *(a.get(w) for w in words)] for v, q, a in lines)
    )


def _key(run: Run) -> list[Any]:
    return [run.variant, run.latent_dim, run.seed, run.likelihood]


def _csv(path: Path, head: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(["" if value is None else value for value in line] for line in lines)
    with atomic(path, force=True) as file:
        file.write(text.getvalue().encode())
