"""Dual matching: adversarial matching of codes to the prior and of decoded rows to the data (DR-AAE).

Lin, Mukherjee and Kannan, 2020.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import Critic, critic_loss, generator_loss, logit_and_penalty
from quintet.models.adversarial.critic_input import fakes, real_input
from quintet.models.adversarial.latent_matching import matching_loss
from quintet.models.encoder_input import expected_input
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise

ROWS = "rows"
"""Name of the penalty -log P(the critic of rows classifies decoded rows as real), the counterpart of ``FOOLED``."""
BOUND = 4.0
"""Bound on |v| of the Bhattacharyya critic, so that its exponential stays finite."""


@dataclass(frozen=True)
class AdversarialLosses:
    """Loss of a critic from its logits of real rows and of fakes, and of the generator from those of fakes, (n,)."""

    tell: Callable[[Tensor, Tensor], Tensor]
    fool: Callable[[Tensor], Tensor]


def bhattacharyya_loss(real: Tensor, fake: Tensor) -> Tensor:
    """½ e^-v(real) + ½ e^v(fake) of each pair, v half the logit.

    Its mean is bounded below by the Bhattacharyya coefficient ∫ √(p q) of rows p and fakes q, attained at
    v = ½ log p/q: 1 for equal distributions and 0 for disjoint ones.
    """
    return 0.5 * (torch.exp(-_half(real)) + torch.exp(_half(fake)))


GAMES = {
    "logistic": AdversarialLosses(critic_loss, generator_loss),
    "bhattacharyya": AdversarialLosses(bhattacharyya_loss, lambda fake: torch.exp(-_half(fake))),
}


def dual_matching_loss(
    model: Flat, codes: Critic, rows: Critic, game: AdversarialLosses, weights: tuple[float, float, float], blur: float
) -> Loss:
    """Loss of an adversarial autoencoder plus the generator's loss of reconstructions and of draws from the prior.

    Parameters
    ----------
    weights : of the codes' critic; of the rows' critic; of the cycle loss ½ |z - E(mean of p(x|z))|² of draws z from
        the prior, with gradients to encoder and decoder (Zhu et al., "CycleGAN", 2017).
    blur : standard deviation of the noise on the inputs of the rows' critic.
    """
    inner = matching_loss(model, codes, weights[0])

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        terms = inner(batch, noise, context)
        z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
        logits = [rows(blurred(fake, blur, noise)) for fake in fakes(model, batch, z, noise)]
        whole = terms.loss + weights[1] * torch.stack([game.fool(logit) for logit in logits]).mean(0)
        penalties = {**terms.penalties, ROWS: torch.stack([generator_loss(logit) for logit in logits]).mean(0)}
        if weights[2]:
            penalties["cycle"] = _cycle(model, batch, noise)
            whole = whole + weights[2] * penalties["cycle"]
        return LossOutput(whole, terms.distortion, penalties=penalties)

    return loss


def dual_row_critic_loss(model: Flat, critic: Critic, game: AdversarialLosses, r1: float, blur: float) -> Loss:
    """Loss of the critic of rows, with the R1 penalty at real rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
            made = fakes(model, batch, z, noise)
        shown = blurred(real_input(model.scaled, model.schema, batch, noise), blur, noise)
        real, penalty = logit_and_penalty(critic, shown, r1)
        losses = [game.tell(real, critic(blurred(fake, blur, noise))) for fake in made]
        return LossOutput(torch.stack(losses).mean(0) + penalty)

    return loss


def blurred(rows: Tensor, spread: float, noise: Noise) -> Tensor:
    """Rows plus normal noise, so that the supports of real and decoded rows overlap (Sønderby et al., 2017); without it
    a critic recognises counts by their whole numbers."""
    return rows + spread * noise.normal(*rows.shape)[0].to(rows.dtype)


def _cycle(model: Flat, batch: Batch, noise: Noise) -> Tensor:
    """½ |z - E(the mean of p(x|z))|² of draws from the prior, (batch,)."""
    z = model.sample_prior(len(batch), noise, batch.condition)
    rows = expected_input(model.scaled, model.decode(z, batch.condition), batch.observed)[0]
    back = model.posterior_from(rows, batch.condition).mean
    return 0.5 * (z - back).square().sum(-1)[0]


def _half(logit: Tensor) -> Tensor:
    return BOUND * torch.tanh(0.5 * logit / BOUND)
