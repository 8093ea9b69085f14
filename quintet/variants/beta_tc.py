"""β-TCVAE (Chen, Li, Grosse and Duvenaud, 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.total_correlation import ESTIMATORS, TotalCorrelation
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class BetaTc(Variant):
    """VAE with the rate decomposed into I(x; z) + TC(z) + Σ_j KL(q(z_j) ‖ p(z_j)), each with its own weight.

    Parameters
    ----------
    beta : weight of the total correlation; values above 1 favour independent latents.
    alpha : weight of the mutual information of row and latents.
    gamma : weight of the KL between each latent's aggregate posterior and the prior.
    estimator : estimator of the aggregate posterior within a batch: "stratified" (unbiased q(z)) or "weighted".
    """

    summary: ClassVar[str] = (
        "VAE with the total correlation weighted by beta, estimated within the batch: independent latents"
    )

    beta: float = 6.0
    alpha: float = 1.0
    gamma: float = 1.0
    estimator: str = "stratified"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("alpha", "beta", "gamma"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}.")
        if self.estimator not in ESTIMATORS:
            raise InputError(f"estimator={self.estimator!r} is not known: {nearest(self.estimator, ESTIMATORS)}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the weighted terms of the ELBO, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        objective = TotalCorrelation(self.alpha, self.beta, self.gamma, self.estimator)
        return Recipe(model, (joint_stage(model, objective), last), partial_encoder)
