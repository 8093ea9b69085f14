"""Learnt mixture priors: free normal components, or the posteriors of learnt pseudo-inputs (VampPrior)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import hardtanh

from quintet.data.dataset import Batch
from quintet.distributions import Distribution, Normal
from quintet.distributions.mixture import NormalMixture
from quintet.models.posteriors.normal import MAX_LOG_SCALE, MIN_LOG_SCALE
from quintet.models.priors.pseudo_inputs import PseudoInputs
from quintet.models.priors.standard import Prior
from quintet.noise import Noise

GAIN = 10.0
"""Factor by which the priors' stored parameters are multiplied: with Adam's fixed step size a direct parameter would
move more slowly than a posterior, which many weights move at once."""
START = 0.3
"""Initial standard deviation of the pseudo-inputs about the middle, in logits of the cells' range or cell units."""


class MixturePrior(Prior):
    """Mixture of ``modes`` diagonal normals with learnt weights, means and standard deviations."""

    def __init__(self, latent_dim: int, modes: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(modes, dtype=torch.float32))
        self.loc = nn.Parameter(torch.randn(modes, latent_dim, dtype=torch.float32) / GAIN)
        self.log_scale = nn.Parameter(torch.zeros(modes, latent_dim, dtype=torch.float32))

    def forward(self, like: Tensor) -> NormalMixture:
        """The mixture, with the type of ``like``."""
        scale = hardtanh(GAIN * self.log_scale, MIN_LOG_SCALE, MAX_LOG_SCALE).exp()
        log_weight = (GAIN * self.logits).log_softmax(0)
        return NormalMixture(log_weight.to(like), GAIN * self.loc.to(like), scale.to(like))

    def sample(self, n: int, noise: Noise) -> Tensor:
        """z ~ p(z), (noise.draws, n, latent_dim)."""
        return self.forward(self.loc).sample_rows(n, noise)

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z) in nats, (draws, batch)."""
        return self.forward(z).log_density(z)


class VampPrior(Prior):
    """p(z) = 1/K Σ_k q(z | u_k): the posteriors of K learnt pseudo-inputs u_k, equally weighted.

    Tomczak and Welling, "VAE with a VampPrior", 2018: the prior that maximises the ELBO is the aggregate posterior, and
    this mixture has its form.

    Parameters
    ----------
    pseudo_inputs : map from free parameters to the pseudo-inputs.
    number : K.
    posterior : encoder input -> q(z|x), a normal over (1, K, latent_dim): the model's own method.
    """

    def __init__(self, pseudo_inputs: PseudoInputs, number: int, posterior: Callable[[Tensor], Distribution]) -> None:
        super().__init__()
        self.pseudo_inputs, self.posterior = pseudo_inputs, posterior
        start = START * torch.randn(number, *pseudo_inputs.shape, dtype=torch.float32)
        self.free = nn.Parameter((pseudo_inputs.middle + start) / GAIN)
        self.started = nn.Buffer(torch.zeros((), dtype=torch.bool))  # a resumed run must not initialise again

    @property
    def inputs(self) -> Tensor:
        """The pseudo-inputs, (K, *row) in the model's units; embedded rows (K, width) if rows are of columns."""
        return self.pseudo_inputs.rows(GAIN * self.free)

    @torch.no_grad()
    def start_at(self, batch: Batch) -> None:
        """Initialise the pseudo-inputs at rows of a batch, once; unobserved cells keep their initial values."""
        if self.started:
            return
        pick = torch.arange(len(self.free), device=batch.x.device) % len(batch.x)
        start, known = self.pseudo_inputs.free(batch.x[pick], batch.observed[pick])
        self.free.copy_(torch.where(known, start / GAIN, self.free))
        self.started.fill_(True)

    def forward(self, like: Tensor) -> NormalMixture:
        """The mixture of the pseudo-inputs' posteriors, with the type of ``like``."""
        x = self.inputs
        q = self.posterior(self.pseudo_inputs.seen(x))
        assert isinstance(q, Normal), "components are normals"
        weight = torch.full((len(x),), -math.log(len(x)), dtype=torch.float32, device=x.device)
        return NormalMixture(weight.to(like), q.loc[0].to(like), q.scale[0].to(like))

    def sample(self, n: int, noise: Noise) -> Tensor:
        """z ~ p(z), (noise.draws, n, latent_dim)."""
        return self.forward(self.free).sample_rows(n, noise)

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z) in nats, (draws, batch)."""
        return self.forward(z).log_density(z)
