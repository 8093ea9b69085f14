"""Losses of Soft-IntroVAE, whose adversary is the ELBO itself (Daniel and Tamar, 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import Distribution
from quintet.models.base import Layer, ModelOutput
from quintet.models.encoder_input import expected_input
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO, distortion_of, observed_log_prob, rate_of
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise

FAKES = "fakes"
"""Name of the penalty that reports how much more fakes cost than rows, in nats a cell times α."""
FAR = 20.0
"""Value of that penalty above which the encoder has won: fakes then weigh e^-20 in its loss."""
SHARPNESS = 2.0
"""The paper's α: how fast the weight of a fake falls with its ELBO."""


def encoder_loss(model: Flat, contrast: float) -> Loss:
    """Loss of the encoder: the cost of rows in nats a cell, plus e^(-α · excess cost of fakes) / α.

    The cost is the negative ELBO, with the rate of fakes multiplied by ``contrast``. The paper uses
    e^(-α · cost of fakes), which differs by a factor that depends on the cost of the data.
    """
    bound = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        terms = bound(batch.x, batch.observed, draw, context)
        with torch.no_grad():
            made = _made(model, batch, draw.layers[0].z, noise)
            rows = made.mean.round() if model.schema.is_whole else made.mean  # p(x|z) is one of whole numbers only
            seen = _seen(model, batch, made, rows)
            costs = distortion_of(batch.x, batch.observed, draw) + rate_of(draw.layers[0]).sum(-1)
            own = context.share.mean(costs)
        cost = torch.stack([_cost(model, batch, *fake, noise, contrast) for fake in zip(rows, seen, strict=True)])
        more = (SHARPNESS * (cost - own) / model.schema.size).clamp(min=-SHARPNESS)
        lifted = torch.exp(-more).mean(0) / SHARPNESS
        return LossOutput(terms.loss / model.schema.size + lifted, terms.distortion, terms.rate, {FAKES: more.mean(0)})

    return loss


def decoder_loss(model: Flat) -> Loss:
    """Loss of the decoder: the distortion of rows plus the rate of its fakes under the encoder, in nats a cell."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
        prior = model.sample_prior(len(batch), noise, batch.condition)
        likelihood = model.decode(torch.cat([z, prior.to(z)]), batch.condition)
        own = likelihood.select((slice(0, 1),))
        distortion = -observed_log_prob(own, batch.x, batch.observed)[0]
        seen = expected_input(model.scaled, likelihood, batch.observed)
        rates = [rate_of(_layer(model, batch, row, noise)).sum(-1) for row in seen]
        return LossOutput((distortion + torch.stack(rates).mean(0)) / model.schema.size)

    return loss


def encoder_won(history: Sequence[Mapping[str, Any]]) -> str | None:
    """A sentence with the cure if fakes cost far more than rows over the last quarter of a stage's epochs."""
    last = history[-max(1, len(history) // 4) :]
    mean = sum(row[f"penalty_{FAKES}"] for row in last) / len(last)
    if mean < FAR:
        return None
    return (
        f"The encoder won outright: over the last {len(last)} epochs decoded rows cost {mean:.3g} half nats a "
        "cell more than real rows, so the decoder learns little: train with half the contrast, a smaller "
        "learning_rate, or more rows."
    )


def _made(model: Flat, batch: Batch, z: Tensor, noise: Noise) -> Distribution:
    """p(x|z) at the latents of rows and at draws from the prior, over (2, batch, *row)."""
    prior = model.sample_prior(len(batch), noise, batch.condition)
    return model.decode(torch.cat([z, prior.to(z)]), batch.condition)


def _seen(model: Flat, batch: Batch, made: Distribution, rows: Tensor) -> Tensor:
    """Encoder inputs of fakes (2, batch, *row) from p(x|z), (2, batch, *out_shape)."""
    if model.schema.columns:
        return expected_input(model.scaled, made, batch.observed)
    return torch.stack([model.scaled(row, batch.observed) for row in rows])


def _layer(model: Flat, batch: Batch, seen: Tensor, noise: Noise) -> Layer:
    """The latents of a fake from its encoder input, with the mask of the batch."""
    posterior = model.posterior_from(seen, batch.condition)
    z = posterior.sample(noise)
    return Layer(z, posterior, model.prior(z))


def _cost(model: Flat, batch: Batch, row: Tensor, seen: Tensor, noise: Noise, contrast: float) -> Tensor:
    """Distortion + contrast · rate of a fake, (batch,)."""
    layer = _layer(model, batch, seen, noise)
    draw = ModelOutput((layer,), model.decode(layer.z, batch.condition))
    return distortion_of(row, batch.observed, draw) + contrast * rate_of(layer).sum(-1)
