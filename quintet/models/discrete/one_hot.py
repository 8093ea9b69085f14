"""A model whose latents are one-hot vectors, drawn exactly or, in training, relaxed."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.one_hot import OneHot
from quintet.models.base import Layer, ModelOutput
from quintet.models.discrete import symbols
from quintet.models.discrete.code_prior import CodePrior
from quintet.models.flat import Flat
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.networks import Likelihood, Network
from quintet.noise import Noise


class Logits(nn.Module):
    """The probability of each class of each variable by one linear layer."""

    def __init__(self, features: int, variables: int, classes: int) -> None:
        super().__init__()
        self.head, self.shape = nn.Linear(features, variables * classes), (variables, classes)

    def forward(self, features: Tensor) -> OneHot:
        """(batch, features) -> one-hots over (1, batch, variables · classes), in float32 or float64."""
        raw = self.head(features)
        return OneHot((raw if raw.dtype == torch.float64 else raw.float()).unflatten(-1, self.shape).unsqueeze(0))


class EqualCodes(CodePrior):
    """All classes of a variable equally probable."""

    def forward(self, like: Tensor) -> OneHot:
        """The distribution, (1, 1, latent_dim), which knows its divergence in closed form."""
        shape = (1, 1, self.codec.symbols, self.codec.size)
        return OneHot(torch.zeros(shape, dtype=like.dtype, device=like.device))


class OneHots(Flat):
    """p(z) all codes equal, q(z|x) a probability of each class of each variable, p(x|z) by a decoder.

    The decoder takes any z to its nearest one-hots first; ``relaxed`` alone lets it see what lies between.
    """

    prior: EqualCodes

    def __init__(self, schema: Schema, variables: int, classes: int, network: Network, likelihood: Likelihood) -> None:
        super().__init__(
            schema,
            variables * classes,
            network,
            likelihood,
            lambda features, _: Logits(features, variables, classes),
            EqualCodes(symbols.OneHotSymbols(variables, classes)),
        )

    @property
    def codec(self) -> symbols.SymbolCodec:
        """One-hots <-> classes."""
        return self.prior.codec

    def decode(self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None) -> Distribution:
        """p(x | the one-hots nearest to z) over (draws, batch, *row)."""
        return super().decode(self.prior.codec.project(z), condition)

    def log_prior(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """The log mass of one-hots, a blurred density between them, (draws, batch)."""
        return self.prior.log_prob(z)

    def relaxed(self, x: Tensor, observed: Tensor, noise: Noise, temperature: float) -> ModelOutput:
        """A draw from the posterior at a temperature, decoded as it is."""
        exact = self.posterior(x, observed)
        assert isinstance(exact, OneHot)
        posterior = replace(exact, temperature=temperature)
        z = posterior.sample(noise)
        return ModelOutput((Layer(z, posterior, self.prior(z)),), super().decode(z))


def annealed_stage(model: OneHots, first: float, last: float, share: float = 0.8) -> Stage:
    """The bound at a temperature that falls from ``first`` to ``last``, geometrically, over the stage.

    Evaluation, on held-out rows too, draws exact one-hots.
    """
    objective = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        if model.training:
            draw = model.relaxed(batch.x, batch.observed, noise, temperature_at(context.t, first, last))
        else:
            draw = model.draw(batch.x, batch.observed, noise)
        return objective(batch.x, batch.observed, draw, context)

    return Stage("joint", (OptimizerGroup("model", (model,), loss),), share)


def temperature_at(t: float, first: float, last: float) -> float:
    """The temperature when the share t of the stage is done."""
    return float(first * (last / first) ** t)
