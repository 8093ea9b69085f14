"""Layers of latents from the top down (Sønderby et al., 2016), each with a posterior of its own."""

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
    """p(z₁) p(z₂|z₁) .. p(x|z): each layer's prior and posterior see the layers above it.

    Parameters
    ----------
    layers : number of layers among which the latents are divided, few on top and more below; or the number of latents
        of each, from the top down, which together are ``latent_dim``.
    balance : share of the training over which the layers' rates are balanced; 0: not at all.
    free_bits : nats that each layer may carry at no cost.
    modes : components of the top layer's prior, a learnt mixture of normals; 1: N(0, I).
    """

    summary: ClassVar[str] = "layers of latents from the top down, each layer's prior made by those above it"

    layers: int | tuple[int, ...] = 2
    balance: float = 0.0
    free_bits: float = 0.0
    modes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = (self.layers,) if isinstance(self.layers, int) else self.layers
        if not sizes or any(size < 1 for size in sizes):
            raise InputError(f"layers={self.layers} came; give a number of at least 1, or a size of each layer.")
        if not 0 <= self.balance <= 1:
            raise InputError(f"balance={self.balance} came; it is a share of the training, 0 to 1.")
        if not self.free_bits >= 0:
            raise InputError(f"free_bits={self.free_bits} came; it must be at least 0 nats a layer.")
        if self.modes < 1:
            raise InputError(f"modes={self.modes} came; give a number of at least 1.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A model with layers, trained on its bound, then its guide."""
        sizes = layer_sizes(latent_dim, self.layers) if isinstance(self.layers, int) else tuple(self.layers)
        if sum(sizes) != latent_dim:
            raise InputError(
                f"layers={sizes} came with latent_dim={latent_dim}; the layers' sizes must add up to it: "
                f"latent_dim={sum(sizes)}, or a number of layers."
            )
        top = MixturePrior(sizes[0], self.modes) if self.modes > 1 else None
        model = LadderModel(schema, sizes, network, self.likelihood_of(schema), top)
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, LayeredELBO(self.balance, self.free_bits)), guiding), guide)
