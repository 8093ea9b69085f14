"""Translation model: a VAE of clean rows, a VAE of degraded ("old") rows, and a mapping between their latents.

Wan et al., "Bringing old photos back to life", 2020.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.models.adversarial.critic import (
    FOOLED,
    Critic,
    critic_loss,
    critic_won,
    generator_loss,
    latent_critic,
    logit_and_penalty,
)
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO, observed_log_prob
from quintet.models.partial_encoder_stage import forward_kl, frozen_posterior
from quintet.models.posteriors.normal import DiagonalNormal
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.networks import Likelihood, Marginals, Mlp, Network
from quintet.noise import Noise

WIDTH = 128
"""Width of the mapping's two hidden layers."""


class TranslationModel(Flat):
    """Flat model of clean rows, with a second one, ``old``, of old rows, and ``mapping`` from old to clean latents.

    The old model has twice as many latents, because they encode the row and its degradation.
    """

    def __init__(self, schema: Schema, latent_dim: int, network: Network, likelihood: Likelihood) -> None:
        super().__init__(schema, latent_dim, network, likelihood)
        self.clean = tuple(self.children())  # a tuple, so that no weight is registered twice
        self.old = Flat(schema, 2 * latent_dim, network, likelihood)
        body = Mlp((WIDTH, WIDTH)).encoder((2 * latent_dim,))
        self.mapping = nn.Sequential(body, DiagonalNormal(WIDTH, latent_dim))

    def start_at(self, marginals: Marginals) -> None:
        """Initialise both models at the marginals of the clean rows."""
        super().start_at(marginals)
        self.old.start_at(marginals)

    def mapped(self, z: Tensor) -> Normal:
        """Distribution of clean latents given old ones (batch, 2 latent_dim), over (1, batch, latent_dim)."""
        normal: Normal = self.mapping(z)
        return normal

    def translated(self, x: Tensor, observed: Tensor) -> Normal:
        """Distribution of clean latents given old rows (batch, *row), over (1, batch, latent_dim)."""
        return self.mapped(self.old.posterior(x, observed).mean[0])


@dataclass(frozen=True)
class Pairs:
    """Old rows and their clean originals, (batch, *row) both, with the mask of observed cells in ``clean``."""

    old: Tensor
    clean: Batch


Source = Callable[[Batch, Noise], Pairs]
"""Function that returns training pairs for a batch, drawn by ``noise``."""


def stages_of(
    model: TranslationModel, source: Source, adversary: float, r1: float, real: bool, share: float = 0.6
) -> tuple[Stage, ...]:
    """Training stages of the model of old rows and of the mapping.

    Parameters
    ----------
    source : training pairs, synthetic or real.
    adversary : weight of the adversarial losses, in nats a latent.
    r1 : weight of the critics' R1 penalty.
    real : whether the batches are real old rows. A critic then separates their latents from those of the pairs' old
        rows, and the encoder is trained to align both. Otherwise the batches are clean rows.
    share : share of the budget for both stages together.

    The paper freezes both models while it trains the mapping. Here the encoder of old rows trains with the mapping,
    because the features that reconstruct grain and scratches are not those that the mapping needs.
    """
    spaces, outcome = latent_critic(2 * model.latent_dim), latent_critic(model.latent_dim)
    old = [OptimizerGroup("old", (model.old,), _autoencode(model, source, spaces, adversary if real else None))]
    if real:
        old.append(OptimizerGroup("critic", (spaces,), _tell_spaces(model, source, spaces, r1)))
    groups = (
        OptimizerGroup(
            "mapping", (model.mapping, model.old.encoder, model.old.head), _map(model, source, outcome, adversary, real)
        ),
        OptimizerGroup("critic", (outcome,), _tell_outcome(model, source, outcome, r1, real)),
    )
    first = Stage("old", tuple(old), 0.3 * share, check=critic_won if real else None)
    return first, Stage("mapping", groups, 0.7 * share, check=critic_won)


def _autoencode(model: TranslationModel, source: Source, critic: Critic, weight: float | None) -> Loss:
    """Negative ELBO of old rows; with real old rows, of both kinds, plus an adversarial loss that aligns them."""
    bound = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        pairs = source(batch, noise)
        seen = pairs.clean.observed
        terms = bound(pairs.old, seen, model.old.draw(pairs.old, seen, noise), context)
        if weight is None:
            return terms
        draw = model.old.draw(batch.x, batch.observed, noise)
        own = bound(batch.x, batch.observed, draw, context)
        hidden = generator_loss(critic(draw.layers[0].z[0]))
        whole = 0.5 * (terms.loss + own.loss) + weight * model.old.latent_dim * hidden
        return LossOutput(whole, own.distortion, own.rate, {FOOLED: hidden})

    return loss


def _tell_spaces(model: TranslationModel, source: Source, critic: Critic, r1: float) -> Loss:
    """Loss of the critic that separates latents of the pairs' old rows (its real class) from those of real old rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            pairs = source(batch, noise)
            made = model.old.posterior(pairs.old, pairs.clean.observed).sample(noise)[0]
            real = model.old.posterior(batch.x, batch.observed).sample(noise)[0]
        logit, penalty = logit_and_penalty(critic, made, r1)
        return LossOutput(critic_loss(logit, critic(real)) + penalty)

    return loss


def _map(model: TranslationModel, source: Source, critic: Critic, weight: float, real: bool) -> Loss:
    """KL(q(z|clean) ‖ mapped z) - log p(clean | mapped z), plus an adversarial loss against latents of clean rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        pairs = source(batch, noise)
        target = frozen_posterior(model, pairs.clean)
        guess = model.mapped(model.old.posterior(pairs.old, pairs.clean.observed).sample(noise)[0])
        z = guess.sample(noise)
        distortion = -observed_log_prob(model.decode(z), pairs.clean.x, pairs.clean.observed)[0]
        judged_z = z
        if real:
            judged_z = model.mapped(model.old.posterior(batch.x, batch.observed).sample(noise)[0]).sample(noise)
        passed = generator_loss(critic(judged_z[0]))
        divergence = forward_kl(target, guess, noise)
        whole = divergence.sum(-1) + distortion + weight * model.latent_dim * passed
        return LossOutput(whole, distortion, divergence.detach(), {FOOLED: passed})

    return loss


def _tell_outcome(model: TranslationModel, source: Source, critic: Critic, r1: float, real: bool) -> Loss:
    """Loss of the critic that separates latents of clean rows (its real class) from mapped ones."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            pairs = source(batch, noise)
            clean = model.posterior(pairs.clean.x, pairs.clean.observed).sample(noise)[0]
            x, seen = (batch.x, batch.observed) if real else (pairs.old, pairs.clean.observed)
            mapped = model.mapped(model.old.posterior(x, seen).sample(noise)[0]).sample(noise)[0]
        logit, penalty = logit_and_penalty(critic, clean, r1)
        return LossOutput(critic_loss(logit, critic(mapped)) + penalty)

    return loss
