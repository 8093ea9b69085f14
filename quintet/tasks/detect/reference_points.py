"""The reference points of local densities: which training rows are kept, their projections and indexes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted
from quintet.tasks.detect.elbo_terms import feature_views
from quintet.tasks.detect.features import compared_size, points
from quintet.tasks.detect.knn_index import NEIGHBOURS, KnnIndex
from quintet.tasks.detect.projection import Projection

WIDER, MOST_NEIGHBOURS = 2.0, 500
"""Neighbours of a row for each anomaly expected among the reference points, and at most so many."""
REFERENCES = 50_000
"""Most rows stored as reference points."""
SAMPLE_ROWS, SAMPLE_CELLS = 10_000, 2**24
"""Most rows, and most cells of them together, that principal components are computed from."""


def reference_places(train_rows: int, seed: int, training_anomalies: float = 0.0) -> Tensor:
    """Which of the training rows, ascending, ``fit_detection`` stores as reference points."""
    return references(train_rows, torch.Generator().manual_seed(seed), training_anomalies)


def references(rows: int, generator: torch.Generator, training_anomalies: float) -> Tensor:
    """The same with a generator."""
    most = min(REFERENCES, int(MOST_NEIGHBOURS / (WIDER * training_anomalies))) if training_anomalies else REFERENCES
    return torch.randperm(rows, generator=generator)[:most].sort().values


def indexed(
    fitted: Fitted, rows: Rows, seed: int, batch_rows: int, progress: RowProgress | None, training_anomalies: float
) -> Artifacts:
    """Fit the projection of each view on a sample of rows, and index all rows under the projections."""
    most = max(1, min(SAMPLE_ROWS, SAMPLE_CELLS // compared_size(fitted.schema)))
    sample = (
        torch.linspace(0, len(rows) - 1, min(most, len(rows)), dtype=torch.float32)
        .round()
        .long()
        .clamp(max=len(rows) - 1)
    )

    def vectors(batch: Batch, start: int) -> dict[str, Tensor]:
        return feature_views(fitted, batch)

    with torch.no_grad():
        found = in_chunks(vectors, rows.take(sample), batch_rows=batch_rows, device=fitted.device)
        projections = {name: Projection.of(t.to(fitted.device), seed) for name, t in found.items()}

        def where(batch: Batch, start: int) -> dict[str, Tensor]:
            return points(projections, feature_views(fitted, batch))

        found = in_chunks(
            where, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="reference rows"
        )
    bases = {name: projection.artifact() for name, projection in projections.items()}
    neighbours = max(NEIGHBOURS, math.ceil(WIDER * training_anomalies * len(rows)))
    indexes = {name: KnnIndex.of(t.to(fitted.device), neighbours).artifact() for name, t in found.items()}
    return Artifacts(
        latent_basis=bases["latent"],
        row_basis=bases["row"],
        slope_basis=bases.get("slope"),
        latent_index=indexes["latent"],
        row_index=indexes["row"],
    )
