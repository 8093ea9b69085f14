"""Leapfrog: paths of a particle with momentum over the landscape of -log p(x, z)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from quintet.models.hamiltonian.metrics import Metric

TEMPERINGS = ("none", "fixed", "free")
LONGEST, HARDEST, COLD = 1.0, 3.0, 0.8
"""Step at most, in the encoder's spreads; change of a momentum at most; the heat that a path begins with."""

Potential = Callable[[Tensor], Tensor]
"""z (draws, batch, latent_dim) -> -log p(x, z), (draws, batch) in nats."""


class Leapfrog(nn.Module):
    """A few steps of Hamiltonian motion, all learnt: the step of each latent, the cooling, the metric.

    A step is half a kick by the slope, a drift, half a kick, and momenta cooled by a factor of at most 1; they begin
    hotter by the product of all factors. Kicks and drifts shear: each is undone by turning the momenta round, and keeps
    volume, whatever the slope; so a kick may be bounded, which keeps paths over a young decoder's cliffs finite.
    Caterini, Doucet and Sejdinovic, "Hamiltonian variational auto-encoder", 2018. The mass of a latent is here the
    encoder's own precision, so that a step is in units of the encoder's spread whatever the data.

    Parameters
    ----------
    latent_dim : int
    steps : leapfrog steps.
    step_size : at the start of training, in units of the encoder's spread, below 1.
    tempering : "none"; "fixed", a quadratic schedule whose first temperature is learnt; "free", a factor for each step.
    metric : Metric
    """

    def __init__(self, latent_dim: int, steps: int, step_size: float, tempering: str, metric: Metric) -> None:
        super().__init__()
        self.steps, self.tempering, self.metric = steps, tempering, metric
        self.size = nn.Parameter(torch.full((latent_dim,), _logit(step_size / LONGEST), dtype=torch.float32))
        if tempering == "fixed":
            self.cold = nn.Parameter(torch.tensor(_logit(COLD), dtype=torch.float32))
        elif tempering == "free":
            self.cold = nn.Parameter(torch.full((steps,), _logit(COLD ** (1 / steps)), dtype=torch.float32))

    def cooling(self) -> Tensor:
        """What momenta are multiplied by after each step, (steps,); the product is √β₀ of the paper."""
        if self.tempering == "none":
            return torch.ones_like(self.size[:1]).expand(self.steps)
        cold = torch.sigmoid(self.cold)
        if self.tempering == "free":
            return cold
        done = torch.arange(self.steps + 1, dtype=cold.dtype, device=cold.device) / self.steps
        heat = (1 - 1 / cold) * done.square() + 1 / cold  # 1/√β, from 1/√β₀ down to 1
        return heat[1:] / heat[:-1]

    def forward(self, potential: Potential, z: Tensor, noise: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
        """Paths from z with momenta made of standard normal ``noise``; ``spread`` (1, batch, latents) is the encoder's.

        Returns
        -------
        The ends, and log p(momenta at the start) - log p(momenta at the end) of each latent, the start's counted as the
        density of ``noise``: what tempering adds to the one it takes from the volume. (draws, batch, latent_dim), nats.
        """
        first = self.metric(z)
        momentum = noise / (first.sqrt() * self.cooling().prod())
        z, momentum = self.travel(potential, z, momentum, spread)
        last = self.metric(z)
        kinetic = 0.5 * (last * momentum.square() - noise.square())
        return z, kinetic + 0.5 * (first.log() - last.log())

    def travel(self, potential: Potential, z: Tensor, momentum: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
        """The path itself: ends and momenta there."""
        keep = torch.is_grad_enabled()
        step = LONGEST * torch.sigmoid(self.size) * spread

        def kick(z: Tensor) -> Tensor:
            slope = _slope(lambda at: potential(at) - 0.5 * self.metric(at).log().expand_as(at).sum(-1), z, keep)
            return HARDEST * torch.tanh(0.5 * step * slope / HARDEST)

        push = kick(z)
        for factor in self.cooling():
            z, momentum = self.metric.drift(z, momentum - push, step)
            push = kick(z)
            momentum = (momentum - push) * factor
        return z, momentum


def _slope(potential: Potential, z: Tensor, keep: bool) -> Tensor:
    """∂ potential / ∂z; with a graph of its own where gradients flow through it."""
    with torch.enable_grad():
        at = z if z.requires_grad else z.detach().requires_grad_()
        (slope,) = torch.autograd.grad(potential(at).sum(), at, create_graph=keep)
    return slope if keep else slope.detach()


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
