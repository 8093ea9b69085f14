"""Codes drawn to the prior by an adversary: what an adversarial autoencoder and its critic minimise."""

from __future__ import annotations

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import FOOLED, Critic, deceived, judged, told_apart
from quintet.models.base import Model
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise


def matching_autoencode(model: Model, critic: Critic, weight: float) -> Loss:
    """Distortion + weight · -log P(the critic takes the codes for draws from the prior).

    Makhzani et al., "Adversarial autoencoders", 2015, in one step where they take two.
    """
    bound = ELBO(beta=0.0)

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        terms = bound(batch.x, batch.observed, draw, context)
        passed = deceived(critic(draw.layers[0].z[0]))
        return LossOutput(terms.loss + weight * passed, terms.distortion, penalties={FOOLED: passed})

    return loss


def tell_latents(model: Model, critic: Critic, r1: float) -> Loss:
    """What the critic of the latents minimises: it tells draws from the prior, the real ones, from codes."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        code = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)[0]
        prior = model.sample_prior(len(batch), noise, batch.condition)[0]
        real, penalty = judged(critic, prior, r1)
        return LossOutput(told_apart(real, critic(code.detach())) + penalty)

    return loss
