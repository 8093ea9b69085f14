"""The result of a search: its trials, the best options, and what mattered."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quintet.data.writers.atomic_file import atomic

if TYPE_CHECKING:
    from quintet.estimators import VAE

BEST, FIGURES, TRIALS = "best.safetensors", "tune.json", "trials.csv"
NEGLIGIBLE = 0.01


@dataclass(frozen=True)
class Tuned:
    """Result of ``quintet.studies.tune.tune``.

    Attributes
    ----------
    objective, unit : name of the figure and its unit; the smaller the better.
    figure : of the best trial.
    default_figure : of the first trial, with the estimator's own options.
    best : option -> value of the best trial, by the names of ``VAE.set_params``; "network__width" and
        "network__depth" stand for the widths of a fully connected network.
    importances : option -> its share of the differences between trials, 0..1 in all, descending; {} of too few trials.
    trials : a row for each trial: "number", "state" ("complete", "pruned", "failed"), "figure", "seconds", its options.
    path : file of the best model.
    """

    objective: str
    unit: str
    figure: float
    default_figure: float
    best: Mapping[str, Any]
    importances: Mapping[str, float]
    trials: Sequence[Mapping[str, Any]]
    path: Path

    @property
    def model(self) -> VAE:
        """The best model, read from its file."""
        from quintet.estimators.loading import read_vae

        return read_vae(self.path)

    def sentences(self) -> list[str]:
        """The findings in words."""
        states = [trial["state"] for trial in self.trials]
        found = [
            f"{states.count('complete')} trials were trained to their end, {states.count('pruned')} ended early.",
            f"Best: {self.figure:.4g} {self.unit}, against {self.default_figure:.4g} with the options given.",
            "Options of the best: " + ", ".join(f"{name}={value}" for name, value in self.best.items()) + ".",
        ]
        if shares := {name: share for name, share in self.importances.items() if share >= NEGLIGIBLE}:
            each = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
            found.append(f"What mattered, as shares of the differences between trials: {each}.")
        else:
            found.append("Too few trials ended to say which options mattered.")
        found.append("The best of many trials looks better than it is: judge it on rows that the search did not have.")
        return found

    def write(self, folder: Path) -> None:
        """Write ``tune.json`` and ``trials.csv``."""
        about = {**asdict(self), "path": self.path.name}
        with atomic(folder / FIGURES, force=True) as file:
            file.write(json.dumps(about, indent=2).encode())
        names = list(dict.fromkeys(name for trial in self.trials for name in trial))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(dict(trial) for trial in self.trials)
        with atomic(folder / TRIALS, force=True) as file:
            file.write(text.getvalue().encode())
