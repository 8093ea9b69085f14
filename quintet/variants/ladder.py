"""Ladder VAE with several layers of latents (Sønderby et al., 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.hierarchical.ladder import LadderModel as LadderModel
from quintet.models.hierarchical.top_down import layer_sizes
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.layers import LayeredELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.priors.mixture import MixturePrior
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Ladder(Variant):
    """Hierarchical VAE p(z₁) p(z₂|z₁) .. p(x|z), in which each layer's prior and posterior read the layers above.

    Parameters
    ----------
    layers : number of layers, with few latents at the top and more below; or the number of latents of each layer from
        the top down, which must sum to ``latent_dim``.
    balance : share of training over which the layers' rates are balanced; 0: never.
    free_bits : nats of each layer that are not charged.
    modes : number of components of the top layer's prior, a learnt mixture of normals; 1: N(0, I).
    """

    summary: ClassVar[str] = "hierarchical VAE: several layers of latents, each with a prior given the layers above"

    layers: int | tuple[int, ...] = 2
    balance: float = 0.0
    free_bits: float = 0.0
    modes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = (self.layers,) if isinstance(self.layers, int) else self.layers
        if not sizes or any(size < 1 for size in sizes):
            raise InputError(f"layers must be at least 1, or a size of at least 1 for each layer, got {self.layers}.")
        if not 0 <= self.balance <= 1:
            raise InputError(f"balance must be a share of training in 0..1, got {self.balance}.")
        if not self.free_bits >= 0:
            raise InputError(f"free_bits must be at least 0 nats a layer, got {self.free_bits}.")
        if self.modes < 1:
            raise InputError(f"modes must be at least 1, got {self.modes}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A ladder model trained on its ELBO, then the partial encoder."""
        sizes = layer_sizes(latent_dim, self.layers) if isinstance(self.layers, int) else tuple(self.layers)
        if sum(sizes) != latent_dim:
            raise InputError(
                f"layers must sum to latent_dim={latent_dim}, got {sizes}: give latent_dim={sum(sizes)}, or "
                "a number of layers."
            )
        top = MixturePrior(sizes[0], self.modes) if self.modes > 1 else None
        model = LadderModel(schema, sizes, network, self.likelihood_of(schema), top)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, LayeredELBO(self.balance, self.free_bits)), last), partial_encoder)
