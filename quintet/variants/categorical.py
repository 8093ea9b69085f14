"""VAE with categorical latents (Jang, Gu and Poole, 2017; Maddison, Mnih and Teh, 2017)."""

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
from quintet.renamed import renamed

USUAL = 4
__getattr__ = renamed(__name__, (__name__,), {"Categorical": "CategoricalLatents"})


@dataclass(frozen=True)
class CategoricalLatents(Variant):
    """VAE with ``latent_dim / classes`` one-hot latents, relaxed by the Gumbel-softmax in training.

    Parameters
    ----------
    classes : number of classes of each variable, a divisor of latent_dim; None: the largest divisor up to 4.
    temperature : temperature of the relaxation at the start of training.
    final : temperature at the end of training; lower values are closer to one-hot, with noisier gradients.
    """

    summary: ClassVar[str] = (
        "VAE with one-hot latents by the Gumbel-softmax with an annealed temperature: clusters and switches"
    )

    classes: int | None = None
    temperature: float = 1.0
    final: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.classes is not None and self.classes < 2:
            raise InputError(f"classes must be at least 2, got {self.classes}.")
        if not 0 < self.final <= self.temperature:
            raise InputError(f"final must be above 0 and at most temperature={self.temperature}, got {self.final}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A model with one-hot latents trained on the ELBO at a falling temperature, then the partial encoder."""
        classes = self._classes(latent_dim)
        model = OneHots(schema, latent_dim // classes, classes, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (annealed_stage(model, self.temperature, self.final), last), partial_encoder)

    def _classes(self, latent_dim: int) -> int:
        divisors = [c for c in range(2, latent_dim + 1) if latent_dim % c == 0]
        if not divisors:
            raise InputError("latent_dim must be at least 2 for one-hot latents, got 1: use latent_dim=2.")
        if self.classes is None:
            return max([c for c in divisors if c <= USUAL], default=divisors[0])
        if self.classes not in divisors:
            allowed = ", ".join(map(str, divisors))
            raise InputError(f"classes must be a divisor of latent_dim={latent_dim} ({allowed}), got {self.classes}.")
        return self.classes
