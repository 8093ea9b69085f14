"""The function `tune`, which searches for options and keeps the best model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from quintet.arguments import Count, File, Labels, Positive, RowsLike, Seed
from quintet.arguments.composite_rules import Instance
from quintet.arguments.rules import Number, OneOf
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators.vae import VAE
from quintet.extras import require
from quintet.studies.tune.objective import OBJECTIVES, HeldOut
from quintet.studies.tune.outcome import results
from quintet.studies.tune.results import Tuned
from quintet.studies.tune.search import Search
from quintet.studies.tune.storage import digest, digest_of_rows, opened

Tell = Callable[[str], None]
MOST_HELD_OUT, FEWEST = 5_000, 40
Estimator = Annotated[VAE, Instance(VAE, "a VAE with the options that stay")]


@public
def tune(
    X: RowsLike,
    y: Labels | None = None,
    *,
    out: File,
    estimator: Estimator | None = None,
    objective: Annotated[str, OneOf(tuple(OBJECTIVES))] = "bits",
    search: Mapping[str, Any] | None = None,
    minutes: Positive | None = 10.0,
    trials: Count | None = None,
    held_out: Annotated[float, Number(0.05, 0.5)] = 0.2,
    anomalies: RowsLike | None = None,
    seed: Seed = 0,
    tell: Tell = lambda text: None,
) -> Tuned:
    """Search for the options of a ``VAE`` that are best on rows held out of X, and keep the best model.

    The first trial has the estimator's own options. Options are drawn by the tree-structured Parzen estimator (Bergstra
    et al., 2011) of Optuna; a trial ends early where its held-out bound, after as many epochs, is worse than the median
    of earlier ones. The same seed gives the same trials as long as no time limit cuts a fit short, however often the
    search was interrupted. Give training rows alone: no test row may choose a model that is judged on it.

    Parameters
    ----------
    X, y : rows and conditions, as of ``VAE.fit``.
    out : folder of the study; the same call continues a study that is there. It holds the best model
        (``best.safetensors``), ``tune.json``, ``trials.csv``, and ``study.db`` for Optuna's own tools.
    estimator : an unfitted ``VAE`` whose options stay as they are where the search does not change them; None:
        ``VAE()``.
    objective : {"bits", "denoise", "detect", "impute"}
        "bits": the bound on held-out rows in bits a cell; "impute", "denoise": error of hidden or noisy cells over
        their standard deviation; "detect": 1 - AUROC of ``anomalies``, or of rows with cells of other rows.
    search : option -> (low, high), a list of values, or None for a range around its default; None: variant,
        latent_dim, width, depth, learning_rate, batch_size and rate. Options of a variant, of the training plan and of
        the network have their own names or those of ``VAE.set_params``.
    minutes : time limit of this call; each fit takes at most an eighth of it. None: no limit.
    trials : number of trials of the whole study; None: as many as the minutes allow.
    held_out : share of X that judges the trials and trains none, at most 5,000 rows.
    anomalies : rows known to be anomalous, for "detect".
    seed : seed of the held-out rows, of the options and of the fits.
    tell : called with a sentence after each trial, with the remaining time.
    """
    if minutes is None and trials is None:
        raise InputError("minutes or trials must be given, got None for both.")
    if anomalies is not None and objective != "detect":
        raise InputError(f"anomalies are for objective='detect', got objective={objective!r}: leave them out.")
    require("tune", "quintet.studies.tune")
    from sklearn.base import clone

    began = time.perf_counter()
    base = VAE() if estimator is None else estimator
    train, held = _split(X, y, held_out, seed)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "rows": digest_of_rows(X) + (digest_of_rows(y) if y is not None else ""),
        "options": digest(sorted(base.get_params(deep=False).items(), key=str), sorted((search or {}).items())),
        "objective": digest(objective, None if anomalies is None else digest_of_rows(anomalies)),
        "seed": digest(seed, held_out),
    }
    with opened(folder, settings) as study:
        running = Search(
            study,
            clone(base).set_params(random_state=seed, verbose=False),
            train,
            HeldOut(*held, anomalies, seed),
            OBJECTIVES[objective],
            folder,
            search,
            deadline=None if minutes is None else began + 60 * minutes,
            trials=trials,
            most_minutes=None if minutes is None else minutes / 8,
            tell=tell,
        )
        running.run()
        found = results(running, objective)
    found.write(folder)
    return found


def _split(X: Any, y: Any, share: float, seed: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """(X, y) that train, and those that judge."""
    from sklearn.model_selection import train_test_split

    count = len(X)
    if count < FEWEST:
        raise InputError(f"A search needs at least {FEWEST} rows, got {count}: fit a VAE with its own defaults.")
    size = min(max(10, round(share * count)), MOST_HELD_OUT)
    parts = train_test_split(X, *(() if y is None else (y,)), test_size=size, random_state=seed)
    train, held = parts[::2], parts[1::2]
    return (train[0], train[1] if y is not None else None), (held[0], held[1] if y is not None else None)
