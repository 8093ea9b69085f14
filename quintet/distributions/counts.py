"""Distributions of counts 0, 1, 2, ...: negative binomial and zero-inflated negative binomial."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from quintet.distributions.base import Distribution, uniform_for
from quintet.noise import Noise


@dataclass(frozen=True)
class NegativeBinomial(Distribution):
    """P(x) = Γ(x + r) / (Γ(r) x!) · (m / (m + r))^x · (r / (m + r))^r: mean m, variance m + m²/r.

    A Poisson whose rate is a gamma variable of shape r, as for the counts of a gene over cells (Lopez et al., "Deep
    generative modeling for single-cell transcriptomics", 2018). For large r it is a Poisson.

    Parameters
    ----------
    log_mean : log m, (draws, batch, *row).
    log_size : log r, same shape or broadcastable.
    """

    log_mean: Tensor
    log_size: Tensor
    has_cdf = True

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats of whole x; the formula is smooth between whole numbers.

        Computed in float64 if the device supports it, because large terms nearly cancel for counts of thousands.
        """
        kind = self.log_mean.dtype if self.log_mean.device.type == "mps" else torch.float64
        log_mean, log_size, x = self.log_mean.to(kind), self.log_size.to(kind), x.to(kind)
        ratio, size = log_mean - log_size, log_size.exp()
        powers = -x * softplus(-ratio) - size * softplus(ratio)
        ways = torch.lgamma(x + size) - torch.lgamma(size) - torch.lgamma(x + 1)
        return (ways + powers).to(self.log_mean.dtype)

    @property
    def mean(self) -> Tensor:
        """E[x] = m."""
        return self.log_mean.exp()

    @property
    def variance(self) -> Tensor:
        """Var[x] = m + m²/r."""
        mean = self.mean
        return mean + mean.square() * torch.exp(-self.log_size)

    def sample(self, noise: Noise) -> Tensor:
        """A draw of whole numbers, as floats, by the inverse cdf; no gradient."""
        from scipy.stats import nbinom

        u = uniform_for(self.log_mean, noise)
        size, share = (_array(t) for t in torch.broadcast_tensors(*self._parameters()))  # type: ignore[no-untyped-call]
        return torch.from_numpy(nbinom.ppf(_array(u), size, share)).to(self.log_mean)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x): the regularised incomplete beta function I(r / (m + r); r, ⌊x⌋ + 1); no gradient."""
        from scipy.special import betainc

        size, share = self._parameters()
        whole = _array(x.floor().clamp(min=0.0)) + 1.0
        below = torch.from_numpy(betainc(_array(size), whole, _array(share))).to(self.log_mean)
        return torch.where(x < 0, 0.0, torch.where(x == torch.inf, 1.0, below))

    def select(self, index: object) -> NegativeBinomial:
        """The distribution of the selected elements."""
        size = self.log_size.expand_as(self.log_mean)
        return NegativeBinomial(self.log_mean[index], size[index])  # type: ignore[index]

    def _parameters(self) -> tuple[Tensor, Tensor]:
        """r and r / (m + r)."""
        return self.log_size.exp(), torch.sigmoid(self.log_size - self.log_mean)


@dataclass(frozen=True)
class ZeroInflated(Distribution):
    """0 with probability sigmoid(logits), otherwise a draw of ``counts``; the zeros model counts that were not
    detected."""

    logits: Tensor  # (draws, batch, *row)
    counts: NegativeBinomial
    has_cdf = True

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats of whole x."""
        detected = logsigmoid(-self.logits) + self.counts.log_prob(x)
        return torch.where(x == 0, torch.logaddexp(logsigmoid(self.logits), detected), detected)

    @property
    def mean(self) -> Tensor:
        """E[x] = P(detected) m."""
        return torch.sigmoid(-self.logits) * self.counts.mean

    @property
    def variance(self) -> Tensor:
        """Var[x] = P(detected) (variance + P(missed) m²)."""
        missed = torch.sigmoid(self.logits)
        return (1 - missed) * (self.counts.variance + missed * self.counts.mean.square())

    def sample(self, noise: Noise) -> Tensor:
        """A draw of whole numbers, as floats."""
        missed = uniform_for(self.logits, noise) < torch.sigmoid(self.logits)
        return torch.where(missed, 0.0, self.counts.sample(noise))

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x)."""
        missed = torch.sigmoid(self.logits)
        return torch.where(x < 0, 0.0, missed + (1 - missed) * self.counts.cdf(x))

    def select(self, index: object) -> ZeroInflated:
        """The distribution of the selected elements."""
        return ZeroInflated(self.logits[index], self.counts.select(index))  # type: ignore[index]


def _array(t: Tensor):  # type: ignore[no-untyped-def]
    return t.detach().cpu().double().numpy()
