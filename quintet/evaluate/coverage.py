"""Calibration of predictive distributions: probability integral transform and interval coverage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quintet.arguments import Figures, Seed, Share
from quintet.entry_points import public
from quintet.evaluate.alike import alike

Array = npt.NDArray[np.float64]


@public
def pit(below: Figures, at_or_below: Figures, seed: Seed = 0) -> Array:
    """The randomised probability integral transform: u drawn uniformly between P(X < x) and P(X <= x).

    Brockwell, 2007; Czado et al., 2009. Uniform on 0..1 if the predicted distribution is the true one, also for
    discrete distributions, where closed intervals have too much coverage.

    Parameters
    ----------
    below, at_or_below : P(X < x) and P(X <= x) of each true value under its prediction, any shape; equal if X is
        continuous.
    """
    alike("at_or_below", at_or_below, "below", below)
    low, high = np.asarray(below, dtype=np.float64), np.asarray(at_or_below, dtype=np.float64)
    return np.asarray(low + np.random.default_rng(seed).random(low.shape) * (high - low))


@public
def coverage(u: Figures, level: Share = 0.9) -> float:
    """Share of the transformed values in the central interval of ``level``; ``level`` for calibrated predictions.

    Parameters
    ----------
    u : values of ``pit``, or ranks of true values among draws scaled to 0..1.
    level : of the interval, 0..1: u within (1 - level)/2 and (1 + level)/2.
    """
    values = np.asarray(u, dtype=np.float64)
    return float(np.mean((values >= (1 - level) / 2) & (values <= (1 + level) / 2)))
