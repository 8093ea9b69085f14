"""Mixture of diagonal normals over a vector of latents, shared by all rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.distributions.base import Distribution, Factorised
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.distributions.normal import Normal
from quintet.noise import Noise

AT_ONCE = 1 << 23
"""Largest number of elements, draws x batch x components x latent_dim, that ``log_density`` computes at a time."""


@dataclass(frozen=True)
class NormalMixture(Distribution):
    """Σ_k w_k N(loc_k, diag(scale_k²)), the same for all rows of a batch.

    The coordinates are dependent through the component. ``log_prob`` gives terms that sum to the log density: those of
    each coordinate under the components, weighted by the components' responsibilities for x.
    """

    log_weight: Tensor  # (components,), nats; the exponentials sum to 1
    loc: Tensor  # (components, latent_dim)
    scale: Tensor  # (components, latent_dim)

    def log_prob(self, x: Tensor) -> Tensor:
        """Terms of log p(x) in nats, (draws, batch, latent_dim), which sum to the log density, by matrix products.

        With r_k = p(k|x), log p(x) = Σ_k r_k (log N_k(x) + log w_k - log r_k), and its gradient is that of the right
        side for fixed r (the identity behind EM), which needs no tensor (batch, components, latent_dim).
        """
        with torch.autocast(x.device.type, enabled=False):  # squares need float32
            precise = self.scale.square().reciprocal()
            pull, rest = self.loc * precise, self.scale.log() + 0.5 * math.log(2 * math.pi)
            inner = x.square() @ precise.T - 2 * (x @ pull.T) + (self.loc * pull).sum(-1)
            height = self.log_weight - rest.sum(-1)
            share = (height - 0.5 * inner).log_softmax(-1).detach()
            r = share.exp()
            terms = x * (r @ pull) - 0.5 * (x.square() * (r @ precise) + r @ (self.loc * pull)) - r @ rest
            choice = (r * (self.log_weight - share)).sum(-1, keepdim=True)
            return terms + choice / x.shape[-1]

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (draws, batch)."""
        if x.numel() * len(self.loc) > AT_ONCE and len(x) > 1:
            return torch.cat([self.log_density(part) for part in torch.split(x, 1)])
        inner = ((x.unsqueeze(-2) - self.loc) / self.scale).square().sum(-1)  # (draws, batch, components)
        height = self.log_weight - self.scale.log().sum(-1) - 0.5 * x.shape[-1] * math.log(2 * math.pi)
        return (height - 0.5 * inner).logsumexp(-1)

    @property
    def ordered(self) -> Factorised:
        """Factorisation over coordinates: each is a mixture weighted by the responsibilities for the previous ones.

        Responsibilities amplify rounding differences between machines in components that a network computes, as in a
        VampPrior, so the parameters are rounded to float32.
        """
        log_weight, loc, scale = (part.float().double() for part in (self.log_weight, self.loc, self.scale))

        def conditionals(z: Tensor) -> ElementwiseMixture:
            each = Normal(loc, scale).log_prob(z.double().unsqueeze(-2))  # (1, rows, components, latent_dim)
            before = torch.cat([torch.zeros_like(each[..., :1]), each[..., :-1].cumsum(-1)], -1)
            share = (log_weight.unsqueeze(-1) + before).log_softmax(-2).movedim(-2, 0)
            centre, width = (part[:, None, None].expand(share.shape) for part in (loc, scale))
            return ElementwiseMixture(share, centre, width)

        return Factorised((1,) * loc.shape[1], conditionals)

    @property
    def mean(self) -> Tensor:
        """E[x], (1, 1, latent_dim)."""
        return (self.log_weight.exp() @ self.loc).view(1, 1, -1)

    @property
    def variance(self) -> Tensor:
        """Var[x] of each coordinate, (1, 1, latent_dim): within and between components."""
        second = self.log_weight.exp() @ (self.scale.square() + self.loc.square())
        return (second - self.mean.square().flatten()).view(1, 1, -1)

    def sample(self, noise: Noise) -> Tensor:
        """One draw, (draws, 1, latent_dim)."""
        return self.sample_rows(1, noise)

    def sample_rows(self, n: int, noise: Noise) -> Tensor:
        """n independent draws, (draws, n, latent_dim)."""
        edges = self.log_weight.exp().cumsum(0)
        pick = torch.searchsorted(edges, noise.uniform(n).to(edges).contiguous()).clamp(max=len(edges) - 1)
        return self.loc[pick] + self.scale[pick] * noise.normal(n, self.loc.shape[1]).to(self.loc)

    def select(self, index: object) -> NormalMixture:
        """The same distribution: all rows share it, and its coordinates are dependent."""
        return self
