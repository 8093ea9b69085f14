"""Von Mises-Fisher distribution of a direction, extended by a chi-distributed radius to a density on the space."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from numpy.polynomial.legendre import leggauss
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.distributions.bessel import log_bessel, widest
from quintet.distributions.normal import Normal
from quintet.noise import Noise
from quintet.transfers import send

PROPOSALS = 24
"""Candidates of a draw; each is accepted with probability at least 0.65, so all fail with less than 1e-10."""
NODES = 32
"""Number of quadrature nodes of the gradient with respect to κ."""
TINY = 1e-30


@dataclass(frozen=True)
class VonMisesFisher(Distribution):
    """z = r u, with u on the unit sphere with density ∝ exp(κ loc·u) and an independent chi-distributed length r.

    Davidson et al., "Hyperspherical variational auto-encoders", 2018. For κ = 0 it is N(0, I) in ``dim`` dimensions, so
    ratios of densities with respect to volume equal those on the sphere: the radius cancels.

    Parameters
    ----------
    loc : unit vectors, (draws, batch, dim), dim at least 2.
    concentration : κ > 0, (draws, batch, 1).
    """

    loc: Tensor
    concentration: Tensor

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.loc.shape[-1]

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats of z with respect to volume, divided equally among the coordinates."""
        radius = x.norm(dim=-1, keepdim=True).clamp(min=TINY)
        # κ (loc·u - 1) = -κ |u - loc|²/2 is precise for u close to loc
        apart = (x / radius - self.loc).square().sum(-1, keepdim=True)
        normal = -0.5 * (x.square() + math.log(2 * math.pi))
        beyond = self._log_scaled() + log_area(self.dim) - 0.5 * self.concentration * apart
        log_prob: Tensor = normal + beyond / self.dim
        return log_prob

    def log_direction(self, u: Tensor) -> Tensor:
        """Log density in nats of unit vectors with respect to area, (draws, batch)."""
        apart = (u - self.loc).square().sum(-1, keepdim=True)
        log_prob: Tensor = (self._log_scaled() - 0.5 * self.concentration * apart).squeeze(-1)
        return log_prob

    @property
    def resultant(self) -> Tensor:
        """E[loc·u] = I_{dim/2}(κ) / I_{dim/2-1}(κ), the mean resultant length, (draws, batch, 1)."""
        return log_bessel(0.5 * self.dim - 1, self.concentration)[1]

    @property
    def mean(self) -> Tensor:
        """E[z] = E[r] E[u]."""
        return self.resultant * math.exp(_log_mean_chi(self.dim)) * self.loc

    @property
    def variance(self) -> Tensor:
        """Variance of each coordinate; E[u uᵀ] = A/κ I + (1 - dim A/κ) loc locᵀ with A = E[loc·u], and E[r²] = dim."""
        across = self.resultant / self.concentration
        second = across + (1 - self.dim * across) * self.loc.square()
        return (self.dim * second - self.mean.square()).clamp(min=TINY)

    def kl_to(self, prior: Distribution) -> Tensor | None:
        """KL to N(0, I) in nats, divided equally among the coordinates; it is the KL of u to the uniform distribution.

        κ A(κ) + log C(κ) + log area, where C is the normalising constant.
        """
        if not (isinstance(prior, Normal) and prior.standard):
            return None
        known = self.concentration * (self.resultant - 1) + self._log_scaled() + log_area(self.dim)
        return (known / self.dim).expand_as(self.loc)

    def sample(self, noise: Noise) -> Tensor:
        """A draw: t = loc·u by rejection (Wood, 1994), the remaining direction and r from a normal vector.

        Gradients with respect to ``loc`` flow through the direction, and with respect to κ through t by implicit
        reparameterisation; both are unbiased.
        """
        batch, dim = self.loc.shape[1:]
        around = noise.normal(batch, dim).to(self.loc.dtype)
        radius = around.norm(dim=-1, keepdim=True)
        across = around - (around * self.loc).sum(-1, keepdim=True) * self.loc
        across = across / across.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        short = self._short(noise)  # 1 - t
        u = (1 - short) * self.loc + (short * (2 - short)).clamp(min=TINY).sqrt() * across
        z: Tensor = radius * u
        return z

    def _short(self, noise: Noise) -> Tensor:
        """1 - loc·u, (draws, batch, 1)."""
        drawn = noise.uniform(self.loc.shape[1], PROPOSALS, 3).to(self.loc.dtype)
        known = self.concentration.detach()
        short = wood(known, self.dim, drawn)
        if not self.concentration.requires_grad:
            return short
        free: Tensor = short + drift(known, self.dim, short) * (self.concentration - known)
        return free

    def _log_scaled(self) -> Tensor:
        """log C(κ) + κ, (draws, batch, 1)."""
        order = 0.5 * self.dim - 1
        log_i = log_bessel(order, self.concentration)[0]
        return order * self.concentration.log() - 0.5 * self.dim * math.log(2 * math.pi) - log_i

    def select(self, index: object) -> VonMisesFisher:
        """The distribution of the selected draws and rows."""
        if isinstance(index, tuple) and len(index) > 2:
            raise NotImplementedError("coordinates of a direction are dependent: select draws and rows, not latents")
        return VonMisesFisher(self.loc[index], self.concentration[index])  # type: ignore[index]


