"""The Hamiltonian variational autoencoder (Caterini, Doucet and Sejdinovic, 2018), and its Riemannian relative."""

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
    """Latents roll a few steps down -log p(x, z) before the decoder sees them: a posterior that knows the decoder.

    Parameters
    ----------
    steps : leapfrog steps, each a gradient of the decoder.
    step_size : each latent's at the start of training, in the encoder's spreads, 0..1; learnt from there.
    tempering : "none"; "fixed", momenta begin hot and cool by a quadratic schedule; "free", by a factor a step.
    metric : "euclidean", or "riemannian": how far a latent moves is learnt around ``centroids`` points.
    centroids : of the Riemannian metric.
    """

    summary: ClassVar[str] = (
        "latents follow a few leapfrog steps towards the true posterior; a learnt metric on request"
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
                raise InputError(f"{name}={value!r} came; allowed is a whole number of at least 1.")
        if not 0 < self.step_size < LONGEST:
            raise InputError(f"step_size={self.step_size} came; it must be above 0 and below {LONGEST:g}.")
        for name, known in (("tempering", TEMPERINGS), ("metric", METRICS)):
            if getattr(self, name) not in known:
                raise InputError(
                    f"{name}={getattr(self, name)!r} is not known: {nearest(str(getattr(self, name)), known)}."
                )

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with moving latents, trained on the bound of latents and momenta, then its guide."""
        metric = Centroids(latent_dim, self.centroids) if self.metric == "riemannian" else EuclideanMetric()
        leapfrog = Leapfrog(latent_dim, self.steps, self.step_size, self.tempering, metric)
        model = HamiltonianModel(schema, latent_dim, network, self.likelihood_of(schema), leapfrog)
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), guiding), guide)
