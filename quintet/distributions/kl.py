"""Kullback-Leibler divergence per coordinate, where it is known in closed form."""

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.normal import Delta, Normal
from quintet.distributions.one_hot import OneHot
from quintet.distributions.sphere import VonMisesFisher


def kl(posterior: Distribution, prior: Distribution) -> Tensor | None:
    """KL(posterior ‖ prior) of each coordinate in nats, (draws, batch, latent_dim); None where no closed form is known.

    A deterministic posterior has no rate: its divergence is counted as zero, as in a plain autoencoder.
    """
    if isinstance(posterior, Delta):
        return torch.zeros_like(posterior.loc)
    if isinstance(posterior, Normal) and isinstance(prior, Normal):
        if prior.standard:
            return 0.5 * (posterior.scale.square() + posterior.loc.square() - 1) - posterior.scale.log()
        ratio = (posterior.scale / prior.scale).square()
        shift = ((posterior.loc - prior.loc) / prior.scale).square()
        return 0.5 * (ratio + shift - 1 - ratio.log())
    if isinstance(posterior, VonMisesFisher) and isinstance(prior, Normal) and prior.standard:
        return posterior.rate()
    if isinstance(posterior, OneHot) and isinstance(prior, OneHot):
        return posterior.kl_to(prior)
    return None
