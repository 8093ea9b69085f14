"""Losses of a VAE-GAN, which compares rows by a critic's features (Larsen et al., 2016)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import (
    FOOLED,
    Critic,
    critic_loss,
    generator_loss,
    logit_and_penalty,
)
from quintet.models.adversarial.critic_input import fakes, real_input
from quintet.models.encoder_input import expected_input
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise


def feature_loss(model: Flat, critic: Critic, similarity: float, adversary: float, cells: float) -> Loss:
    """Loss cells · distortion + rate + similarity · feature distance - adversary · log P(fakes are classified as real).

    As in the paper, the encoder gets gradients from the rate and the feature distance, not from the adversary.
    """
    bound = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        terms = bound(batch.x, batch.observed, draw, context)
        assert terms.distortion is not None
        with torch.no_grad():
            target = critic.features(model.scaled(batch.x, batch.observed))
        again = critic.features(expected_input(model.scaled, draw.likelihood, batch.observed)[0])
        distance = feature_distance(again, target, model.schema.size)
        rows = fakes(model, batch, draw.layers[0].z.detach(), noise)
        fooled = torch.stack([generator_loss(critic(fake)) for fake in rows]).mean(0)
        whole = terms.loss + (cells - 1) * terms.distortion + similarity * distance + adversary * fooled
        return LossOutput(whole, terms.distortion, terms.rate, {FOOLED: fooled, "similarity": distance})

    return loss


def row_critic_loss(model: Flat, critic: Critic, r1: float) -> Loss:
    """Loss of the critic of rows, which separates rows from reconstructions and from decoded draws from the prior."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
            rows = fakes(model, batch, z, noise)
        real, penalty = logit_and_penalty(critic, real_input(model.scaled, model.schema, batch, noise), r1)
        return LossOutput(torch.stack([critic_loss(real, critic(fake)) for fake in rows]).mean(0) + penalty)

    return loss


def feature_distance(features: Tensor, target: Tensor, cells: int) -> Tensor:
    """Feature distance cells · mean ½ (difference)², after layer normalisation of each row's features, (n,).

    It has the scale of the distortion of as many cells under a unit normal. Without the normalisation a critic could
    inflate the distance by scaling its features.
    """
    with torch.autocast(features.device.type, enabled=False):
        one, two = (layer_norm(t.float(), t.shape[1:]) for t in (features, target))
        return 0.5 * cells * (one - two).square().mean(1)
