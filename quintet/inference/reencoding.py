"""The model's own posterior of a row with parts filled in, as a guess at the latents of what is known of it."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.models.base import Model


def encoded(model: Model, filled: Tensor, known: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean and spread of q(z | a row that was filled in), each (batch, latent_dim).

    The spread is what it would be if what the row says beyond the prior N(0, I) were said by its cells in equal shares,
    and only the known ones spoke.

    Parameters
    ----------
    filled : (batch, *row) in the model's units, no holes.
    known : (batch, 1), the share of its cells that are not filled in, 0..1.
    """
    q = model.posterior(filled, torch.ones_like(filled, dtype=torch.bool), condition)
    precision = (q.variance[0].float().clamp(min=1e-8).reciprocal() - 1).clamp(min=0.0)
    return q.mean[0].float(), (1 + known * precision).rsqrt()
