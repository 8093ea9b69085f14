"""The small networks between layers of latents: the prior from the top down, and the posterior's shifts from it."""

from __future__ import annotations

from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.functional import hardtanh

from quintet.distributions import Normal
from quintet.distributions.ordered import Ordered
from quintet.model.posteriors import MAX_LOG_SCALE, MIN_LOG_SCALE
from quintet.model.priors import Prior
from quintet.noise import Noise

FEWEST, MOST = 32, 256
"""Bounds on the width of the networks."""
PRIOR_LOG_SCALE = 3.0
"""Bound on |log spread| of a layer given those above."""


def sizes_of(latent_dim: int, layers: int) -> tuple[int, ...]:
    """``latent_dim`` divided among layers from the top down, few in the top and more below; at least one in each."""
    layers = min(layers, latent_dim)
    spare, parts = latent_dim - layers, layers * (layers + 1) // 2
    above = [1 + spare * (level + 1) // parts for level in range(layers - 1)]
    return (*above, latent_dim - sum(above))


class TopDown(Prior):
    """p(z₁) Π p(zₗ | z₁ .. zₗ₋₁): N(0, I) on top, below it normals by small networks of the layers above.

    Parameters
    ----------
    sizes : number of latents of each layer, from the top down.
    """

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        width = min(max(4 * sum(sizes), FEWEST), MOST)
        self.sizes, self.ends = sizes, tuple(accumulate(sizes))
        self.steps = nn.ModuleList(
            _small(end, width, size, hidden=2) for end, size in zip(self.ends[:-1], sizes[1:], strict=True)
        )

    def layer(self, level: int, above: Tensor) -> Normal:
        """p(zₗ | the layers above), those (draws, batch, their latents)."""
        if level == 0:
            loc = torch.zeros(1, 1, self.sizes[0], dtype=above.dtype, device=above.device)
            return Normal(loc, torch.ones_like(loc), standard=True)
        loc, log_scale = _halves(self.steps[level - 1](above))
        return Normal(loc, hardtanh(log_scale, -PRIOR_LOG_SCALE, PRIOR_LOG_SCALE).exp())

    def forward(self, like: Tensor) -> Normal:
        """Each latent given those of ``like`` in the layers above it, (draws, batch, latent_dim)."""
        given = [self.layer(level, like[..., : end - size]) for level, end, size in self._spans()]
        loc, scale = ([getattr(p, name).expand(*like.shape[:-1], -1) for p in given] for name in ("loc", "scale"))
        return Normal(torch.cat(loc, -1), torch.cat(scale, -1))

    def sample(self, n: int, noise: Noise) -> Tensor:
        """z from the top down, (noise.draws, n, latent_dim)."""
        z = noise.normal(n, self.sizes[0])
        for level in range(1, len(self.sizes)):
            given = self.layer(level, z)
            z = torch.cat([z, given.sample(noise)], -1)
        return z

    def ordered(self, like: Tensor) -> Ordered:
        """A block for each layer."""
        return Ordered(self.sizes, self)

    def _spans(self) -> list[tuple[int, int, int]]:
        return [(level, end, size) for level, (end, size) in enumerate(zip(self.ends, self.sizes, strict=True))]


class Shifts(nn.Module):
    """Features and the layers above -> how far a layer's posterior lies from its prior, in units of the prior's spread.

    NVAE's residual normal (Vahdat and Kautz, 2020): q = N(m + s Δm, (s Δs)²) where the prior is N(m, s²), so that a
    network that says nothing leaves the prior as it is.
    """

    def __init__(self, features: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        width = min(max(features, FEWEST), MOST)
        starts = [end - size for end, size in zip(accumulate(sizes), sizes, strict=True)]
        self.direct = nn.ModuleList(nn.Linear(features, 2 * size) for size in sizes)
        self.steps = nn.ModuleList(
            _small(features + start, width, size, hidden=1) for start, size in zip(starts[1:], sizes[1:], strict=True)
        )

    def forward(self, level: int, features: Tensor, above: Tensor, prior: Normal) -> Normal:
        """q(zₗ | x, the layers above), from features (1, batch, features) and ``above`` (draws, batch, any)."""
        raw = self.direct[level](features)
        if level:
            seen = features.expand(*above.shape[:-1], -1)
            raw = raw + self.steps[level - 1](torch.cat([seen, above.to(seen.dtype)], -1))
        loc, log_scale = _halves(raw)
        scale = hardtanh(log_scale, MIN_LOG_SCALE, MAX_LOG_SCALE).exp()
        return Normal(prior.loc + prior.scale * loc, prior.scale * scale)


def _small(inputs: int, width: int, size: int, hidden: int) -> nn.Sequential:
    """A network that gives mean and log spread of a layer, near 0 at the start: training begins with a flat model."""
    layers: list[nn.Module] = []
    for _ in range(hidden):
        layers += [nn.Linear(inputs, width), nn.SiLU()]
        inputs = width
    last = nn.Linear(inputs, 2 * size)
    with torch.no_grad():
        last.weight.mul_(0.1)
        last.bias.zero_()
    return nn.Sequential(*layers, last)


def _halves(raw: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log spread, in the network's precision or float32."""
    raw = raw if raw.dtype == torch.float64 else raw.float()
    loc, log_scale = raw.chunk(2, -1)
    return loc, log_scale
