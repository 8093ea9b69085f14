"""The β-VAE (Higgins et al., 2017), with the capacity schedule of Burgess et al. (2018)."""

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
    """The rate counts β times; or, with ``capacity`` in nats, is drawn to a target that grows over training.

    Parameters
    ----------
    beta : weight of the rate; above 1 it presses for few, independent latents.
    capacity : the target at the end of training, in nats, or None.
    ramp : share of the training over which the capacity grows from 0 to that, above 0 and up to 1.
    """

    summary: ClassVar[str] = (
        "the rate weighted by beta, or held at a capacity that grows: fewer, more independent latents"
    )

    beta: float = 4.0
    capacity: float | None = None
    ramp: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.beta >= 0:
            raise InputError(f"beta={self.beta} came; the weight of the rate must be at least 0.")
        if self.capacity is not None and not self.capacity >= 0:
            raise InputError(f"capacity={self.capacity} came; it must be at least 0 nats, or None.")
        if not 0 < self.ramp <= 1:
            raise InputError(f"ramp={self.ramp} came; it is a share of the training, above 0 and up to 1.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the weighted bound, then its guide."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO(self.beta, self.capacity, self.ramp)), guiding), guide)
