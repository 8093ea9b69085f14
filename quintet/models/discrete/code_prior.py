"""Prior over discrete latents: a probability mass for every sequence of symbols."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.distributions import Categorical, Distribution
from quintet.distributions.base import Factorised
from quintet.models.discrete.symbols import SymbolCodec
from quintet.models.priors.standard import Prior
from quintet.noise import Noise


class CodePrior(Prior):
    """Autoregressive prior P(code) = Π P(symbol | previous symbols) by ``network``, or uniform without a network.

    A z equal to a code has the code's log mass. Any other z, as the partial encoder or a search may propose, has a log
    density under the codes convolved with a normal, so that masses and densities are never compared.

    Parameters
    ----------
    codec : z <-> symbols.
    network : (n, symbols) -> logits (n, symbols, size); the logits of a symbol depend on the previous symbols only.
    """

    def __init__(self, codec: SymbolCodec, network: nn.Module | None = None) -> None:
        super().__init__()
        self.codec, self.network = codec, network

    def logits(self, symbols: Tensor) -> Tensor:
        """Logits of each symbol given the previous ones, (n, symbols) -> (n, symbols, size)."""
        if self.network is None:
            return torch.zeros(*symbols.shape, self.codec.size, device=symbols.device, dtype=torch.float32)
        raw: Tensor = self.network(symbols)
        return raw if raw.dtype == torch.float64 else raw.float()

    def log_mass(self, symbols: Tensor) -> Tensor:
        """log P(symbol | previous symbols) in nats, (n, symbols)."""
        table = torch.log_softmax(self.logits(symbols), -1)
        mass: Tensor = table.gather(-1, symbols.unsqueeze(-1)).squeeze(-1)
        return mass

    def log_prob(self, z: Tensor) -> Tensor:
        """log mass of codes, log density of other z, in nats, (draws, batch, latent_dim) -> (draws, batch)."""
        symbols = self.codec.nearest(z)
        code = self.codec.vectors(symbols).to(z.dtype)
        mass = self.log_mass(symbols.flatten(0, 1)).sum(-1).reshape_as(z[..., 0]).to(z.dtype)
        blur = self.codec.blur.to(z)
        far = ((z - code) / blur).square().sum(-1)
        density = -0.5 * far - z.shape[-1] * (blur.log() + 0.5 * math.log(2 * math.pi))
        whole: Tensor = mass + torch.where((z == code).all(-1), 0.0, density)
        return whole

    def forward(self, like: Tensor) -> Distribution:
        """The distribution of codes."""
        return CodeDistribution(self, like[:1, :1])

    def sample(self, n: int, noise: Noise) -> Tensor:
        """Codes, symbol by symbol, (noise.draws, n, latent_dim)."""
        uniform = noise.uniform(n, self.codec.symbols).flatten(0, 1)
        symbols = torch.zeros(uniform.shape, dtype=torch.long, device=uniform.device)
        for place in range(self.codec.symbols):
            steps = torch.softmax(self.logits(symbols)[:, place], -1).cumsum(-1)[:, :-1]
            symbols[:, place] = (uniform[:, place, None] >= steps).sum(-1)
        return self.codec.vectors(symbols).reshape(noise.draws, n, -1)


@dataclass(frozen=True)
class CodeDistribution(Distribution):
    """p(z) of a ``CodePrior``; ``log_prob`` divides log p(z) equally among the latents."""

    prior: CodePrior
    like: Tensor  # (1, 1, latent_dim)

    def log_prob(self, x: Tensor) -> Tensor:
        """An equal share of the log mass for each latent, (draws, batch, latent_dim)."""
        return (self.prior.log_prob(x) / x.shape[-1]).unsqueeze(-1).expand_as(x)

    @property
    def mean(self) -> Tensor:
        """E[z] over a fixed sample, because it has no closed form."""
        return self._drawn().mean(0, keepdim=True)

    @property
    def variance(self) -> Tensor:
        """Var[z] over the same sample."""
        return self._drawn().var(0, keepdim=True)

    def sample(self, noise: Noise) -> Tensor:
        """A code, (draws, 1, latent_dim)."""
        return self.prior.sample(self.like.shape[1], noise).to(self.like)

    @property
    def ordered(self) -> Factorised:
        """Factorisation over the symbols 0 .. size-1, one block for each."""

        def conditionals(symbols: Tensor) -> Categorical:
            logits = self.prior.logits(symbols.flatten(0, 1).long())
            return Categorical(logits.reshape(*symbols.shape, -1))

        return Factorised((1,) * self.prior.codec.symbols, conditionals)

    def select(self, index: object) -> Distribution:
        """The same distribution: all rows and draws share it, and its latents are not independent."""
        return self

    def _drawn(self) -> Tensor:
        with torch.no_grad():
            return self.prior.sample(1, Noise(0, draws=1000, device=self.like.device)).to(self.like)
