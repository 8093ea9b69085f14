"""Posterior of a row with filled cells, as an approximation given its known cells."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.models.base import Model


def encoded(model: Model, filled: Tensor, known: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of q(z | filled row), (batch, latent_dim) each.

    The precision beyond that of the prior N(0, I) is multiplied by the share of known cells, as if all cells
    contributed equally.

    Parameters
    ----------
    filled : (batch, *row) in the model's units, without missing cells.
    known : (batch, 1), share of the cells that are not filled, 0..1.
    """
    q = model.posterior(filled, torch.ones_like(filled, dtype=torch.bool), condition)
    precision = (q.variance[0].float().clamp(min=1e-8).reciprocal() - 1).clamp(min=0.0)
    return q.mean[0].float(), (1 + known * precision).rsqrt()
