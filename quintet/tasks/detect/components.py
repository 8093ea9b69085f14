"""Every component of the strangeness of rows."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import BEYOND, Batch, Rows
from quintet.inference.chunks import RowProgress, in_chunks, progress_of_part
from quintet.models.fitted import Fitted
from quintet.tasks.detect.elbo_terms import elbo_terms
from quintet.tasks.detect.features import points, views
from quintet.tasks.detect.knn_index import KnnIndex
from quintet.tasks.detect.leaf_index import QUERIES
from quintet.tasks.detect.projection import Projection
from quintet.tasks.detect.score_calibration import MEASURED

CELLS = 2**24
"""Most cells of the rows that are measured together."""
HUGE = 1e30
"""What stands for infinity: rows so far off that a figure of theirs overflows are the strangest."""


def measure(
    fitted: Fitted,
    rows: Rows,
    *,
    batch_rows: int = 256,
    progress: RowProgress | None = None,
    where: bool = False,
    without: Tensor | None = None,
) -> dict[str, Tensor]:
    """The components of every row by name, (n,), and with ``where`` the "surprise" of each cell, (n, *shape).

    Parameters
    ----------
    without : (n, 2), the first and one past the last of the reference rows that do not count for a row; or None.
    """
    device = fitted.device
    places = {name: KnnIndex.read(index, device) for name, index in fitted.artifacts.indexes().items()}
    projections = {name: Projection.read(basis, device) for name, basis in fitted.artifacts.bases().items()}

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        said = elbo_terms(fitted, batch)
        out = {"elbo": said.distortion + said.rate, "reconstruction": said.reconstruction, "rate": said.rate}
        out |= {"surprise": said.surprise} if where else {}
        return out | points(projections, views(said.latent, said.completed))

    def measured(start: int, stop: int) -> dict[str, Tensor]:
        """Of some rows; neighbours are searched for many rows together, which costs less than chunk by chunk."""
        told = progress_of_part(progress, start, len(rows))
        some = rows.take(slice(start, stop))
        out = in_chunks(answer, some, batch_rows=batch_rows, device=device, progress=told, what="detect")
        barred = None if without is None else without[start:stop].to(device)
        for name, place in places.items():
            off, sparse = place.measure(out.pop(name).to(device), barred)
            out |= {f"{name}_distance": off.cpu(), f"{name}_density": sparse.cpu()}
        return {name: t.nan_to_num_(HUGE, HUGE, -HUGE) for name, t in out.items()}

    found = _nothing(fitted, len(rows), where)
    step = batch_rows * -(-min(QUERIES, CELLS // fitted.schema.size) // batch_rows) or batch_rows
    with torch.no_grad():
        for start in range(0, len(rows), step):
            for name, t in measured(start, start + step).items():
                found[name][start : start + step] = t
    return found if rows.beyond is None else _raised(found, rows.beyond)


def _nothing(fitted: Fitted, count: int, where: bool) -> dict[str, Tensor]:
    """Room for the components of ``count`` rows."""
    found = {name: torch.zeros(count, dtype=torch.float32) for name in MEASURED}
    return found | ({"surprise": torch.zeros(count, *fitted.schema.shape, dtype=torch.float32)} if where else {})


def _raised(found: dict[str, Tensor], beyond: Tensor) -> dict[str, Tensor]:
    """A row with a cell above every level of training has no probability under the model: none is stranger."""
    impossible = HUGE * beyond.flatten(1).any(1).float()
    raised = {name: found[name] + impossible for name in ("elbo", "reconstruction")}
    return found | raised | ({"surprise": found["surprise"] + BEYOND * beyond} if "surprise" in found else {})
