"""Refinement of a row's approximate posterior by gradient steps on its mean and scale (semi-amortised inference)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from quintet.distributions import Distribution, Normal
from quintet.models.base import Model
from quintet.noise import Noise

LEARNING_RATE = 0.1
DECAY = (0.8, 0.95)
"""Decay rates of Adam's moments, shorter than usual for some tens of steps."""


def refine(
    model: Model,
    log_lik: Callable[[Distribution], Tensor],
    start: Normal,
    steps: int,
    noise: Noise,
    condition: Tensor | None = None,
    learning_rate: float = LEARNING_RATE,
) -> Normal:
    """Maximise E_q[log p(observed | z) + log p(z)] + entropy(q) of each row over diagonal normals q.

    Semi-amortised inference (Kim et al., 2018; Marino et al., 2018): it starts at a network's output and maximises each
    row's own ELBO. Rows do not interact, and the model's weights are not changed.

    Parameters
    ----------
    log_lik : p(x|z) over (draws, batch, *row) -> log p(observed cells | z) in nats, (draws, batch).
    start : q over (1, batch, latent_dim).
    noise : source of new draws at every step, each with its negative; shared, so that results do not depend on a row's
        position.

    Returns
    -------
    q over (1, batch, latent_dim).
    """
    loc = start.loc.detach().clone()
    log_scale = start.scale.detach().log()
    state = [(t, torch.zeros_like(t), torch.zeros_like(t)) for t in (loc, log_scale)]
    for step in range(steps):
        with torch.enable_grad():
            leaves = [t.detach().requires_grad_() for t, _, _ in state]
            bound = _bound(model, log_lik, leaves[0], leaves[1], noise, condition)
            slopes = torch.autograd.grad(bound.sum(), leaves)
        rate = _rate(learning_rate, step, steps)
        state = [_adam(*was, slope, step, rate) for was, slope in zip(state, slopes, strict=True)]
    return Normal(state[0][0], state[1][0].clamp(-7.0, 3.0).exp())


def climb(
    model: Model,
    log_lik: Callable[[Distribution], Tensor],
    start: Tensor,
    steps: int,
    condition: Tensor | None = None,
    learning_rate: float = 2 * LEARNING_RATE,
) -> Tensor:
    """Gradient ascent of points z on log p(observed | z) + log p(z), (draws, batch, latent_dim)."""
    z, first, second = start, torch.zeros_like(start), torch.zeros_like(start)
    for step in range(steps):
        with torch.enable_grad():
            leaf = z.detach().requires_grad_()
            joint = log_lik(model.decode(leaf, condition)) + model.log_prior(leaf, condition)
            (slope,) = torch.autograd.grad(joint.sum(), leaf)
        z, first, second = _adam(z, first, second, slope, step, _rate(learning_rate, step, steps))
    return z


def _rate(learning_rate: float, step: int, steps: int) -> float:
    """Learning rate with cosine decay."""
    return learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))


def _bound(
    model: Model,
    log_lik: Callable[[Distribution], Tensor],
    loc: Tensor,
    log_scale: Tensor,
    noise: Noise,
    condition: Tensor | None,
) -> Tensor:
    """The ELBO of each row up to a constant, (batch,)."""
    eps = noise.normal(*loc.shape[1:])
    z = loc + log_scale.exp() * torch.cat([eps, -eps])
    seen = log_lik(model.decode(z, condition)) + model.log_prior(z, condition)
    return seen.mean(0) + log_scale.sum(-1)[0]


def _adam(
    value: Tensor, first: Tensor, second: Tensor, slope: Tensor, step: int, rate: float
) -> tuple[Tensor, Tensor, Tensor]:
    """One ascent step of Adam (Kingma and Ba, 2015)."""
    slope = torch.nan_to_num(slope)
    first = DECAY[0] * first + (1 - DECAY[0]) * slope
    second = DECAY[1] * second + (1 - DECAY[1]) * slope.square()
    mean, spread = first / (1 - DECAY[0] ** (step + 1)), second / (1 - DECAY[1] ** (step + 1))
    return value + rate * mean / (spread.sqrt() + 1e-8), first, second
