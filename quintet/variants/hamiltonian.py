"""Hamiltonian VAE (Caterini, Doucet and Sejdinovic, 2018), with an optional Riemannian metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.hamiltonian.leapfrog import LONGEST, TEMPERINGS, Leapfrog
from quintet.models.hamiltonian.metrics import Centroids, EuclideanMetric
from quintet.models.hamiltonian.model import HamiltonianModel
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network

METRICS = ("euclidean", "riemannian")


@dataclass(frozen=True)
class Hamiltonian(Variant):
    """VAE whose posterior moves the encoder's draws by leapfrog steps with the potential -log p(x, z).

    Parameters
    ----------
    steps : number of leapfrog steps; each needs a gradient of the decoder.
    step_size : initial step size in the encoder's standard deviations, 0..1; learnt for each latent.
    tempering : tempering of the momenta: "none"; "fixed", a quadratic schedule; "free", a learnt factor for each step.
    metric : "euclidean", or "riemannian", learnt at ``centroids`` points.
    centroids : number of centroids of the Riemannian metric.
    """

    summary: ClassVar[str] = (
        "VAE whose latents move by leapfrog steps towards the true posterior; optionally a learnt metric"
    )

    steps: int = 3
    step_size: float = 0.2
    tempering: str = "fixed"
    metric: str = "euclidean"
    centroids: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("steps", "centroids"):
            value = getattr(self, name)
            if value < 1:
                raise InputError(f"{name} must be at least 1, got {value!r}.")
        if not 0 < self.step_size < LONGEST:
            raise InputError(f"step_size must be above 0 and below {LONGEST:g}, got {self.step_size}.")
        for name, known in (("tempering", TEMPERINGS), ("metric", METRICS)):
            if getattr(self, name) not in known:
                raise InputError(
                    f"{name}={getattr(self, name)!r} is not known: {nearest(str(getattr(self, name)), known)}."
                )

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A Hamiltonian model trained on the ELBO of latents and momenta, then the partial encoder."""
        metric = Centroids(latent_dim, self.centroids) if self.metric == "riemannian" else EuclideanMetric()
        leapfrog = Leapfrog(latent_dim, self.steps, self.step_size, self.tempering, metric)
        model = HamiltonianModel(schema, latent_dim, network, self.likelihood_of(schema), leapfrog)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
