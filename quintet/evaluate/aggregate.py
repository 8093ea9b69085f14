"""KL of the aggregate posterior from the prior."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise

PAIRS = 1 << 16
"""Largest number of pairs of a draw and a posterior at a time."""


@torch.no_grad()
def aggregate_gap(fitted: Fitted, rows: Rows, seed: int = 0) -> float:
    """Estimate KL(q(z) ‖ p(z)) in nats, q(z) = mean of q(z|x_n) over the rows, from one draw per posterior.

    This is the part of the rate that a better prior can save; the rest is the mutual information of rows and latents
    (Hoffman and Johnson, "ELBO surgery", 2016). With n rows, the estimate of the latter is at most log n nats, so the
    rate should be well below log n. Infinite for a deterministic posterior.
    """
    batch = rows.batch(slice(None))
    batch_on = [None if t is None else t.to(fitted.device) for t in (batch.x, batch.observed, batch.condition)]
    x, observed, condition = batch_on
    assert x is not None
    assert observed is not None
    posterior = fitted.model.posterior(x, observed, condition)
    z = posterior.sample(RowNoise((seed, 41), 0, device=fitted.device))[0]
    prior = fitted.model.log_prior(z[None], condition)[0]
    size, parts = max(1, PAIRS // len(z)), []
    for some in torch.split(z, size):
        pairs = some[:, None].expand(len(some), len(z), z.shape[1])
        parts.append(posterior.log_prob(pairs).sum(-1).logsumexp(1))
    mixed: Tensor = torch.cat(parts) - math.log(len(z))
    return float((mixed - prior).mean())
