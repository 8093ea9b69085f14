"""Leapfrog integrator of Hamiltonian dynamics with the potential -log p(x, z)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from quintet.models.hamiltonian.metrics import Metric

TEMPERINGS = ("none", "fixed", "free")
LONGEST, HARDEST, COLD = 1.0, 3.0, 0.8
"""Largest step in the encoder's standard deviations; largest change of a momentum; initial product of the cooling."""

Potential = Callable[[Tensor], Tensor]
"""z (draws, batch, latent_dim) -> -log p(x, z), (draws, batch) in nats."""


class Leapfrog(nn.Module):
    """Leapfrog steps with a learnt step size for each latent, learnt tempering and a learnt metric.

    A step is half a momentum update by the gradient, a position update, and half a momentum update; then momenta are
    cooled by a factor of at most 1. Initial momenta are scaled up by the inverse product of all factors. Each update is
    a shear, so it is reversible and preserves volume for any gradient; momentum updates are therefore bounded, which
    keeps paths finite where an untrained decoder has steep gradients. Caterini, Doucet and Sejdinovic, "Hamiltonian
    variational auto-encoder", 2018. The mass of a latent is the encoder's precision, so that steps are in units of the
    encoder's standard deviation.

    Parameters
    ----------
    latent_dim : int
    steps : number of leapfrog steps.
    step_size : initial step size in units of the encoder's standard deviation, below 1.
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
        """Factors of the momenta after each step, (steps,); their product is √β₀ of the paper."""
        if self.tempering == "none":
            return torch.ones_like(self.size[:1]).expand(self.steps)
        cold = torch.sigmoid(self.cold)
        if self.tempering == "free":
            return cold
        done = torch.arange(self.steps + 1, dtype=cold.dtype, device=cold.device) / self.steps
        heat = (1 - 1 / cold) * done.square() + 1 / cold  # 1/√β, from 1/√β₀ down to 1
        return heat[1:] / heat[:-1]

    def forward(self, potential: Potential, z: Tensor, noise: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
        """Integrate from z, with momenta scaled from standard normal ``noise``.

        ``spread`` (1, batch, latent_dim) is the encoder's standard deviation.

            Returns
        -------
        The final z, and log p(initial momenta) - log p(final momenta) of each latent in nats, (draws, batch,
        latent_dim) each. The initial term is the density of ``noise``: the volume change of tempering cancels.
        """
        first = self.metric(z)
        momentum = noise / (first.sqrt() * self.cooling().prod())
        z, momentum = self.travel(potential, z, momentum, spread)
        last = self.metric(z)
        kinetic = 0.5 * (last * momentum.square() - noise.square())
        return z, kinetic + 0.5 * (first.log() - last.log())

    def travel(self, potential: Potential, z: Tensor, momentum: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
        """Integrate the path; returns the final z and momenta."""
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
    """∂ potential / ∂z; ``keep`` makes it differentiable."""
    with torch.enable_grad():
        at = z if z.requires_grad else z.detach().requires_grad_()
        (slope,) = torch.autograd.grad(potential(at).sum(), at, create_graph=keep)
    return slope if keep else slope.detach()


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
