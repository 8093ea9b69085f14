"""Calibration of anomaly scores: components standardised on held-out normal rows, and the default score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from quintet.artifacts.detection import CalibrationScores
from quintet.tasks.detect.p_values import CEILING

Array = npt.NDArray[np.float64]

MEASURED = ("elbo", "reconstruction", "rate", "latent_distance", "latent_density", "row_distance", "row_density")
COMPONENTS = (*MEASURED, "typicality", "row_excess")
"""The components of every model."""
PEAK = "peak"
"""A further one, of models with a context decoder."""
DEFAULT = "default"
SCALING, COUNTED = 10, 19
"""Fewest calibration rows that set the scales, if at least ``COUNTED`` remain for p-values, so that p can be .05."""


def only_scale(rows: int, own: int = 0) -> Tensor:
    """Which of the calibration rows set the scales and are not counted, (rows,): a fifth, at least ``SCALING``.

    A row that sets the scales is not exchangeable with a new row, whose score has no part in them: counting it would
    let P(p <= t) exceed t. The choice depends on the numbers of rows alone and is spread evenly over the rows, which
    may be sorted. The first ``own`` rows, scored by the final model itself, are spared if the others suffice.
    """
    some = max(1, min(max(SCALING, -(-rows // 5)), rows - COUNTED))
    among = rows - own if rows - own >= some else rows
    spread = torch.arange(among) * some % among < some  # exactly ``some`` of them, evenly
    return torch.cat([torch.zeros(rows - among, dtype=torch.bool), spread])


def as_table(measured: Mapping[str, Tensor]) -> Tensor:
    """Stack the measured components, (n, components)."""
    return torch.stack([measured[name] for name in (*MEASURED, PEAK) if name in measured], 1)


def component_columns(table: Tensor) -> dict[str, Tensor]:
    """Unstack the measured components by name, (n,) each."""
    return dict(zip((*MEASURED, PEAK), table.unbind(1), strict=False))


@dataclass(frozen=True)
class ScoreCalibration:
    """Components of held-out normal rows, (n, components): ``scaling`` sets the scales, p-values count ``counting``.

    The parts are disjoint, so that P(p <= t) <= t for every score. In files of 0.1 with fewer than 500 calibration rows
    they are the same rows, and P(p <= t) may exceed t by a third.
    """

    scaling: Tensor
    counting: Tensor

    @classmethod
    def of(cls, table: Tensor, counts: Tensor, own: int = 0) -> ScoreCalibration:
        """Build from components of calibration rows, (n, components), and which rows p-values may count, (n,) of bool;
        ``own``: see ``only_scale``."""
        scales = only_scale(len(table), own)
        return cls(table[scales], table[counts & ~scales])

    @classmethod
    def read(cls, kept: CalibrationScores) -> ScoreCalibration:
        """Build from the stored artifact."""
        counting = _with_peak(kept.counted, kept.peak)
        return cls(counting if kept.scaling is None else _with_peak(kept.scaling, kept.scaling_peak), counting)

    def artifact(self) -> CalibrationScores:
        """The artifact to store."""
        counted, peak = _without_peak(self.counting)
        if torch.equal(self.scaling, self.counting):
            return CalibrationScores(counted, peak=peak)
        scaling, scaling_peak = _without_peak(self.scaling)
        return CalibrationScores(counted, scaling, peak, scaling_peak)

    @property
    def measured(self) -> tuple[str, ...]:
        """The names of the components."""
        return (*MEASURED, PEAK)[: self.scaling.shape[1]]

    def all_scores(self, measured: Mapping[str, Tensor]) -> dict[str, Array]:
        """All components and the default score, {name: (n,)}; higher is stranger.

        With z(.) the deviation from the held-out rows' median in units of their spread on that side,

            default = z(row_density) + max(z(row_distance), row_excess) + max(z(elbo), 0)² / 20 + max(z(peak), 0):

        The terms are the local density relative to that of the neighbours; the distance from the reference rows, or
        its excess over the distance expected at the row's ELBO; and a tenth of the negative log density, in nats, of
        the ELBO under a normal fitted to normal rows; and, with a context decoder, the most surprising cell, since an
        odd cell among many is lost in sums. Distance and ELBO both grow with the amount of signal in a row (the ink of
        a digit): a faint anomaly is near every row, and only its excess distance is large.
        ``docs/detect.md`` reports how the score was chosen.
        """
        found = {name: np.asarray(measured[name].double().numpy(), dtype=np.float64) for name in self.measured}
        found["typicality"] = np.abs(self.standard(found, "elbo"))
        found["row_excess"] = self._excess(found)
        far = np.maximum(self.standard(found, "row_distance"), found["row_excess"])
        surplus = np.maximum(self.standard(found, "elbo"), 0)
        whole = self.standard(found, "row_density") + far + surplus**2 / 20
        if PEAK in found:
            whole = whole + np.maximum(self.standard(found, PEAK), 0)
        found[DEFAULT] = np.clip(whole, -CEILING, CEILING)
        return found

    def calibration_scores(self, score: str) -> Array:
        """Scores of the counted rows, (n,)."""
        return self.all_scores(component_columns(self.counting))[score]

    def _excess(self, found: Mapping[str, Array]) -> Array:
        """Residual of z(row_distance) regressed on a parabola in z(elbo), in residual standard deviations, (n,).

        Outside the held-out rows' range of z(elbo) the parabola is constant, since no data supports it there.
        """
        usual = {name: self.scaling[:, i].double().numpy() for i, name in enumerate(MEASURED)}
        given, distance = self.standard(usual, "elbo"), self.standard(usual, "row_distance")
        fit, spread = self.expected_distance(given, distance)
        bounded = np.clip(self.standard(found, "elbo"), given.min(), given.max())
        off = self.standard(found, "row_distance") - np.polyval(fit, bounded)  # row by row
        return np.asarray(off / spread, dtype=np.float64)

    @staticmethod
    def expected_distance(given: Array, distance: Array) -> tuple[Array, float]:
        """The parabola of z(row_distance) in z(elbo), (3,), highest power first, and the spread about it."""
        terms = np.vander(given, 3)
        fit = np.linalg.solve(terms.T @ terms + np.eye(3), terms.T @ distance)  # ridge: a normal prior on the weights
        return np.asarray(fit, dtype=np.float64), max(float((distance - terms @ fit).std()), 0.1)

    def standard(self, found: Mapping[str, Array], name: str) -> Array:
        """z(.): deviation of a component from the held-out median in units of the spread on that side, (n,)."""
        low, middle, high = np.quantile(self.scaling[:, self.measured.index(name)].double().numpy(), (0.16, 0.5, 0.84))
        least = 1e-4 * (1 + abs(middle))
        off = found[name] - middle
        unit = np.where(off > 0, max(high - middle, least), max(middle - low, least))
        return np.asarray(off / unit, dtype=np.float64)


def _with_peak(table: Tensor, peak: Tensor | None) -> Tensor:
    return table if peak is None else torch.cat([table, peak[:, None]], 1)


def _without_peak(table: Tensor) -> tuple[Tensor, Tensor | None]:
    count = len(MEASURED)
    return table[:, :count].contiguous(), table[:, count].contiguous() if table.shape[1] > count else None
