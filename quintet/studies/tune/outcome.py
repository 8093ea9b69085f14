"""From a search that has ended to its result."""

from __future__ import annotations

from typing import Any

from quintet.errors import InputError
from quintet.extras import extra
from quintet.studies.tune.results import BEST, Tuned
from quintet.studies.tune.search import Search
from quintet.studies.tune.storage import ended


def results(search: Search, objective: str) -> Tuned:
    """The result of a search that has ended."""
    trials = search.study.get_trials(deepcopy=False)
    best = search.best_trial()
    if best is None:
        raise InputError("No trial could be trained to its end: give more minutes, or other options to search.")
    return Tuned(
        objective,
        search.objective.unit,
        best.value,
        search.study.user_attrs["default_figure"],
        best.params,
        importances(search.study),
        [_row(trial) for trial in trials],
        search.folder / BEST,
    )


def importances(study: Any) -> dict[str, float]:
    """Option -> share of the differences between trials, by PED-ANOVA (Watanabe et al., 2023)."""
    with extra("tune", "quintet.studies.tune"):
        from optuna.importance import get_param_importances

    if sum(trial.value is not None for trial in ended(study)) < 4:
        return {}
    return {name: round(float(share), 4) for name, share in get_param_importances(study).items()}


def _row(trial: Any) -> dict[str, Any]:
    state = {"COMPLETE": "complete", "PRUNED": "pruned"}.get(trial.state.name, "failed")
    about = {"number": trial.number, "state": state, "figure": trial.value, "seconds": trial.user_attrs.get("seconds")}
    return {**about, **trial.params}
