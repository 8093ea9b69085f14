"""The training of a model of series: windows, the VAE, and the scores of held-out steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quintet.data.columns.base import Array
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import SeriesData
from quintet.errors import InputError
from quintet.estimators._series.clean_steps import clean_scores
from quintet.estimators._series.fitting import held_out_blocks, plan_of
from quintet.estimators._series.scoring import surprise_of
from quintet.estimators.vae import VAE


def fit_series(
    parameters: dict[str, Any],
    data: SeriesData,
    y: Any,
    window: int | str,
    calendar: str | Sequence[str] | None,
    options: dict[str, Any],
) -> tuple[VAE, list[str]]:
    """A model of windows, trained on series, and notes on them; its schema keeps their description.

    Parameters
    ----------
    parameters : of the ``VAE``.
    y : a class of each series, which takes the calendar's place, or None.
    options : of ``VAE.fit``.
    """
    plan = plan_of(data, window, calendar if y is None else None)
    labels: Any = plan.clock if y is None else _labels(y, len(data.series))[plan.windows.series]
    vae = VAE(**parameters, kind="real", layout="steps")
    vae.fit(plan.windows.rows, labels, groups=plan.windows.groups, **options)
    known, blocks = plan.description, held_out_blocks(vae, plan.windows)
    parts = [plan.values[block.series][block.start : block.stop] for block in blocks]
    found = surprise_of(vae, parts, known.window, known.hop)
    known = known.model_copy(update={"clean": clean_scores(found, known.window)})
    vae.fitted_.schema = vae.schema_.model_copy(update={"sequence": known})
    return vae, [*plan.notes, *_held(len(blocks), known)]


def _labels(y: Any, count: int) -> Array:
    """The class of each series, (series,)."""
    labels = np.asarray(y)
    if labels.shape[:1] != (count,):
        raise InputError(f"y must have a class for each of the {count} series, got shape {labels.shape}.")
    return labels


def _held(blocks: int, known: SeriesDescription) -> list[str]:
    """What the p-values of steps refer to."""
    if not known.clean.count:
        return ["no block of time was held out, so all p-values are 1: give more steps, or calibration=0.2"]
    return [
        f"{known.clean.count:,} steps in {blocks} blocks of time were held out of training and calibrate p-values; "
        f"their scores are correlated over {known.clean.cells.memory:.1f} steps"
    ]
