"""Generative adversarial network (Goodfellow et al., 2014), a baseline for the autoencoders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial.critic import (
    FOOLED,
    critic_loss,
    critic_won,
    generator_loss,
    logit_and_penalty,
    row_critic,
)
from quintet.models.adversarial.critic_input import real_input
from quintet.models.encoder_input import encoder_input, expected_input
from quintet.models.generator import Generator
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Gan(Variant):
    """A generator and a critic; with a convolutional network after DCGAN (Radford et al., 2016).

    Rows are deterministic functions G(z), except for levels, which are drawn given z, so ``likelihood`` and
    ``components`` are not used.

    Parameters
    ----------
    r1 : weight of the critic's R1 gradient penalty at real rows, which makes training converge.
    """

    summary: ClassVar[str] = "generator and critic without an encoder or a density; a baseline that can only generate"
    answers: ClassVar[dict[str, str]] = {
        "compress": "a gan has no probability of a row, which coding needs; train variant='vae'.",
        "denoise": "a gan has no latents for a given row; train variant='vae'.",
        "detect": "a gan has no probability of a row, which scores need; train variant='vae'.",
        "impute": "a gan has no latents for the observed cells; train variant='vae'.",
    }

    r1: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.r1 >= 0:
            raise InputError(f"r1 must be at least 0, got {self.r1}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A generator and a critic in turn, with the non-saturating loss and R1."""
        model, seen = Generator(schema, latent_dim, network), encoder_input(schema)
        critic = row_critic(network, seen.out_shape)

        def made(batch: Batch, noise: Noise) -> Tensor:
            z = noise.normal(len(batch), latent_dim)
            return expected_input(seen, model.decode(z, batch.condition), batch.observed)[0]

        def generate(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            loss = generator_loss(critic(made(batch, noise)))
            return LossOutput(loss, penalties={FOOLED: loss})

        def discriminate(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            fake = critic(made(batch, noise).detach())
            real, penalty = logit_and_penalty(critic, real_input(seen, schema, batch, noise), self.r1)
            return LossOutput(critic_loss(real, fake) + penalty)

        groups = (OptimizerGroup("generator", (model,), generate), OptimizerGroup("critic", (critic,), discriminate))
        return Recipe(model, (Stage("joint", groups, check=critic_won),))
