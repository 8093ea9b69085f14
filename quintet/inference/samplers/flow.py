"""Sampler from a normalizing flow that is fitted to the training latents on first use."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from quintet.inference.samplers.bank_latents import fit_once
from quintet.models.fitted import Fitted
from quintet.models.priors.flow import NormalizingFlowPrior
from quintet.noise import Cooled, Noise


def flow(fitted: Fitted) -> Callable[[int, Noise, float], Tensor]:
    """Spline flow (Durkan et al., 2019) of the latents; ``temperature`` scales its base normal."""

    def loss(module: nn.Module, z: Tensor, noise: Noise) -> Tensor:
        assert isinstance(module, NormalizingFlowPrior)
        return -module.log_density(z[None])[0]

    prior, standard = fit_once(fitted, "flow", lambda latent_dim: NormalizingFlowPrior(latent_dim, transforms=2), loss)
    assert isinstance(prior, NormalizingFlowPrior)

    def sample(n: int, noise: Noise, temperature: float) -> Tensor:
        return standard.loc + standard.scale * prior.sample(n, Cooled(noise, temperature))[0]

    return sample
