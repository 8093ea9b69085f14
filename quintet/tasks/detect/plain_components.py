"""Parts of a row's strangeness asked alone: of its cells given all others, or those that need no context decoder."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import in_chunks
from quintet.inference.posterior import posterior_of, rate_under
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.tasks.detect.elbo_terms import BANK, DRAWS, cell_surprise, condition_of_least_cost
from quintet.tasks.detect.features import compared, points, views
from quintet.tasks.detect.knn_index import KnnIndex
from quintet.tasks.detect.leaf_index import QUERIES
from quintet.tasks.detect.projection import Projection


@torch.no_grad()
def surprise_of_cells(fitted: Fitted, rows: Rows, *, batch_rows: int = 256) -> Tensor:
    """-log p(cell | all other observed cells), (n, *shape) in nats; missing cells 0."""

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        found = cell_surprise(fitted, batch, condition_of_least_cost(fitted, batch))
        return {"surprise": torch.where(batch.observed, found, 0.0)}

    return in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, what="detect")["surprise"]


@torch.no_grad()
def plain_components(fitted: Fitted, rows: Rows, *, batch_rows: int = 256) -> dict[str, Tensor]:
    """Components of rows by the plain decoder, tens of times as fast as those of a context decoder.

    Returns
    -------
    "row_distance", "row_density" (n,): how far a row's nearest reference rows are, and that relative to their own
    neighbours; "rate" (n,): KL(q ‖ p) in nats; "surprise" (n, *shape): -log p(cell | z) at the posterior's mean, in
    nats, missing cells 0.
    """
    device = fitted.device
    index = fitted.artifacts.row_index
    assert index is not None, "without reference rows nothing is compared"
    place = KnnIndex.read(index, device)
    projections = {name: Projection.read(basis, device) for name, basis in fitted.artifacts.bases().items()}

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        condition = condition_of_least_cost(fitted, batch)
        q = posterior_of(fitted, batch, condition)
        z = q.sample(Noise(BANK, DRAWS, shared=True, device=device))
        plain = fitted.model.decode(q.mean, condition).independent
        completed = torch.where(batch.observed, batch.x, plain.mean[0])
        surprise = torch.where(batch.observed, -plain.terms(batch.x, batch.observed)[0], 0.0)
        seen = points(projections, views(q.mean[0], compared(fitted.schema, completed)))
        return {"rate": rate_under(fitted, q, z, condition), "surprise": surprise, "row": seen["row"]}

    found = in_chunks(answer, rows, batch_rows=batch_rows, device=device, what="detect")
    parts = [place.measure(some.to(device)) for some in torch.split(found.pop("row"), QUERIES)]
    distance, density = (torch.cat([part[k] for part in parts]).cpu() for k in range(2))
    return found | {"row_distance": distance, "row_density": density}
