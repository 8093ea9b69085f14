"""β-VAE (Higgins et al., 2017), with the capacity schedule of Burgess et al. (2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Beta(Variant):
    """VAE with a rate weighted by β, or, with ``capacity``, a rate held near a target that rises over training.

    Parameters
    ----------
    beta : weight of the rate; values above 1 favour fewer and more independent latents.
    capacity : target of the rate at the end of training in nats, or None.
    ramp : share of training over which the target rises from 0 to ``capacity``, above 0 and up to 1.
    """

    summary: ClassVar[str] = (
        "VAE with a rate weighted by beta, or held at a rising capacity: fewer, more independent latents"
    )

    beta: float = 4.0
    capacity: float | None = None
    ramp: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.beta >= 0:
            raise InputError(f"beta must be at least 0, got {self.beta}.")
        if self.capacity is not None and not self.capacity >= 0:
            raise InputError(f"capacity must be at least 0 nats, or None, got {self.capacity}.")
        if not 0 < self.ramp <= 1:
            raise InputError(f"ramp must be a share of training above 0 and up to 1, got {self.ramp}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the weighted ELBO, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO(self.beta, self.capacity, self.ramp)), last), partial_encoder)
