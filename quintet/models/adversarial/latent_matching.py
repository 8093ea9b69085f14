"""Losses of an adversarial autoencoder, which matches its codes to the prior, and of its critic."""

from __future__ import annotations

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import FOOLED, Critic, critic_loss, generator_loss, logit_and_penalty
from quintet.models.base import Model
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise


def matching_loss(model: Model, critic: Critic, weight: float) -> Loss:
    """Loss distortion - weight · log P(the critic classifies the codes as draws from the prior).

    Makhzani et al., "Adversarial autoencoders", 2015, with their two steps joined into one.
    """
    bound = ELBO(beta=0.0)

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        terms = bound(batch.x, batch.observed, draw, context)
        passed = generator_loss(critic(draw.layers[0].z[0]))
        return LossOutput(terms.loss + weight * passed, terms.distortion, penalties={FOOLED: passed})

    return loss


def latent_critic_loss(model: Model, critic: Critic, r1: float) -> Loss:
    """Loss of the critic of latents, which separates draws from the prior (real) from codes."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        code = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)[0]
        prior = model.sample_prior(len(batch), noise, batch.condition)[0]
        real, penalty = logit_and_penalty(critic, prior, r1)
        return LossOutput(critic_loss(real, critic(code.detach())) + penalty)

    return loss
