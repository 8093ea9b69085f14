"""Graph of the anomaly score: components, nearest reference rows, and the default score of ``detect``."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from quintet.artifacts.detection import NeighbourIndex
from quintet.data.dataset import Batch
from quintet.export.fixed_noise import FixedNoise
from quintet.export.modules import Graph, Outputs
from quintet.models.fitted import Fitted
from quintet.tasks.detect.calibration_scores import calibration_of
from quintet.tasks.detect.components import HUGE
from quintet.tasks.detect.elbo_terms import BANK, DRAWS, elbo_terms
from quintet.tasks.detect.features import compared, points, views
from quintet.tasks.detect.knn_index import NEIGHBOURS
from quintet.tasks.detect.p_values import CEILING
from quintet.tasks.detect.projection import Projection
from quintet.tasks.detect.score_calibration import PEAK, ScoreCalibration, component_columns

SPARE = 8
"""Further candidates of the nearest points, whose distances are computed exactly."""


class Detector(Graph):
    """The default anomaly score, as ``detect`` gives it for a row whose condition is known.

    Outputs: ``score`` (batch,), to be compared with the calibration scores of the metadata; ``elbo`` (batch,), the
    negative bound on log p(x) in nats of the model's units; ``where`` (batch, *row_shape), nats that each cell is more
    surprising than in normal rows.
    """

    inputs = ("x", "observed")
    outputs = ("score", "elbo", "where")

    def __init__(self, fitted: Fitted) -> None:
        super().__init__(fitted)
        self.fitted, self.noise = fitted, FixedNoise(BANK, DRAWS)
        self.guide = fitted.guide  # a part of the graph, as the model is: no weight may be a constant of its trace
        found = fitted.artifacts
        assert found.usual_surprise is not None
        assert found.row_index is not None
        self.projections = {name: Projection.read(basis, torch.device("cpu")) for name, basis in found.bases().items()}
        self.row = Neighbours(found.row_index)
        self.score = DefaultScore(calibration_of(fitted, free=False))
        self.usual = found.usual_surprise.usual

    def forward(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Outputs:
        """The outputs, in order."""
        impossible = self._impossible(x, observed)
        x, observed = self.seen(x, observed)
        x = torch.where(observed, x, 0.0)
        terms = elbo_terms(self.fitted, Batch(x, observed, condition), True, self.noise.begin())
        seen = views(terms.latent, compared(self.fitted.schema, terms.completed))
        place = points(self.projections, seen)
        distance, density = self.row(place["row"])
        elbo = terms.distortion + terms.rate + HUGE * impossible
        found = {"elbo": elbo, "row_distance": distance, "row_density": density}
        found |= {PEAK: terms.peak} if self.model.has_context else {}
        over = torch.where(observed, (terms.surprise - self.usual).clamp(min=0), 0.0)
        return self.score(found), elbo, self.cells.unlaid(over)

    def _impossible(self, x: Tensor, observed: Tensor) -> Tensor:
        """1 for rows with a cell above every level of training, else 0, (batch,)."""
        if not self.fitted.schema.support.levels:
            return torch.zeros_like(x.flatten(1)[:, 0], dtype=torch.float32)
        return (observed & (x > self.fitted.schema.top)).flatten(1).any(1).to(torch.float32)


class Neighbours(nn.Module):
    """Log distance and log density of rows among reference points, as ``KnnIndex``, by a search of all points."""

    points: Tensor
    spread: Tensor

    def __init__(self, kept: NeighbourIndex) -> None:
        super().__init__()
        self.register_buffer("points", kept.points.half())
        self.register_buffer("spread", kept.spread.float())
        self.count = min(NEIGHBOURS if kept.neighbours is None else int(kept.neighbours), len(kept.points))

    def forward(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, dim) -> (batch,) twice."""
        points = self.points.float()
        near = points.square().sum(1) - 2 * queries @ points.T
        few = near.topk(min(self.count + SPARE, len(self.spread)), dim=1, largest=False).indices
        exact = (points[few] - queries[:, None]).square().sum(-1).sqrt()
        distance, place = exact.topk(self.count, dim=1, largest=False)
        usual = self.spread.mean().clamp(min=1e-12)
        off = distance.mean(1) + usual
        crowd = self.spread[few.gather(1, place)].mean(1) + usual
        return (off / (2 * usual)).log(), (off / crowd).log()


class DefaultScore(nn.Module):
    """The default score of components, as ``ScoreCalibration.all_scores``, in float64."""

    def __init__(self, calibration: ScoreCalibration) -> None:
        super().__init__()
        scaling = calibration.scaling.double().numpy()
        low, middle, high = np.quantile(scaling, (0.16, 0.5, 0.84), axis=0)
        least = 1e-4 * (1 + np.abs(middle))
        self.spreads = {
            name: (float(m), float(up), float(down))
            for name, m, up, down in zip(
                calibration.measured,
                middle,
                np.maximum(high - middle, least),
                np.maximum(middle - low, least),
                strict=True,
            )
        }
        usual = {name: values.double().numpy() for name, values in component_columns(calibration.scaling).items()}
        given, distance = calibration.standard(usual, "elbo"), calibration.standard(usual, "row_distance")
        self.parabola, self.spread = calibration.expected_distance(given, distance)
        self.ends = float(given.min()), float(given.max())

    def forward(self, found: dict[str, Tensor]) -> Tensor:
        """Components (batch,) by name -> (batch,)."""
        elbo, distance = self._standard(found, "elbo"), self._standard(found, "row_distance")
        a, b, c = self.parabola
        bounded = elbo.clamp(*self.ends)
        excess = (distance - ((a * bounded + b) * bounded + c)) / self.spread
        score = self._standard(found, "row_density") + torch.maximum(distance, excess) + elbo.clamp(min=0).square() / 20
        if PEAK in found:
            score = score + self._standard(found, PEAK).clamp(min=0)
        return score.clamp(-CEILING, CEILING)

    def _standard(self, found: dict[str, Tensor], name: str) -> Tensor:
        middle, up, down = self.spreads[name]
        off = torch.nan_to_num(found[name].double(), HUGE, HUGE, -HUGE) - middle
        return torch.where(off > 0, off / up, off / down)
