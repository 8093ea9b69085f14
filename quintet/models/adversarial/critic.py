"""Adversaries: critics, what they and their opponents minimise, and what is said when one wins outright."""

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

FOOLED = "adversary"
"""Name of the penalty under which a model reports -log P(the critic takes what it makes for real), nats a row."""
OUTRIGHT = 5.0
"""Nats; where the critic takes what the model makes for real less than once in e⁵ = 150 times, it has won outright."""


class Critic(nn.Module):
    """Tells one set of rows or latents from another: a body that gives features, and a logit of "real" from them.

    Parameters
    ----------
    body : (n, *shape) -> (n, features).
    features : the body's width.
    """

    def __init__(self, body: nn.Module, features: int) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(features, 1)

    def features(self, seen: Tensor) -> Tensor:
        """What it sees of each row, (n, features) in float32."""
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
    """A critic of rows as an encoder sees them, (n, *shape), built like an encoder."""
    body = network.encoder(shape)
    return Critic(body, features_of(body, shape))


def latent_critic(latent_dim: int, width: int = 128) -> Critic:
    """A critic of latents, (n, latent_dim)."""
    return Critic(Mlp((width, width)).encoder((latent_dim,)), width)


def told_apart(real: Tensor, fake: Tensor) -> Tensor:
    """-log P(real is real) - log P(fake is fake), nats a row: 2 log 2 where the critic cannot tell (Goodfellow et al.,
    2014)."""
    return softplus(-real) + softplus(fake)


def deceived(fake: Tensor) -> Tensor:
    """-log P(fake is real), nats a row: what the maker of the fakes minimises, the non-saturating loss (ibid.)."""
    return softplus(-fake)


def judged(critic: Critic, real: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """Logits of real rows and the penalty weight/2 · |slope of the logit|² of each, (n,) both.

    R1 of Mescheder, Geiger and Nowozin, "Which training methods for GANs do actually converge?", 2018.
    """
    real = real.detach().float().requires_grad_()
    logit = critic(real)
    with torch.autocast(real.device.type, enabled=False):
        (slope,) = torch.autograd.grad(logit.sum(), real, create_graph=True)
        return logit, 0.5 * weight * slope.flatten(1).square().sum(1)


def frozen(module: nn.Module, *inputs: Tensor) -> Tensor:
    """The module's output where gradients reach its inputs and not its weights."""
    held = {name: p.detach() for name, p in module.named_parameters()}
    out: Tensor = functional_call(module, held, inputs)
    return out


def smoothed(schema: Schema, x: Tensor, noise: Noise) -> Tensor:
    """Whole numbers spread over the unit about them, so that a critic cannot know real rows by their being whole."""
    if schema.kind != "image8":
        return x
    return x + noise.uniform(*x.shape)[0].to(x.dtype) - 0.5


def won_outright(history: Sequence[Mapping[str, Any]], names: Sequence[str] = (FOOLED,)) -> str | None:
    """A sentence where over the last quarter of a stage's epochs a critic took next to nothing for real; ``names`` are
    the penalties that tell, one of each critic."""
    last = history[-max(1, len(history) // 4) :]
    mean = max(sum(row[f"penalty_{name}"] for row in last) / len(last) for name in names)
    if mean < OUTRIGHT:
        return None
    return (
        f"The adversary won outright: over the last {len(last)} epochs -log P(it takes what the model makes for real) "
        f"was {mean:.3g} nats a row (0.69 where it cannot tell), from which the model learns little: train with "
        "ten times the r1, a smaller learning_rate, or more rows."
    )
