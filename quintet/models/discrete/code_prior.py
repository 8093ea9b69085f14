"""The prior of latents that are codes: a mass for every sequence of symbols."""

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
    """P(code), symbol by symbol: each given those before it by ``network``, or all equally probable without one.

    A z on a code has the code's log mass. A z between codes, which a guide or a search may ask about, has the log
    density of codes blurred by a normal: mass is compared with mass, and density with density.

    Parameters
    ----------
    codec : z <-> symbols.
    network : (n, symbols) -> logits (n, symbols, size), those of a symbol read from the ones before it only.
    """

    def __init__(self, codec: SymbolCodec, network: nn.Module | None = None) -> None:
        super().__init__()
        self.codec, self.network = codec, network

    def logits(self, symbols: Tensor) -> Tensor:
        """Of each symbol given those before it, (n, symbols) -> (n, symbols, size)."""
        if self.network is None:
            return torch.zeros(*symbols.shape, self.codec.size, device=symbols.device, dtype=torch.float32)
        raw: Tensor = self.network(symbols)
        return raw if raw.dtype == torch.float64 else raw.float()

    def log_mass(self, symbols: Tensor) -> Tensor:
        """log P of each symbol given those before it in nats, (n, symbols)."""
        table = torch.log_softmax(self.logits(symbols), -1)
        mass: Tensor = table.gather(-1, symbols.unsqueeze(-1)).squeeze(-1)
        return mass

    def log_prob(self, z: Tensor) -> Tensor:
        """log mass on codes, log density between them, (draws, batch, latent_dim) -> (draws, batch)."""
        symbols = self.codec.nearest(z)
        code = self.codec.vectors(symbols).to(z.dtype)
        mass = self.log_mass(symbols.flatten(0, 1)).sum(-1).reshape(z.shape[:2]).to(z.dtype)
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
    """p(z) of a ``CodePrior``; each latent bears an equal share of log p."""

    prior: CodePrior
    like: Tensor  # (1, 1, latent_dim)

    def log_prob(self, x: Tensor) -> Tensor:
        """An equal share of the log mass for each latent, (draws, batch, latent_dim)."""
        return (self.prior.log_prob(x) / x.shape[-1]).unsqueeze(-1).expand_as(x)

    @property
    def mean(self) -> Tensor:
        """E[z] of a fixed sample: it has no closed form."""
        return self._drawn().mean(0, keepdim=True)

    @property
    def variance(self) -> Tensor:
        """Var[z] of the same sample."""
        return self._drawn().var(0, keepdim=True)

    def sample(self, noise: Noise) -> Tensor:
        """A code, (draws, 1, latent_dim)."""
        return self.prior.sample(self.like.shape[1], noise).to(self.like)

    @property
    def ordered(self) -> Factorised:
        """Over the symbols 0 .. size-1 in place of the vectors, one after the other."""

        def conditionals(symbols: Tensor) -> Categorical:
            logits = self.prior.logits(symbols.flatten(0, 1).long())
            return Categorical(logits.reshape(*symbols.shape, -1))

        return Factorised((1,) * self.prior.codec.symbols, conditionals)

    def select(self, index: object) -> Distribution:
        """Latents hang together, so only rows and draws can be chosen, of which all are alike."""
        return self

    def _drawn(self) -> Tensor:
        with torch.no_grad():
            return self.prior.sample(1, Noise(0, draws=1000, device=self.like.device)).to(self.like)
