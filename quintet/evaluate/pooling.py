"""Estimates from several completed data sets, pooled by Rubin's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from quintet.arguments import Figures, OpenShare, Positive
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.evaluate.alike import alike

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pooled:
    """Pooled estimates, of the shape of one estimate.

    ``variance`` is that of the estimate, within and between the completed data sets; ``degrees`` are the degrees of
    freedom of its t distribution; ``lost`` is the share of the variance that missing cells cause.
    """

    estimate: Array
    variance: Array
    degrees: Array
    lost: Array

    @public
    def interval(self, level: OpenShare = 0.95) -> tuple[Array, Array]:
        """The ends of the central confidence interval."""
        half = stats.t.ppf((1 + level) / 2, self.degrees) * np.sqrt(self.variance)
        return self.estimate - half, self.estimate + half

    @property
    def p_value(self) -> Array:
        """Of the hypothesis that the estimated quantity is 0, two-sided."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * stats.t.sf(np.abs(self.estimate) / np.sqrt(self.variance), self.degrees))


@public
def pool(estimates: Figures, variances: Figures, degrees: Positive | None = None) -> Pooled:
    """Pool the estimates of one quantity, or of several, from completed data sets (Rubin, 1987).

    With m data sets, the mean variance W within them and the variance B of the estimates between them, the total
    variance is W + (1 + 1/m) B.

    Parameters
    ----------
    estimates : (m,) or (m, quantities), from m draws of ``impute``.
    variances : of the same shape, the squared standard error of each estimate.
    degrees : degrees of freedom that the complete data would have, rows less coefficients; the pooled ones are then
        those of Barnard and Rubin (1999), else Rubin's, which are too many for small data sets.
    """
    alike("variances", variances, "estimates", estimates)
    found, within = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    m = len(found) if found.ndim else 0
    if m < 2:
        raise InputError(f"estimates must come from at least 2 completed data sets, got {m}: draw more by impute.")
    if not (np.isfinite(found).all() and np.isfinite(within).all() and (within >= 0).all()):
        raise InputError("estimates and variances must be finite, and variances at least 0.")
    w, b = within.mean(0), found.var(0, ddof=1)
    total = w + (1 + 1 / m) * b
    lost = np.divide((1 + 1 / m) * b, total, out=np.zeros_like(total), where=total > 0)
    with np.errstate(divide="ignore"):
        old = (m - 1) / np.square(lost)
    if degrees is None:
        return Pooled(found.mean(0), total, old, lost)
    observed = (degrees + 1) / (degrees + 3) * degrees * (1 - lost)
    with np.errstate(divide="ignore"):
        return Pooled(found.mean(0), total, 1 / (1 / old + 1 / observed), lost)
