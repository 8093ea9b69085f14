"""Model trained on structural similarity: a decoded picture, and a second network for the spread of cells about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.distributions import Bernoulli, DiscretizedLogisticMixture, Distribution, Normal
from quintet.distributions.discretized_logistic import MIN_LOG_SCALE
from quintet.models.base import Layer
from quintet.models.flat import Flat
from quintet.models.objectives.elbo import distortion_of, rate_of
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.models.ssim import MsSsim
from quintet.networks import Likelihood, Network
from quintet.noise import Noise

WIDTH = 64
"""Width of the hidden layer of the spread network."""
MIN_SCALE = 1e-2
"""Smallest standard deviation of a cell in 0..1."""
STEEP = 4.0
"""Logits per unit of the decoder's output: SSIM separates 0 from 0.01, which a sigmoid approaches slowly."""


@dataclass(frozen=True)
class SpreadHead:
    """p(x|z) given a picture: how many raw numbers set the spread of a cell, and the head that reads them.

    ``head`` maps the picture's logits and those numbers, (draws, batch, 1 or numbers, *row) each, to p(x|z).
    """

    numbers: int
    head: Callable[[Tensor, Tensor], Distribution]


def spread_head(schema: Schema, components: int) -> SpreadHead:
    """Logistic mixture for grey levels, a normal for cells in 0..1, tempered logits for binary cells."""
    levels, top = schema.grey_levels, schema.grey_levels - 1
    start = math.log(max(levels / 16, 0.5))

    def logistics(logits: Tensor, raw: Tensor) -> Distribution:
        weights, log_scale = raw.unflatten(2, (2, components)).movedim((2, 3), (0, 1))  # type: ignore[no-untyped-call]
        loc = (top * torch.sigmoid(logits)).movedim(2, 0).expand_as(log_scale)
        spread = (
            start
            + torch.arange(components, dtype=torch.float32, device=raw.device).view(-1, *[1] * (loc.ndim - 1))
            + log_scale
        )
        return DiscretizedLogisticMixture(weights, loc, spread.clamp(min=MIN_LOG_SCALE), levels)

    def normal(logits: Tensor, raw: Tensor) -> Distribution:
        return Normal(torch.sigmoid(logits[:, :, 0]), MIN_SCALE + 0.3 * softplus(raw[:, :, 0]))

    def tempered(logits: Tensor, raw: Tensor) -> Distribution:
        return Bernoulli(logits[:, :, 0] * torch.exp(raw[:, :, 0].clamp(-5, 5)))

    if levels:
        return SpreadHead(2 * components, logistics)
    return SpreadHead(1, tempered if schema.is_boolean else normal)


class PerceptualModel(Flat):
    """Encoder and decoder give a picture; a small separate network gives the spread of cells about it.

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder of the encoder and the decoder.
    components : components of the logistic mixture, for 8-bit cells.
    """

    def __init__(self, schema: Schema, latent_dim: int, network: Network, components: int) -> None:
        picture = Likelihood("picture", 1, lambda raw: Bernoulli(STEEP * raw.squeeze(2)))
        super().__init__(schema, latent_dim, network, picture)
        self.around = spread_head(schema, components)
        last = nn.Linear(WIDTH, self.around.numbers * math.prod(schema.shape))
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.zero_()
        self.spread = nn.Sequential(nn.Linear(latent_dim, WIDTH), nn.SiLU(), last)

    def trained_first(self) -> tuple[nn.Module, ...]:
        """The modules that give the picture: all but the spread network."""
        made = (self.encoder, self.join, self.head, self.decoder)
        return tuple(module for module in made if module is not None)

    def picture(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Logits of the picture, (draws, batch, *row)."""
        found = super().decode(z, condition)
        assert isinstance(found, Bernoulli)
        return found.logits

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """p(x|z) over (draws, batch, *row), about the picture."""
        raw = self.spread(z)
        raw = raw if raw.dtype == torch.float64 else raw.float()
        raw = raw.unflatten(-1, (self.around.numbers, *self.schema.shape))
        return self.around.head(self.picture(z, condition).unsqueeze(2), raw)


def picture_stage(model: PerceptualModel, weight: float, share: float) -> Stage:
    """Train the picture on weight · cells · (1 - MS-SSIM) + rate, in place of the ELBO (Snell et al., 2017)."""
    similarity = MsSsim(1.0)
    top = model.schema.top

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        q = model.posterior(batch.x, batch.observed, batch.condition)
        z = q.sample(noise)
        made = torch.sigmoid(model.picture(z, batch.condition))[0]
        alike = similarity(batch.x / top, made, batch.observed)
        cells = batch.observed.flatten(1).sum(1, dtype=torch.float32)
        distance = weight * cells * (1 - alike)
        rate = rate_of(Layer(z, q, model.prior(z)))
        charged = rate
        if context.free_bits:
            charged = torch.where(context.share.mean(rate.detach()) > context.free_bits, rate, context.free_bits)
        whole = distance + context.rate_weight * charged.sum(-1)
        return LossOutput(whole, distance, rate, {"ms_ssim": alike.detach()})

    return Stage("joint", (OptimizerGroup("picture", model.trained_first(), loss),), share)


def spread_stage(model: PerceptualModel, share: float) -> Stage:
    """Train the spread network on -log p(x|z), z from the posterior, with the other modules frozen."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        distortion = distortion_of(batch.x, batch.observed, model.draw(batch.x, batch.observed, noise, batch.condition))
        return LossOutput(distortion, distortion)

    return Stage("spread", (OptimizerGroup("spread", (model.spread,), loss),), share)
