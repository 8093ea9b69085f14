"""Components of the anomaly score: ELBO terms, and distances and densities among reference rows."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import BEYOND, Batch, Rows
from quintet.inference.chunks import RowProgress, in_chunks, progress_of_part
from quintet.models.fitted import Fitted
from quintet.tasks.detect.elbo_terms import elbo_terms
from quintet.tasks.detect.features import compared, points, views
from quintet.tasks.detect.knn_index import KnnIndex
from quintet.tasks.detect.leaf_index import QUERIES
from quintet.tasks.detect.projection import Projection
from quintet.tasks.detect.score_calibration import MEASURED, PEAK

CELLS = 2**24
"""Most cells of the rows measured together."""
HUGE = 1e30
"""Replaces infinite components: rows whose components overflow rank as the strangest."""


def measure(
    fitted: Fitted,
    rows: Rows,
    *,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
    where: bool = False,
    without: Tensor | None = None,
) -> dict[str, Tensor]:
    """Components of each row by name, (n,); with ``where`` also the "surprise" of each cell, (n, *shape) in nats.

    Parameters
    ----------
    without : (n, 2), start and stop of the reference rows that each row ignores; or None.
    """
    device = fitted.device
    places = {name: KnnIndex.read(index, device) for name, index in fitted.artifacts.indexes().items()}
    projections = {name: Projection.read(basis, device) for name, basis in fitted.artifacts.bases().items()}

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        terms = elbo_terms(fitted, batch, where)
        out = {"elbo": terms.distortion + terms.rate, "reconstruction": terms.reconstruction, "rate": terms.rate}
        out |= {PEAK: terms.peak} if fitted.model.has_context else {}
        out |= {"surprise": terms.surprise} if where else {}
        return out | points(projections, views(terms.latent, compared(fitted.schema, terms.completed)))

    def measured(start: int, stop: int) -> dict[str, Tensor]:
        """Components of rows start..stop; one neighbour search for many rows costs less than one per chunk."""
        part_progress = progress_of_part(progress, start, len(rows))
        some = rows.take(slice(start, stop))
        out = in_chunks(answer, some, batch_rows=batch_rows, device=device, progress=part_progress, what="detect")
        ignored = None if without is None else without[start:stop].to(device)
        for name, place in places.items():
            off, sparse = place.measure(out.pop(name).to(device), ignored)
            out |= {f"{name}_distance": off.cpu(), f"{name}_density": sparse.cpu()}
        return {name: t.nan_to_num_(HUGE, HUGE, -HUGE) for name, t in out.items()}

    found = _zeros(fitted, len(rows), where)
    step = batch_rows * -(-min(QUERIES, CELLS // fitted.schema.size) // batch_rows) or batch_rows
    with torch.no_grad():
        for start in range(0, len(rows), step):
            for name, t in measured(start, start + step).items():
                found[name][start : start + step] = t
    return found if rows.beyond is None else _with_impossible_rows(found, rows.beyond)


def _zeros(fitted: Fitted, count: int, where: bool) -> dict[str, Tensor]:
    """Zero tensors for the components of ``count`` rows."""
    names = (*MEASURED, PEAK) if fitted.model.has_context else MEASURED
    found = {name: torch.zeros(count, dtype=torch.float32) for name in names}
    return found | ({"surprise": torch.zeros(count, *fitted.schema.shape, dtype=torch.float32)} if where else {})


def _with_impossible_rows(found: dict[str, Tensor], beyond: Tensor) -> dict[str, Tensor]:
    """Raise rows with a cell above every training level to the top: their probability under the model is 0."""
    impossible = HUGE * beyond.flatten(1).any(1).float()
    raised = {name: found[name] + impossible for name in ("elbo", "reconstruction")}
    return found | raised | ({"surprise": found["surprise"] + BEYOND * beyond} if "surprise" in found else {})
