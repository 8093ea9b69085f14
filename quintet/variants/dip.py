"""DIP-VAE (Kumar, Sattigeri and Balakrishnan, 2018), kinds I and II."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.moments import KINDS, Moments
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class Dip(Variant):
    """VAE with a penalty on the distance of the codes' covariance from the identity (disentangled inferred prior).

    Parameters
    ----------
    kind : "I": covariance of the posterior means; "II": of the latents, which includes the posterior variances.
    off_diagonal : weight of the squared covariances of different latents.
    diagonal : weight of the squared differences of the variances from 1; None: equal to off_diagonal.
    """

    summary: ClassVar[str] = (
        "VAE with the codes' covariance penalised towards the identity (DIP-VAE I and II): uncorrelated latents"
    )

    kind: str = "II"
    off_diagonal: float = 10.0
    diagonal: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in KINDS:
            raise InputError(f"kind={self.kind!r} is not known: {nearest(str(self.kind), KINDS)}.")
        if not self.off_diagonal >= 0:
            raise InputError(f"off_diagonal must be at least 0, got {self.off_diagonal}.")
        if self.diagonal is not None and not self.diagonal >= 0:
            raise InputError(f"diagonal must be at least 0, or None, got {self.diagonal}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the ELBO and both penalties, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        diagonal = self.off_diagonal if self.diagonal is None else self.diagonal
        return Recipe(
            model, (joint_stage(model, Moments(self.kind, self.off_diagonal, diagonal)), last), partial_encoder
        )
