"""Components on one scale, and their sum: the default score, gauged on held-out normal rows."""

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
DEFAULT = "default"
SCALING, COUNTED = 10, 19
"""At least so many calibration rows set the scales, as far as this leaves so many to be counted: p can be .05."""


def only_scale(rows: int, own: int = 0) -> Tensor:
    """Which of the calibration rows set the scales and are not counted, (rows,): a fifth, at least ``SCALING``.

    A row that sets the scales is no longer like a new row, whose score has no part in them: were it counted, P(p <= t)
    would exceed t. The choice depends on the numbers of rows alone, and is spread over the file, which may be in some
    order; the first ``own`` rows, those that the answering model itself has scored, are spared where others suffice.
    """
    some = max(1, min(max(SCALING, -(-rows // 5)), rows - COUNTED))
    among = rows - own if rows - own >= some else rows
    spread = torch.arange(among) * some % among < some  # exactly ``some`` of them, evenly
    return torch.cat([torch.zeros(rows - among, dtype=torch.bool), spread])


def as_table(measured: Mapping[str, Tensor]) -> Tensor:
    """The measured components side by side, (n, components)."""
    return torch.stack([measured[name] for name in MEASURED], 1)


def component_columns(table: Tensor) -> dict[str, Tensor]:
    """The measured components by name, (n,) each."""
    return dict(zip(MEASURED, table.unbind(1), strict=True))


@dataclass(frozen=True)
class ScoreCalibration:
    """Components of held-out normal rows, (n, components): some set the scales, others are what p-values count.

    The parts are disjoint, so that P(p <= t) <= t for every score; in files of 0.1 with fewer than 500 calibration rows
    they are the same rows, and P(p <= t) may exceed t by a third.
    """

    scaling: Tensor
    counting: Tensor

    @classmethod
    def of(cls, table: Tensor, counts: Tensor, own: int = 0) -> ScoreCalibration:
        """From the components of calibration rows, (n, components), and which of them may be counted, (n,) of bool;
        ``own``: see ``only_scale``."""
        scales = only_scale(len(table), own)
        return cls(table[scales], table[counts & ~scales])

    @classmethod
    def read(cls, kept: CalibrationScores) -> ScoreCalibration:
        """From what ``artifact`` gave."""
        return cls(kept.counted if kept.scaling is None else kept.scaling, kept.counted)

    def artifact(self) -> CalibrationScores:
        """What a model keeps."""
        shared = torch.equal(self.scaling, self.counting)
        return CalibrationScores(self.counting.contiguous(), None if shared else self.scaling.contiguous())

    def all_scores(self, measured: Mapping[str, Tensor]) -> dict[str, Array]:
        """Every component of some rows, and the default score, {name: (n,)}; higher is stranger.

        With z(.) the distance from the held-out rows' median in units of their spread on that side,

            default = z(row_density) + max(z(row_distance), row_excess) + max(z(elbo), 0)² / 20:

        how sparse the data is round the row, relative to its neighbours'; how far off it is, from other rows, or from
        where rows of its likelihood are; and a tenth of what its bound costs beyond that of normal rows, in nats under
        a normal over those. Distance follows how much there is in a row (the ink of a digit), and so does the
        likelihood: a faint stranger is near everything, and farther only than its likelihood explains. How it was
        chosen: ``docs/detect.md``.
        """
        found = {name: np.asarray(measured[name].double().numpy(), dtype=np.float64) for name in MEASURED}
        found["typicality"] = np.abs(self.standard(found, "elbo"))
        found["row_excess"] = self._excess(found)
        far = np.maximum(self.standard(found, "row_distance"), found["row_excess"])
        surplus = np.maximum(self.standard(found, "elbo"), 0)
        found[DEFAULT] = np.clip(self.standard(found, "row_density") + far + surplus**2 / 20, -CEILING, CEILING)
        return found

    def calibration_scores(self, score: str) -> Array:
        """The counted rows' scores, (n,)."""
        return self.all_scores(component_columns(self.counting))[score]

    def _excess(self, found: Mapping[str, Array]) -> Array:
        """z(row_distance) less what a parabola in z(elbo) expects of it, in units of what is left, (n,).

        Beyond the held-out rows' bounds the parabola stays at its end: it is fitted to nothing there.
        """
        usual = {name: self.scaling[:, i].double().numpy() for i, name in enumerate(MEASURED)}
        given, distance = self.standard(usual, "elbo"), self.standard(usual, "row_distance")
        terms = np.vander(given, 3)
        fit = np.linalg.solve(terms.T @ terms + np.eye(3), terms.T @ distance)  # a normal prior: of few rows, little
        left = distance - terms @ fit
        bounded = np.clip(self.standard(found, "elbo"), given.min(), given.max())
        off = self.standard(found, "row_distance") - np.polyval(fit, bounded)  # cell by cell: rows' order is no matter
        return np.asarray(off / max(float(left.std()), 0.1), dtype=np.float64)

    def standard(self, found: Mapping[str, Array], name: str) -> Array:
        """z(.): a component's distance from the held-out rows' median in units of their spread on that side, (n,)."""
        low, middle, high = np.quantile(self.scaling[:, MEASURED.index(name)].double().numpy(), (0.16, 0.5, 0.84))
        least = 1e-4 * (1 + abs(middle))
        off = found[name] - middle
        unit = np.where(off > 0, max(high - middle, least), max(middle - low, least))
        return np.asarray(off / unit, dtype=np.float64)
