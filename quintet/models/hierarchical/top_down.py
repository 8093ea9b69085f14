"""Networks between layers of latents: the prior and the posterior of a layer given the layers above."""

from __future__ import annotations

from functools import partial
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.functional import hardtanh

from quintet.distributions import Distribution, Normal
from quintet.distributions.base import Factorised
from quintet.distributions.concatenated import Concatenated
from quintet.models.posteriors.normal import MAX_LOG_SCALE, MIN_LOG_SCALE
from quintet.models.priors.standard import Prior, StandardNormal
from quintet.noise import Noise

FEWEST, MOST = 32, 256
"""Smallest and largest width of the networks."""
PRIOR_LOG_SCALE = 3.0
"""Bound on |log standard deviation| of a layer's prior given the layers above."""


def layer_sizes(latent_dim: int, layers: int) -> tuple[int, ...]:
    """Sizes of the layers from the top down, which sum to ``latent_dim``: few latents at the top, at least one each."""
    layers = min(layers, latent_dim)
    spare, parts = latent_dim - layers, layers * (layers + 1) // 2
    above = [1 + spare * (level + 1) // parts for level in range(layers - 1)]
    return (*above, latent_dim - sum(above))


class TopDown(Prior):
    """p(z₁) Π p(zₗ | z₁ .. zₗ₋₁), with normals below the top layer, parametrised by small networks.

    Parameters
    ----------
    sizes : number of latents of each layer, from the top down.
    top : p(z₁); None: N(0, I).
    """

    def __init__(self, sizes: tuple[int, ...], top: Prior | None = None) -> None:
        super().__init__()
        width = min(max(4 * sum(sizes), FEWEST), MOST)
        self.sizes, self.ends, self.top = sizes, tuple(accumulate(sizes)), top or StandardNormal(sizes[0])
        self.steps = nn.ModuleList(
            _small(end, width, size, hidden=2) for end, size in zip(self.ends[:-1], sizes[1:], strict=True)
        )

    def layer(self, level: int, above: Tensor) -> Distribution:
        """p(zₗ | layers above); ``above`` is (draws, batch, number of latents above)."""
        return self.top(above) if level == 0 else self._below(level, above)

    def forward(self, like: Tensor) -> Concatenated:
        """Each latent given the layers above it in ``like``, (draws, batch, latent_dim)."""
        return Concatenated(
            self.sizes, tuple(partial(self.layer, i, above) for i, above in enumerate(self._above(like)))
        )

    def log_density(self, z: Tensor) -> Tensor:
        """log p(z) in nats, (draws, batch)."""
        parts = torch.split(z, list(self.sizes), -1)
        found = self.top.log_density(parts[0])
        for level, above in enumerate(self._above(z)[1:], 1):
            found = found + self._below(level, above).log_prob(parts[level]).sum(-1)
        return found

    def sample(self, n: int, noise: Noise) -> Tensor:
        """z from the top down, (noise.draws, n, latent_dim)."""
        z = self.top.sample(n, noise)
        for level in range(1, len(self.sizes)):
            z = torch.cat([z, self._below(level, z).sample(noise)], -1)
        return z

    def ordered(self, like: Tensor) -> Factorised | None:
        """The top layer's blocks, then one block for each layer below."""
        top = self.top.ordered(like)
        if top is None:
            return None

        def conditionals(z: Tensor) -> Concatenated:
            above = self._above(z)
            below = (partial(self._below, level, above[level]) for level in range(1, len(self.sizes)))
            return Concatenated(self.sizes, (partial(top.conditionals, z[..., : self.sizes[0]]), *below))

        return Factorised((*top.sizes, *self.sizes[1:]), conditionals)

    def _below(self, level: int, above: Tensor) -> Normal:
        loc, log_scale = _halves(self.steps[level - 1](above))
        return Normal(loc, hardtanh(log_scale, -PRIOR_LOG_SCALE, PRIOR_LOG_SCALE).exp())

    def _above(self, z: Tensor) -> list[Tensor]:
        """The latents above each layer, (draws, batch, any)."""
        return [z[..., : end - size] for end, size in zip(self.ends, self.sizes, strict=True)]


class LayerPosterior(nn.Module):
    """Posterior of each layer from the encoder's features and the layers above.

    The networks give mean and scale directly. Residual parameters relative to the prior, as in NVAE (Vahdat and Kautz,
    2020), learn more slowly here, because the prior moves (``docs/findings.md``).
    """

    def __init__(self, features: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        width = min(max(features, FEWEST), MOST)
        starts = [end - size for end, size in zip(accumulate(sizes), sizes, strict=True)]
        self.direct = nn.ModuleList(nn.Linear(features, 2 * size) for size in sizes)
        self.steps = nn.ModuleList(
            _small(features + start, width, size, hidden=1) for start, size in zip(starts[1:], sizes[1:], strict=True)
        )

    def forward(self, level: int, features: Tensor, above: Tensor) -> Normal:
        """q(zₗ | x, the layers above), from features (1, batch, features) and ``above`` (draws, batch, any)."""
        raw = self.direct[level](features)
        if level:
            seen = features.expand(*above.shape[:-1], -1)
            raw = raw + self.steps[level - 1](torch.cat([seen, above.to(seen.dtype)], -1))
        loc, log_scale = _halves(raw)
        return Normal(loc, hardtanh(log_scale, MIN_LOG_SCALE, MAX_LOG_SCALE).exp())


def _small(inputs: int, width: int, size: int, hidden: int) -> nn.Sequential:
    """Network for the mean and log scale of a layer, near 0 at initialisation, so that training starts flat."""
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
    """Mean and log scale, in float32 or float64."""
    raw = raw if raw.dtype == torch.float64 else raw.float()
    loc, log_scale = raw.chunk(2, -1)
    return loc, log_scale
