"""Tests of one column: its values, its missing cells, and its surprise given the other cells.

Kolmogorov and Smirnov's test compares shares up to a value, so it holds for the values kept of the training rows as for
all of them: over fewer values the largest difference can only be smaller. Levels, which have no order, are tested by χ²
where they are frequent, and all rare ones together by Fisher's exact test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2_contingency, fisher_exact, kstwo

Array = npt.NDArray[np.float64]

FREQUENT = 5
"""Fewest rows of a level that χ² expects in both samples."""
BEYOND_CHANCE = 2.0
"""Standard errors by which means differ that are stated as the change."""


@dataclass(frozen=True)
class Known:
    """A column in the training rows: ``values`` in ascending order with the ``shares`` up to each, of ``observed`` rows
    of ``rows``; ``missing``, the share of missing cells; ``mean`` and ``spread``. The model's units."""

    values: Array
    shares: Array
    observed: float
    rows: float
    missing: float
    mean: float
    spread: float


@dataclass(frozen=True)
class Change:
    """A difference between the training rows and new rows.

    ``kind``: "mean", "share_up_to" or "share_of" a value ``at``, "missing" or "surprise". ``before`` and ``after`` are
    that share, or the mean of the values or of the surprise in nats. ``size``: the largest difference of shares, 0..1.
    """

    p_value: float
    kind: str
    at: float
    before: float
    after: float
    size: float


def numbers_change(known: Known, x: Array, has_mean: bool) -> Change | None:
    """Compare the values of a column of numbers, (n,); None where either side has none.

    Parameters
    ----------
    has_mean : whether the change is stated as one of the mean, where the means differ by more than chance.
    """
    if not len(x) or not known.observed:
        return None
    shares = np.searchsorted(np.sort(x), known.values, side="right") / len(x)
    place = int(np.abs(shares - known.shares).argmax())
    size = float(abs(shares[place] - known.shares[place]))
    p = kolmogorov(size, known.observed, len(x))
    error = np.hypot(known.spread / known.observed**0.5, x.std() / len(x) ** 0.5)
    if has_mean and abs(x.mean() - known.mean) > BEYOND_CHANCE * error:
        return Change(p, "mean", np.nan, known.mean, float(x.mean()), size)
    return Change(p, "share_up_to", float(known.values[place]), float(known.shares[place]), float(shares[place]), size)


def levels_change(known: Known, codes: Array) -> Change | None:
    """Compare the shares of levels; ``codes`` (n,) are places in ``known.values``."""
    if not len(codes) or not known.observed:
        return None
    before = np.diff(known.shares, prepend=0.0)
    counts = np.stack([before * known.observed, np.bincount(codes.astype(np.int64), minlength=len(before))])
    after = counts[1] / len(codes)
    place = int(np.abs(after - before).argmax())
    size = float(np.abs(after - before).sum() / 2)
    return Change(_levels_p(counts), "share_of", float(place), float(before[place]), float(after[place]), size)


def missing_change(known: Known, missing: int, rows: int) -> Change | None:
    """Compare the shares of missing cells; None where no cell is missing in either."""
    if not missing and not known.missing:
        return None
    before, after = known.missing * known.rows, missing
    p = _two_by_two([before, known.rows - before], [after, rows - after])
    return Change(p, "missing", np.nan, known.missing, missing / rows, abs(known.missing - missing / rows))


def surprise_change(held: Array, new: Array) -> Change | None:
    """Compare -log p(cell | the others) of calibration rows (m,) and of new rows (n,), in nats."""
    if not len(held) or not len(new):
        return None
    size = largest_difference(held, new)
    p = kolmogorov(size, len(held), len(new))
    return Change(p, "surprise", np.nan, float(held.mean()), float(new.mean()), size)


def two_samples(one: Array, other: Array) -> float:
    """p-value of Kolmogorov and Smirnov's test of two samples."""
    return kolmogorov(largest_difference(one, other), len(one), len(other))


def largest_difference(one: Array, other: Array) -> float:
    """The largest difference of the shares of two samples up to a value."""
    every = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(sample), every, side="right") / len(sample) for sample in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def kolmogorov(difference: float, n: float, m: float) -> float:
    """P(the largest difference of shares is at least this), of n and m rows of one distribution."""
    return float(kstwo.sf(difference, max(round(n * m / (n + m)), 1)))


def _levels_p(counts: Array) -> float:
    """p-value of counts of levels, (2, levels)."""
    counts = counts[:, counts.sum(0) > 0]
    expected = counts.sum(0) * counts.sum(1, keepdims=True) / counts.sum()
    frequent = (expected >= FREQUENT).all(0)
    common, rare = counts[:, frequent], counts[:, ~frequent].sum(1)
    found = []
    if common.shape[1] == 2:
        found.append(_two_by_two(*common))
    elif common.shape[1] > 2:
        found.append(float(chi2_contingency(common).pvalue))
    if rare.sum() and common.shape[1]:
        found.append(_two_by_two(*np.stack([rare, common.sum(1)], 1)))
    elif rare.sum() and counts.shape[1] > 1:  # few rows: the most frequent level against all others
        top = int(counts.sum(0).argmax())
        found.append(_two_by_two(*np.stack([counts[:, top], counts.sum(1) - counts[:, top]], 1)))
    return min(1.0, max(len(found), 1) * min(found, default=1.0))


def _two_by_two(one: Array | list[float], other: Array | list[float]) -> float:
    return float(fisher_exact(np.rint(np.array([one, other])).astype(np.int64)).pvalue)
