"""Bernoulli distribution for binary cells, and continuous Bernoulli for cells in 0..1."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from quintet.distributions.base import Distribution, uniform_for
from quintet.noise import Noise


class _LogProb(torch.autograd.Function):
    """x a - log(1 + e^a) for logits a, with its gradient x - sigmoid(a), computed in place.

    It needs six passes over memory instead of ten, which saves a tenth of a training step for large batches. For second
    derivatives nothing is computed in place.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, x: Tensor) -> Tensor:
        ctx.save_for_backward(logits, x)
        return torch.mul(x, logits).sub_(softplus(logits))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None]:
        logits, x = ctx.saved_tensors
        slope = torch.sigmoid(logits)
        if torch.is_grad_enabled():
            return gradient * (x - slope), gradient * logits
        to_x = gradient * logits if ctx.needs_input_grad[1] else None
        return torch.sub(x, slope, out=slope).mul_(gradient), to_x


@dataclass(frozen=True)
class Bernoulli(Distribution):
    """P(x = 1) = sigmoid(logits); logits (draws, batch, *row)."""

    logits: Tensor
    has_cdf = True

    def log_prob(self, x: Tensor) -> Tensor:
        """Log probability in nats of x in {0, 1}; for other x in 0..1 the cross-entropy."""
        logits, x = self.logits, x.to(self.logits.dtype)
        if x.shape != logits.shape[-x.ndim :]:
            logits, x = torch.broadcast_tensors(logits, x)  # type: ignore[no-untyped-call]
        log_prob: Tensor = _LogProb.apply(logits, x.expand_as(logits))  # type: ignore[no-untyped-call]
        return log_prob

    @property
    def mean(self) -> Tensor:
        """P(x = 1)."""
        return torch.sigmoid(self.logits)

    @property
    def variance(self) -> Tensor:
        """p (1 - p)."""
        p = self.mean
        return p * (1 - p)

    def sample(self, noise: Noise) -> Tensor:
        """Zeros and ones."""
        return (uniform_for(self.logits, noise) < self.mean).to(self.logits.dtype)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x)."""
        below_one = torch.where(x < 0, 0.0, torch.sigmoid(-self.logits))
        return torch.where(x >= 1, 1.0, below_one)

    def select(self, index: object) -> "Bernoulli":
        """The distribution of the selected elements."""
        return Bernoulli(self.logits[index])  # type: ignore[index]


@dataclass(frozen=True)
class ContinuousBernoulli(Distribution):
    """Density proportional to λ^x (1-λ)^(1-x) on [0, 1], λ = sigmoid(logits).

    Loaiza-Ganem and Cunningham, "The continuous Bernoulli", 2019. With a = logits the density is e^(ax) a / (e^a - 1),
    an exponential truncated at both ends. Near a = 0, where the formulas are 0/0, Taylor series replace them.
    """

    logits: Tensor
    has_cdf = True

    def _safe(self) -> tuple[Tensor, Tensor]:
        small = self.logits.abs() < 0.05
        return small, torch.where(small, torch.ones_like(self.logits), self.logits)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats of x in [0, 1]."""
        small, a = self._safe()
        # log((e^a - 1)/a) = max(a, 0) + log((1 - e^-|a|)/|a|), stable for both signs
        log_norm = a.clamp(min=0) + torch.log(-torch.expm1(-a.abs())) - a.abs().log()
        b = self.logits
        series = b / 2 + b.square() / 24 - b.square().square() / 2880
        return x * b - torch.where(small, series, log_norm)

    @property
    def mean(self) -> Tensor:
        """E[x] = 1/(1 - e^-a) - 1/a."""
        small, a = self._safe()
        b = self.logits
        positive = 1 / -torch.expm1(-a.abs()) - 1 / a.abs()
        exact = torch.where(a > 0, positive, 1 - positive)
        return torch.where(small, 0.5 + b / 12 - b**3 / 720, exact)

    @property
    def variance(self) -> Tensor:
        """Var[x] = 1/a² - e^a/(e^a - 1)²."""
        small, a = self._safe()
        exact = 1 / a.square() - torch.exp(-a.abs()) / torch.expm1(-a.abs()).square()
        return torch.where(small, 1 / 12 - self.logits.square() / 240, exact)

    def sample(self, noise: Noise) -> Tensor:
        """A draw by the inverse cdf."""
        u = uniform_for(self.logits, noise).clamp(1e-7, 1 - 1e-7)
        small, a = self._safe()
        # x = log(1 + u (e^a - 1)) / a, written with e^-|a| so that it cannot overflow
        up = 1 + torch.log(u + (1 - u) * torch.exp(-a.abs())) / a.abs()
        down = -torch.log1p(u * torch.expm1(-a.abs())) / a.abs()
        exact = torch.where(a > 0, up, down)
        return torch.where(small, u + self.logits / 2 * u * (1 - u), exact).clamp(0, 1)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) = (e^(a x) - 1)/(e^a - 1)."""
        small, a = self._safe()
        x = x.clamp(0, 1)
        magnitude = a.abs()
        up = torch.exp(magnitude * (x - 1)) * torch.expm1(-magnitude * x) / torch.expm1(-magnitude)
        down = torch.expm1(-magnitude * x) / torch.expm1(-magnitude)
        return torch.where(small, x + self.logits / 2 * x * (x - 1), torch.where(a > 0, up, down))

    def select(self, index: object) -> "ContinuousBernoulli":
        """The distribution of the selected elements."""
        return ContinuousBernoulli(self.logits[index])  # type: ignore[index]
