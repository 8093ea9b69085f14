"""The question ``generate`` about series: new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.arguments import Condition, Count, NotNegative, RandomState, Steps
from quintet.data.sequences.series.answers import Part, described
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._series.channels import Channels
from quintet.estimators._series.filling import fill_series
from quintet.estimators._series.series_estimator import SeriesEstimator, model_of


@public
def generate(
    self: SeriesEstimator,
    n: Count = 1,
    condition: Condition | None = None,
    *,
    steps: Steps | None = None,
    temperature: NotNegative = 1.0,
    random_state: RandomState | None = None,
) -> Any:
    """New series: windows by ``VAE.generate``, longer ones continued window after window.

    Parameters
    ----------
    n : how many.
    condition, temperature : as of ``VAE.generate``.
    steps : of each series; None: a window.

    Returns
    -------
    series : (n, steps, channels), or a frame with a column ``series`` where the model was trained on frames.
    """
    vae, known = model_of(self, "generate")
    seed, wanted = seed_for(vae, random_state), known.window if steps is None else steps
    rows = np.asarray(vae.generate(n, condition, temperature=temperature, random_state=seed), dtype=np.float64)
    made = list(rows)
    if wanted > known.window:
        longer = np.full((n, wanted, rows.shape[2]), np.nan)
        longer[:, : known.window] = rows
        made = [own[0] for own in fill_series(vae, list(longer), known.window, draws=1, seed=seed).draws]
    whole = Channels(known)
    return described(
        known, [Part(known.start, whole.expanded(row[:wanted]), number) for number, row in enumerate(made)]
    )
