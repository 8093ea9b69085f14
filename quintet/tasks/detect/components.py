"""Every component of the strangeness of rows."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import BEYOND, Batch, Rows
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted
from quintet.tasks.detect.elbo_terms import elbo_terms
from quintet.tasks.detect.features import SEEN, VIEWS, points, views
from quintet.tasks.detect.knn_index import KnnIndex
from quintet.tasks.detect.projection import Projection
from quintet.tasks.detect.score_calibration import MEASURED

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
    places = {name: KnnIndex.read(fitted.reference, name, device) for name in SEEN}
    projections = {
        name: Projection.read(fitted.reference, name, device) for name in VIEWS if f"{name}.basis" in fitted.reference
    }

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        said = elbo_terms(fitted, batch)
        out = {"elbo": said.distortion + said.rate, "reconstruction": said.reconstruction, "rate": said.rate}
        barred = None if without is None else _padded(without[start : start + len(batch)], len(batch)).to(device)
        for name, spots in points(projections, views(said.latent, said.completed)).items():
            off, sparse = places[name].measure(spots, barred)
            out |= {f"{name}_distance": off, f"{name}_density": sparse}
        out |= {"surprise": said.surprise} if where else {}
        return {name: t.nan_to_num(HUGE, HUGE, -HUGE) for name, t in out.items()}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=device, progress=progress, what="detect")
    if not len(rows):
        found = {name: torch.zeros(0, dtype=torch.float32) for name in MEASURED}
        found |= {"surprise": torch.zeros(0, *fitted.schema.shape, dtype=torch.float32)} if where else {}
    return found if rows.beyond is None else _raised(found, rows.beyond)


def _raised(found: dict[str, Tensor], beyond: Tensor) -> dict[str, Tensor]:
    """A row with a cell above every level of training has no probability under the model: none is stranger."""
    impossible = HUGE * beyond.flatten(1).any(1).float()
    raised = {name: found[name] + impossible for name in ("elbo", "reconstruction")}
    return found | raised | ({"surprise": found["surprise"] + BEYOND * beyond} if "surprise" in found else {})


def _padded(index: Tensor, size: int) -> Tensor:
    """Lengthened to the chunk's size as its rows are."""
    return torch.cat([index, index[-1:].expand(size - len(index), -1)])
