"""Model with one-hot latents, relaxed by the Gumbel-softmax in training and exact otherwise."""

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
    """Linear layer that gives the class logits of each variable."""

    def __init__(self, features: int, variables: int, classes: int) -> None:
        super().__init__()
        self.head, self.shape = nn.Linear(features, variables * classes), (variables, classes)

    def forward(self, features: Tensor) -> OneHot:
        """(batch, features) -> one-hots over (1, batch, variables · classes), in float32 or float64."""
        raw = self.head(features)
        return OneHot((raw if raw.dtype == torch.float64 else raw.float()).reshape(1, -1, *self.shape))


class EqualCodes(CodePrior):
    """Uniform prior over the classes of each variable."""

    def forward(self, like: Tensor) -> OneHot:
        """The distribution, (1, 1, latent_dim), with a closed-form KL."""
        shape = (1, 1, self.codec.symbols, self.codec.size)
        return OneHot(torch.zeros(shape, dtype=like.dtype, device=like.device))


class OneHots(Flat):
    """VAE with categorical latents: a uniform p(z), independent class probabilities q(z|x), and a decoder p(x|z).

    The decoder projects z to the nearest one-hot vectors, except in ``relaxed``.
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
        """Map between one-hot vectors and classes."""
        return self.prior.codec

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """p(x | the one-hots nearest to z) over (draws, batch, *row)."""
        return super().decode(self.prior.codec.project(z), condition, x, visible)

    def log_prior(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """log mass of one-hot vectors, a convolved log density of other z, (draws, batch) in nats."""
        return self.prior.log_prob(z)

    def relaxed(self, x: Tensor, observed: Tensor, noise: Noise, temperature: float) -> ModelOutput:
        """Draw from the Gumbel-softmax posterior at a temperature, and decode without projection."""
        exact = self.posterior(x, observed)
        assert isinstance(exact, OneHot)
        posterior = replace(exact, temperature=temperature)
        z = posterior.sample(noise)
        return ModelOutput((Layer(z, posterior, self.prior(z)),), super().decode(z))


def annealed_stage(model: OneHots, first: float, last: float, share: float = 0.8) -> Stage:
    """Train on the ELBO at a temperature that falls geometrically from ``first`` to ``last`` over the stage.

    Evaluation, including that of held-out rows, draws exact one-hot vectors.
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
    """The temperature after the share t of the stage."""
    return float(first * (last / first) ** t)
