"""The most probable condition of a row, if none is given."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import ELBO
from quintet.noise import Noise


@torch.no_grad()
def explaining_condition(fitted: Fitted, batch: Batch, most: int | None = None) -> Tensor | None:
    """The condition of each row, (batch, condition_dim): the given one, or the point of p(c) with the largest bound.

    The bound is log p(c) + ELBO of log p(x|c), with a context decoder that of the plain decoder, which needs one pass
    for a point instead of one for each group of cells. ``most`` limits the search to the most probable points. Returns
    None for a model without conditions.
    """
    if fitted.schema.condition is None:
        return None
    if batch.condition is not None:
        return batch.condition
    points, log_weights = fitted.schema.condition.support()
    order = torch.argsort(-log_weights, stable=True)[:most]
    points, log_weights = points[order].to(fitted.device), log_weights[order]
    model, bounds = fitted.model.plain if isinstance(fitted.model, ContextModel) else fitted.model, []
    for point, log_weight in zip(points, log_weights.tolist(), strict=True):
        noise = Noise(0, shared=True, device=fitted.device)
        draw = model.draw(batch.x, batch.observed, noise, point.expand(len(batch), -1))
        bound = log_weight - ELBO()(batch.x, batch.observed, draw).loss
        bounds.append(torch.nan_to_num(bound, nan=-torch.inf))
    return points[torch.stack(bounds).argmax(0)]
