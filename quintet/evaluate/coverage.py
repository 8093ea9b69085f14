"""Whether predicted distributions are as wide as the truth is scattered."""

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

    Brockwell, 2007; Czado et al., 2009. Uniform on 0..1 where the predicted distribution is the true one, for whole
    numbers too, where a closed interval covers too much whatever one does.

    Parameters
    ----------
    below, at_or_below : P(X < x) and P(X <= x) of each true value under its prediction, any shape; equal where X is
        continuous.
    """
    alike("at_or_below", at_or_below, "below", below)
    low, high = np.asarray(below, dtype=np.float64), np.asarray(at_or_below, dtype=np.float64)
    return np.asarray(low + np.random.default_rng(seed).random(low.shape) * (high - low))


@public
def coverage(u: Figures, level: Share = 0.9) -> float:
    """Share of the transformed values within the central interval of ``level``: ``level`` itself where all is honest.

    Parameters
    ----------
    u : what ``pit`` gives, or the ranks of true values among draws, in 0..1.
    level : of the interval, 0..1: u within (1 - level)/2 and (1 + level)/2.
    """
    values = np.asarray(u, dtype=np.float64)
    return float(np.mean((values >= (1 - level) / 2) & (values <= (1 + level) / 2)))
