"""Dual matching: beside codes to the prior, what is decoded is drawn to the rows (Lin, Mukherjee and Kannan, 2020)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import Critic, deceived, judged, smoothed, told_apart
from quintet.models.adversarial.feature_similarity import fakes, seen
from quintet.models.adversarial.latent_matching import matching_autoencode
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise

ROWS = "rows"
"""Name of the penalty that says how little the critic of rows takes for real, as ``adversary.FOOLED`` does of codes."""
BOUND = 4.0
"""The Bhattacharyya critic's v lies within ± this, so that its exponential cannot run away."""


@dataclass(frozen=True)
class Game:
    """What a critic minimises of its logits of real rows and of fakes, and what the maker of the fakes does, (n,)."""

    tell: Callable[[Tensor, Tensor], Tensor]
    fool: Callable[[Tensor], Tensor]


def coefficient(real: Tensor, fake: Tensor) -> Tensor:
    """½ e^-v(real) + ½ e^v(fake) of each pair, v half the logit.

    For any v its mean is at least the Bhattacharyya coefficient ∫ √(p q) of rows p and fakes q, which it is at
    v = ½ log p/q: the critic's least loss, 1 where both are alike and 0 where they share nothing.
    """
    return 0.5 * (torch.exp(-_half(real)) + torch.exp(_half(fake)))


GAMES = {
    "logistic": Game(told_apart, deceived),
    "bhattacharyya": Game(coefficient, lambda fake: torch.exp(-_half(fake))),
}


def match_both(
    model: Flat, codes: Critic, rows: Critic, game: Game, weights: tuple[float, float, float], blur: float
) -> Loss:
    """An adversarial autoencoder's loss and, of reconstructions and draws from the prior, what their critic leaves.

    Parameters
    ----------
    weights : of the critic of codes; of the critic of rows; of the cycle, ½ |z - E(the mean of p(x|z))|² of draws z
        from the prior, with gradients to both halves (Zhu et al., "CycleGAN", 2017).
    blur : spread of the noise on all that the critic of rows sees.
    """
    inner = matching_autoencode(model, codes, weights[0])

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        terms = inner(batch, noise, context)
        z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
        logits = [rows(blurred(fake, blur, noise)) for fake in fakes(model, batch, z, noise)]
        whole = terms.loss + weights[1] * torch.stack([game.fool(logit) for logit in logits]).mean(0)
        penalties = {**terms.penalties, ROWS: torch.stack([deceived(logit) for logit in logits]).mean(0)}
        if weights[2]:
            penalties["cycle"] = _cycle(model, batch, noise)
            whole = whole + weights[2] * penalties["cycle"]
        return LossOutput(whole, terms.distortion, penalties=penalties)

    return loss


def dual_row_critic_loss(model: Flat, critic: Critic, game: Game, r1: float, blur: float) -> Loss:
    """What the critic of rows minimises, with R1 at the rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
            made = fakes(model, batch, z, noise)
        shown = blurred(seen(model, smoothed(model.schema, batch.x, noise), batch), blur, noise)
        real, penalty = judged(critic, shown, r1)
        told = [game.tell(real, critic(blurred(fake, blur, noise))) for fake in made]
        return LossOutput(torch.stack(told).mean(0) + penalty)

    return loss


def blurred(rows: Tensor, spread: float, noise: Noise) -> Tensor:
    """Rows with normal noise, which makes what is real and what is made overlap (Sønderby et al., 2017): decoded means
    are not whole numbers, and a critic would know counts by that alone."""
    return rows + spread * noise.normal(*rows.shape)[0].to(rows.dtype)


def _cycle(model: Flat, batch: Batch, noise: Noise) -> Tensor:
    """½ |z - E(the mean of p(x|z))|² of draws from the prior, (batch,)."""
    z = model.sample_prior(len(batch), noise, batch.condition)
    rows = model.decode(z, batch.condition).mean[0]
    back = model.posterior(rows, batch.observed, batch.condition).mean
    return 0.5 * (z - back).square().sum(-1)[0]


def _half(logit: Tensor) -> Tensor:
    return BOUND * torch.tanh(0.5 * logit / BOUND)
