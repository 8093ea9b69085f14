"""The generative adversarial network (Goodfellow et al., 2014), the baseline beside which autoencoders are put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.adversarial.critic import FOOLED, deceived, judged, row_critic, smoothed, told_apart, won_outright
from quintet.models.flat import Scaled
from quintet.models.generator import Generator
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.models.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Gan(Variant):
    """A generator and a critic, after Radford et al. (DCGAN, 2016) where the network is convolutional.

    Rows are points G(z), so ``likelihood`` and ``components`` are not used.

    Parameters
    ----------
    r1 : weight of the penalty on the critic's slope at real rows, which lets the game converge.
    """

    summary: ClassVar[str] = "a generator and a critic, no encoder and no density: the baseline; it generates alone"
    answers: ClassVar[dict[str, str]] = {
        "compress": "a gan gives no probability of a row to code by; train variant='vae'.",
        "denoise": "a gan has no latents for a given row, let alone a corrupted one; train variant='vae'.",
        "detect": "a gan says what rows look like, not how probable one is; train variant='vae'.",
        "impute": "a gan has no latents for the cells that are seen; train variant='vae'.",
    }

    r1: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.r1 >= 0:
            raise InputError(f"r1={self.r1} came; the weight of the penalty must be at least 0.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A generator and a critic that take turns, by the non-saturating loss with R1."""
        model, seen = Generator(schema, latent_dim, network), Scaled(schema)
        critic = row_critic(network, seen.out_shape)

        def made(batch: Batch, noise: Noise) -> Tensor:
            z = noise.normal(len(batch), latent_dim)
            rows: Tensor = seen(model.decode(z, batch.condition).mean[0], batch.observed)
            return rows

        def generate(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            loss = deceived(critic(made(batch, noise)))
            return LossOutput(loss, penalties={FOOLED: loss})

        def tell(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
            fake = critic(made(batch, noise).detach())
            real, penalty = judged(critic, seen(smoothed(schema, batch.x, noise), batch.observed), self.r1)
            return LossOutput(told_apart(real, fake) + penalty)

        groups = (OptimizerGroup("generator", (model,), generate), OptimizerGroup("critic", (critic,), tell))
        return Recipe(model, (Stage("joint", groups, check=won_outright),))
