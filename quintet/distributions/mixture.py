"""A mixture of diagonal normals over a vector of latents."""

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
"""Most numbers, draws x batch x components x latent_dim, that ``log_prob`` holds at a time."""


@dataclass(frozen=True)
class NormalMixture(Distribution):
    """Σ_k w_k N(loc_k, diag(scale_k²)): the same for all rows of a batch.

    The coordinates hang together through the component, so ``log_prob`` gives what sums to the log density: each
    coordinate's terms under the components, weighted by their shares in the whole of x.
    """

    log_weight: Tensor  # (components,), nats; its exponentials sum to one
    loc: Tensor  # (components, latent_dim)
    scale: Tensor  # (components, latent_dim)

    def log_prob(self, x: Tensor) -> Tensor:
        """Terms of log p(x) in nats, (draws, batch, latent_dim), which sum to the log density, by matrix products.

        With r_k = p(k|x): log p(x) = Σ_k r_k (log N_k(x) + log w_k - log r_k), and its gradient is that of the right
        side with r held fixed (the identity behind EM), so that no (batch, components, latent_dim) is ever made.
        """
        with torch.autocast(x.device.type, enabled=False):  # squares of half precision would lose nats
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
        """log p(x) in nats, (draws, batch), without the terms of its coordinates: a logarithm instead of many."""
        if x.numel() * len(self.loc) > AT_ONCE and len(x) > 1:
            return torch.cat([self.log_density(part) for part in torch.split(x, 1)])
        inner = ((x.unsqueeze(-2) - self.loc) / self.scale).square().sum(-1)  # (draws, batch, components)
        height = self.log_weight - self.scale.log().sum(-1) - 0.5 * x.shape[-1] * math.log(2 * math.pi)
        return (height - 0.5 * inner).logsumexp(-1)

    @property
    def ordered(self) -> Factorised:
        """One coordinate after the other: a mixture whose weights are the components' shares in those before it.

        The shares amplify the last digits of components that a network computes, as a VampPrior's, and these may differ
        between machines; so they are cut to float32.
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
        """Var[x] of each coordinate, (1, 1, latent_dim): the components' own and that of their centres."""
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
        """Itself: it is the same for every row, and its coordinates cannot be parted."""
        return self