def wood(concentration: Tensor, dim: int, uniform: Tensor) -> Tensor:
    """1 - t of the first candidate that Wood's test accepts, (draws, batch, 1).

    Parameters
    ----------
    concentration : (draws, batch, 1).
    uniform : (draws, batch, candidates, 3): two for Ulrich's symmetric beta variate, one for the test.
    """
    free = dim - 1
    b = free / (2 * concentration + (4 * concentration.square() + free**2).sqrt())
    length = 1 - uniform[..., 0] ** (2 / (dim - 2)) if dim > 2 else torch.ones_like(uniform[..., 0])
    half = 0.5 + 0.5 * length.clamp(min=0).sqrt() * torch.cos(2 * math.pi * uniform[..., 1])
    short = 2 * b * half / (1 - (1 - b) * half)
    # κ (t - x) + (dim - 1) log((1 - x t) / (1 - x²)) with x = (1 - b) / (1 + b), written without cancellation
    ratio = (short + b * (2 - short)) * (1 + b) / (4 * b)
    passes = concentration * (2 * b / (1 + b) - short) + free * ratio.log() >= uniform[..., 2].log()
    first = passes.to(short.dtype).argmax(-1, keepdim=True)
    return short.gather(-1, first)


def drift(concentration: Tensor, dim: int, short: Tensor) -> Tensor:
    """d(1 - t)/dκ for a fixed value of the cdf of t, (draws, batch, 1).

    Implicit reparameterisation (Figurnov et al., 2018): -∂F/∂κ divided by the density, with ∂F/∂κ = ∫ (t - A) p dt by
    Gauss-Legendre quadrature in the angle of Wood's envelope, where p has width about 1/√dim. A fixed candidate of
    Wood's envelope would have an error of up to a half.
    """
    like, concentration, short = short, widest(concentration), widest(short)
    b = (dim - 1) / (2 * concentration + (4 * concentration.square() + (dim - 1) ** 2).sqrt())
    mean = 1 - log_bessel(0.5 * dim - 1, concentration)[1]

    def at(angle: Tensor) -> tuple[Tensor, Tensor]:
        """1 - t, and log p of the angle up to a constant."""
        half = torch.sin(0.5 * angle).square()
        short = 2 * b * half / (1 - (1 - b) * half)
        log_p = (dim - 2) * torch.sin(angle).log() if dim > 2 else torch.zeros_like(angle)
        return short, log_p - concentration * short + (dim - 1) * (short + b * (2 - short)).log()

    angle = 2 * torch.atan2(short.sqrt(), (b * (2 - short)).sqrt())
    angle = angle.clamp(1e-6, math.pi - 1e-6)
    side = torch.where(short < mean, -1.0, 1.0).to(
        short.dtype
    )  # away from the mean, where p falls and terms do not cancel
    end = (angle + side * 12 / math.sqrt(dim)).clamp(0, math.pi)
    node, weight = (send(torch.from_numpy(t).to(angle.dtype), angle.device) for t in leggauss(NODES))
    inner, log_p = at(angle + (end - angle) * 0.5 * (1 + node))
    area = ((mean - inner) * (log_p - at(angle)[1]).exp() * weight).sum(-1, keepdim=True) * 0.5 * (end - angle)
    half = torch.sin(0.5 * angle).square()
    stretch = b * torch.sin(angle) / (1 - (1 - b) * half).square()
    return (stretch * area).to(like.dtype)


def log_area(dim: int) -> float:
    """Log area of the unit sphere in ``dim`` dimensions."""
    return math.log(2) + 0.5 * dim * math.log(math.pi) - math.lgamma(0.5 * dim)


def _log_mean_chi(dim: int) -> float:
    """Log of the expected length of a standard normal vector."""
    return 0.5 * math.log(2) + math.lgamma(0.5 * (dim + 1)) - math.lgamma(0.5 * dim)
