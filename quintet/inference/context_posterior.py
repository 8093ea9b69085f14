"""Missing cells by a context decoder: one pass that sees the observed cells, averaged over draws of z."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import RowMixture
from quintet.inference.importance import LogLik, WeightedDraws, likeliest, shared_out
from quintet.models.fitted import Fitted
from quintet.noise import Noise

DRAWS = 8
"""Draws of z from the partial encoder."""


def context_posterior(
    fitted: Fitted, guess: Callable[[Tensor | None], RowMixture], seen: LogLik, batch: Batch, seed: tuple[int, ...]
) -> list[WeightedDraws]:
    """Equally weighted draws of z given the observed cells, each with p(x_i | z, observed cells).

    The cells that are seen restrict the missing ones directly, so that z only has to tell what they leave open.

    Parameters
    ----------
    guess : condition -> the partial encoder's r(z | observed cells) over (1, batch, latent_dim).
    seen : p(x|z) -> log p(observed cells | z), for the choice of the condition.
    seed : seed of draws that all rows share.
    """
    parts, evidence = [], []
    x, visible = batch.x[None], batch.observed.to(batch.x.dtype)[None]
    for number, (condition, log_weight) in enumerate(likeliest(fitted, guess, seen, batch.condition, len(batch.x))):
        z = guess(condition).sample(Noise((*seed, 1, number), draws=DRAWS, shared=True, device=fitted.device))
        likelihood = fitted.model.decode(z, condition, x, visible).independent
        weight = torch.full(z.shape[:2], 1 / DRAWS, dtype=torch.float32).to(z)
        parts.append(WeightedDraws(z, condition, weight, likelihood))
        evidence.append(log_weight)
    return shared_out(parts, evidence)
