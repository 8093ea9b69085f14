"""Critics: networks, the losses of a critic and of its opponent, and the check that a critic does not win."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import softplus

from quintet.data.schema import Schema
from quintet.networks import Mlp, Network, features_of
from quintet.noise import Noise
from quintet.transfers import constants

FOOLED = "adversary"
"""Name of the penalty in which a model reports -log P(the critic classifies its samples as real), nats a row."""
OUTRIGHT = 5.0
"""Nats a row of that penalty above which the critic has won: it accepts fewer than one sample in e⁵ = 150."""


class Critic(nn.Module):
    """Binary classifier of rows or latents into real and fake: a body that gives features, and a linear logit.

    Parameters
    ----------
    body : (n, *shape) -> (n, features).
    features : number of the body's features.
    """

    def __init__(self, body: nn.Module, features: int) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(features, 1)

    def features(self, seen: Tensor) -> Tensor:
        """Features of each row, (n, features) in float32."""
        with torch.autocast(seen.device.type, enabled=False):
            features: Tensor = self.body(seen.float())
            return features

    def verdict(self, features: Tensor) -> Tensor:
        """Logit of "real" from the features, (n,) in float32."""
        with torch.autocast(features.device.type, enabled=False):
            logit: Tensor = self.head(features).squeeze(1)
            return logit

    def forward(self, seen: Tensor) -> Tensor:
        """(n, *shape) -> the logit of "real", (n,) in float32."""
        return self.verdict(self.features(seen))


def row_critic(network: Network, shape: tuple[int, ...]) -> Critic:
    """A critic of encoder inputs (n, *shape), with the encoder's architecture."""
    body = network.encoder(shape)
    return Critic(body, features_of(body, shape))


def latent_critic(latent_dim: int, width: int = 128) -> Critic:
    """A critic of latents, (n, latent_dim)."""
    return Critic(Mlp((width, width)).encoder((latent_dim,)), width)


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Loss of a critic, -log P(real is real) - log P(fake is fake), nats a row (Goodfellow et al., 2014).

    A critic without information has 2 log 2."""
    return softplus(-real) + softplus(fake)


def generator_loss(fake: Tensor) -> Tensor:
    """Non-saturating loss of a generator, -log P(fake is real), nats a row (ibid.)."""
    return softplus(-fake)


def logit_and_penalty(critic: Critic, real: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """Logits of real rows and the gradient penalty weight/2 · |∂ logit / ∂ row|² of each, (n,) both.

    R1 of Mescheder, Geiger and Nowozin, "Which training methods for GANs do actually converge?", 2018.
    """
    real = real.detach().float().requires_grad_()
    logit = critic(real)
    with torch.autocast(real.device.type, enabled=False):
        (slope,) = torch.autograd.grad(logit.sum(), real, create_graph=True)
        return logit, 0.5 * weight * slope.flatten(1).square().sum(1)


def with_frozen_weights(module: nn.Module, *inputs: Tensor) -> Tensor:
    """The module's output, with gradients to its inputs and none to its weights."""
    held = {name: p.detach() for name, p in module.named_parameters()}
    out: Tensor = functional_call(module, held, inputs)
    return out


def dequantised(schema: Schema, x: Tensor, noise: Noise) -> Tensor:
    """Uniform dequantisation of 8-bit rows and of columns with a step, so that a critic cannot recognise real rows by
    their whole numbers."""
    if schema.columns:
        apart = [column.spacing / scale for column, scale in zip(schema.modelled, schema.scale, strict=True)]
        step = constants(apart, x.dtype, x.device)
        return x + step * (noise.uniform(*x.shape)[0].to(x.dtype) - 0.5)
    if not schema.grey_levels:
        return x
    return x + noise.uniform(*x.shape)[0].to(x.dtype) - 0.5


def critic_won(history: Sequence[Mapping[str, Any]], names: Sequence[str] = (FOOLED,)) -> str | None:
    """A sentence with the cure if a critic rejected almost all samples over the last quarter of a stage's epochs.

    ``names`` are the penalties to read, one for each critic."""
    last = history[-max(1, len(history) // 4) :]
    mean = max(sum(row[f"penalty_{name}"] for row in last) / len(last) for name in names)
    if mean < OUTRIGHT:
        return None
    return (
        f"The adversary won outright: over the last {len(last)} epochs -log P(it classifies a sample as real) was "
        f"{mean:.3g} nats a row (0.69 for a balanced critic), so the model learns little: train with "
        "ten times the r1, a smaller learning_rate, or more rows."
    )
