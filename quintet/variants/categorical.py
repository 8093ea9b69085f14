"""The VAE with categorical latents (Jang, Gu and Poole, 2017; Maddison, Mnih and Teh, 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.discrete.one_hot import OneHots, annealed_stage
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network

USUAL = 4


@dataclass(frozen=True)
class Categorical(Variant):
    """Latents are ``latent_dim / classes`` one-hot vectors; training relaxes them by the Gumbel-softmax.

    Parameters
    ----------
    classes : of each variable, a divisor of latent_dim; None: the largest up to 4.
    temperature : of the relaxation at the start of training.
    final : temperature at its end; the nearer to 0, the nearer to one-hots, and the noisier the gradients.
    """

    summary: ClassVar[str] = "one-hot latents by the Gumbel-softmax, its temperature annealed: clusters and switches"

    classes: int | None = None
    temperature: float = 1.0
    final: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes is not None and self.classes < 2:
            raise InputError(f"classes={self.classes} came; a variable has at least 2.")
        if not 0 < self.final <= self.temperature:
            raise InputError(
                f"temperature={self.temperature}, final={self.final} came; allowed are 0 < final <= temperature."
            )

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A model with one-hot latents trained on the bound at a falling temperature, then its guide."""
        classes = self._classes(latent_dim)
        model = OneHots(schema, latent_dim // classes, classes, network, self.likelihood_of(schema))
        guide, guiding = guide_stage(model)
        return Recipe(model, (annealed_stage(model, self.temperature, self.final), guiding), guide)

    def _classes(self, latent_dim: int) -> int:
        divisors = [c for c in range(2, latent_dim + 1) if latent_dim % c == 0]
        if not divisors:
            raise InputError("latent_dim=1 came; a one-hot latent has two coordinates at least: take latent_dim=2.")
        if self.classes is None:
            return max([c for c in divisors if c <= USUAL], default=divisors[0])
        if self.classes not in divisors:
            allowed = ", ".join(map(str, divisors))
            raise InputError(f"classes={self.classes} does not divide latent_dim={latent_dim}: allowed are {allowed}.")
        return self.classes
