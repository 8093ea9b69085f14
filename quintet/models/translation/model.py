"""Two domains, two latent spaces, and a mapping from one to the other (Wan et al., "Bringing old photos back to life",
2020): a flat model of clean rows, another of old ones, and the clean latents that old ones stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.distributions import Normal
from quintet.models.adversarial.critic import FOOLED, Critic, deceived, judged, latent_critic, told_apart, won_outright
from quintet.models.flat import Flat
from quintet.models.objectives.elbo import ELBO, masked_sum
from quintet.models.partial_encoder_stage import forward_kl, frozen_posterior
from quintet.models.posteriors.normal import DiagonalNormal
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.networks import Likelihood, Marginals, Mlp, Network
from quintet.noise import Noise

WIDTH = 128
"""Of the mapping's two hidden layers."""


class Translating(Flat):
    """A flat model of clean rows, which answers all questions, beside ``old``, one of old rows, and the ``mapping``.

    Old latents are twice as many: they hold the row and what happened to it.
    """

    def __init__(self, schema: Schema, latent_dim: int, network: Network, likelihood: Likelihood) -> None:
        super().__init__(schema, latent_dim, network, likelihood)
        self.clean = tuple(self.children())  # what there is so far; a tuple, so that no weight has two names
        self.old = Flat(schema, 2 * latent_dim, network, likelihood)
        body = Mlp((WIDTH, WIDTH)).encoder((2 * latent_dim,))
        self.mapping = nn.Sequential(body, DiagonalNormal(WIDTH, latent_dim))

    def start_at(self, marginals: Marginals) -> None:
        """Both at the clean rows' distribution: old rows are made of them."""
        super().start_at(marginals)
        self.old.start_at(marginals)

    def mapped(self, z: Tensor) -> Normal:
        """The clean latents that old ones (batch, 2 latent_dim) stand for, over (1, batch, latent_dim)."""
        normal: Normal = self.mapping(z)
        return normal

    def translated(self, x: Tensor, observed: Tensor) -> Normal:
        """The clean latents of old rows (batch, *row), over (1, batch, latent_dim)."""
        return self.mapped(self.old.posterior(x, observed).mean[0])


@dataclass(frozen=True)
class Pairs:
    """Old rows and the clean ones that they come from, (batch, *row) both, and which of their cells are there."""

    old: Tensor
    clean: Batch


Source = Callable[[Batch, Noise], Pairs]
"""Pairs to learn from beside a batch; ``noise`` draws them."""


def stages_of(
    model: Translating, source: Source, adversary: float, r1: float, real: bool, share: float = 0.6
) -> tuple[Stage, ...]:
    """The stages that train the model of old rows and the mapping.

    Parameters
    ----------
    source : pairs, made or found.
    adversary : weight of the losses before the critics, in nats a latent.
    r1 : of the critics' penalty.
    real : whether the batches are real old rows, to whose look what is learnt from pairs must carry over. Then a critic
        tells their old latents from those of the pairs' old rows, and the encoder hides the difference. Without, the
        batches are clean rows, and the pairs' old rows are all there is.
    share : of the budget, for both stages together.

    The paper freezes both models while the mapping is learnt. Here the encoder of old rows goes on learning with it:
    what it keeps of a row to draw the row's grain and scratches again is not what the mapping needs.
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
    first = Stage("old", tuple(old), 0.3 * share, check=won_outright if real else None)
    return first, Stage("mapping", groups, 0.7 * share, check=won_outright)


def _autoencode(model: Translating, source: Source, critic: Critic, weight: float | None) -> Callable[..., LossOutput]:
    """The bound on old rows; where they are real, on both kinds, and what it takes to hide which is which."""
    bound = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        pairs = source(batch, noise)
        seen = pairs.clean.observed
        terms = bound(pairs.old, seen, model.old.draw(pairs.old, seen, noise), context)
        if weight is None:
            return terms
        draw = model.old.draw(batch.x, batch.observed, noise)
        own = bound(batch.x, batch.observed, draw, context)
        hidden = deceived(critic(draw.layers[0].z[0]))
        whole = 0.5 * (terms.loss + own.loss) + weight * model.old.latent_dim * hidden
        return LossOutput(whole, own.distortion, own.rate, {FOOLED: hidden})

    return loss


def _tell_spaces(model: Translating, source: Source, critic: Critic, r1: float) -> Callable[..., LossOutput]:
    """The critic tells old latents of pairs, its real ones, from those of real old rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            pairs = source(batch, noise)
            made = model.old.posterior(pairs.old, pairs.clean.observed).sample(noise)[0]
            real = model.old.posterior(batch.x, batch.observed).sample(noise)[0]
        logit, penalty = judged(critic, made, r1)
        return LossOutput(told_apart(logit, critic(real)) + penalty)

    return loss


def _map(model: Translating, source: Source, critic: Critic, weight: float, real: bool) -> Callable[..., LossOutput]:
    """KL(q(z|clean) ‖ mapped z), -log p(clean | mapped z), and what it takes to pass for latents of clean rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        pairs = source(batch, noise)
        target = frozen_posterior(model, pairs.clean)
        guess = model.mapped(model.old.posterior(pairs.old, pairs.clean.observed).sample(noise)[0])
        z = guess.sample(noise)
        distortion = -masked_sum(model.decode(z).log_prob(pairs.clean.x), pairs.clean.observed)[0]
        judged_z = z
        if real:
            judged_z = model.mapped(model.old.posterior(batch.x, batch.observed).sample(noise)[0]).sample(noise)
        passed = deceived(critic(judged_z[0]))
        divergence = forward_kl(target, guess, noise)
        whole = divergence.sum(-1) + distortion + weight * model.latent_dim * passed
        return LossOutput(whole, distortion, divergence.detach(), {FOOLED: passed})

    return loss


def _tell_outcome(
    model: Translating, source: Source, critic: Critic, r1: float, real: bool
) -> Callable[..., LossOutput]:
    """The critic tells latents of clean rows, its real ones, from mapped ones."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            pairs = source(batch, noise)
            clean = model.posterior(pairs.clean.x, pairs.clean.observed).sample(noise)[0]
            x, seen = (batch.x, batch.observed) if real else (pairs.old, pairs.clean.observed)
            mapped = model.mapped(model.old.posterior(x, seen).sample(noise)[0]).sample(noise)[0]
        logit, penalty = judged(critic, clean, r1)
        return LossOutput(told_apart(logit, critic(mapped)) + penalty)

    return loss
