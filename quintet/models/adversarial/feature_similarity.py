"""Rows compared by what an adversary sees in them: the losses of a VAE-GAN (Larsen et al., 2016)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import FOOLED, Critic, deceived, judged, smoothed, told_apart
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise


def feature_autoencode(model: Flat, critic: Critic, similarity: float, adversary: float, cells: float) -> Loss:
    """cells · distortion + rate + similarity · distance of features + adversary · -log P(fakes are taken for real).

    As in the paper, the encoder learns from the rate and the distance, not from the adversary.
    """
    bound = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        terms = bound(batch.x, batch.observed, draw, context)
        assert terms.distortion is not None
        with torch.no_grad():
            target = critic.features(seen(model, batch.x, batch))
        distance = apart(critic.features(seen(model, draw.likelihood.mean[0], batch)), target, model.schema.size)
        rows = fakes(model, batch, draw.layers[0].z.detach(), noise)
        fooled = torch.stack([deceived(critic(fake)) for fake in rows]).mean(0)
        whole = terms.loss + (cells - 1) * terms.distortion + similarity * distance + adversary * fooled
        return LossOutput(whole, terms.distortion, terms.rate, {FOOLED: fooled, "similarity": distance})

    return loss


def row_critic_loss(model: Flat, critic: Critic, r1: float) -> Loss:
    """What the critic of rows minimises: it tells rows from reconstructions and from draws from the prior."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
            rows = fakes(model, batch, z, noise)
        real, penalty = judged(critic, seen(model, smoothed(model.schema, batch.x, noise), batch), r1)
        return LossOutput(torch.stack([told_apart(real, critic(fake)) for fake in rows]).mean(0) + penalty)

    return loss


def fakes(model: Flat, batch: Batch, z: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
    """Rows made of z (1, batch, latent_dim) and of as many draws from the prior, as a critic sees them."""
    prior = model.sample_prior(len(batch), noise, batch.condition)
    mean = model.decode(torch.cat([z, prior.to(z)]), batch.condition).mean
    return seen(model, mean[0], batch), seen(model, mean[1], batch)


def seen(model: Flat, x: Tensor, batch: Batch) -> Tensor:
    """Rows as the encoder and a critic see them, with the holes of the batch, so that no critic knows rows by those."""
    rows: Tensor = model.scaled(x, batch.observed)
    return rows


def apart(features: Tensor, target: Tensor, cells: int) -> Tensor:
    """cells · mean ½ (difference)² of features, each row's brought to mean 0 and variance 1, (n,).

    It weighs like the distortion of as many cells under a unit normal; without the norm a critic could make any
    distance large by scaling what it sees.
    """
    with torch.autocast(features.device.type, enabled=False):
        one, two = (layer_norm(t.float(), t.shape[1:]) for t in (features, target))
        return 0.5 * cells * (one - two).square().mean(1)
