"""Posterior q(z | observed cells) from the model's encoder or the partial encoder, and its rate."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.full_mask import is_full
from quintet.distributions import Choice, Delta, Distribution, Normal
from quintet.models.fitted import Fitted
from quintet.models.priors.standard import StandardNormal


def posterior_of(fitted: Fitted, batch: Batch, condition: Tensor | None) -> Distribution:
    """q(z | observed x) by the model for rows as in training, by the partial encoder for other missing cells."""
    own = fitted.model.posterior(batch.x, batch.observed, condition)
    if fitted.guide is None or fitted.schema.missing or is_full(batch.observed):
        return own
    guess = fitted.guide.posterior(batch.x, batch.observed, condition)
    whole = batch.observed.flatten(1).all(1)[None, :, None]
    if isinstance(own, Delta):
        return Delta(torch.where(whole, own.loc, guess.mean))
    if isinstance(own, Normal):  # a normal with the mixture's moments has a closed-form rate
        return Normal(torch.where(whole, own.loc, guess.mean), torch.where(whole, own.scale, guess.variance.sqrt()))
    return Choice(whole, own, guess)


def rate_under(fitted: Fitted, posterior: Distribution, z: Tensor, condition: Tensor | None) -> Tensor:
    """KL(posterior ‖ prior) of each row in nats, (batch,), closed or over draws z (draws, batch, latent_dim)."""
    prior = getattr(fitted.model, "prior", None)
    exact = posterior.kl_to(prior(z)) if isinstance(prior, StandardNormal) else None
    if exact is not None:
        return exact.sum(-1).mean(0)
    if isinstance(posterior, Delta):
        return z.new_zeros(z.shape[1])
    return (posterior.log_prob(z).sum(-1) - fitted.model.log_prior(z, condition)).mean(0)
