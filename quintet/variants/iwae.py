"""Importance-weighted autoencoder (Burda, Grosse and Salakhutdinov, 2016) and its estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.flat import Flat
from quintet.models.joint_stage import Objective, joint_stage, loss_of
from quintet.models.objectives.importance_weighted import DoublyReparameterised, ImportanceWeighted
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.recipe import OptimizerGroup, Recipe, Stage
from quintet.models.variant import Variant
from quintet.networks import Network

ESTIMATORS = ("iwae", "dreg", "miwae", "ciwae", "piwae")


@dataclass(frozen=True)
class Iwae(Variant):
    """VAE with a tighter bound from ``k`` draws of z for each row, weighted by p(x, z) / q(z|x).

    The decoder's cost is ``k`` times that of a VAE.

    Parameters
    ----------
    k : number of draws of z for each row in training; 1 is the VAE.
    estimator : "iwae"; "dreg", the same bound with doubly reparameterised gradients; "miwae", the mean bound of
        ``groups`` equal groups of draws; "ciwae", a mixture with the ELBO; "piwae", "iwae" for the decoder and "miwae"
        for the encoder.
    groups : number of groups of "miwae" and "piwae", a divisor of ``k``.
    elbo_share : weight of the ELBO in "ciwae", 0..1.
    """

    summary: ClassVar[str] = "VAE with a tighter bound from k weighted draws of z, and low-variance gradient estimators"

    k: int = 10
    estimator: str = "iwae"
    groups: int = 2
    elbo_share: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("k", "groups"):
            value = getattr(self, name)
            if value < 1:
                raise InputError(f"{name} must be at least 1, got {value!r}.")
        if self.estimator not in ESTIMATORS:
            raise InputError(f"estimator={self.estimator!r} is not known: {nearest(str(self.estimator), ESTIMATORS)}.")
        if self.estimator in ("miwae", "piwae") and self.k % self.groups:
            raise InputError(f"groups must be a divisor of k={self.k}, got {self.groups}.")
        if not 0 <= self.elbo_share <= 1:
            raise InputError(f"elbo_share must be in 0..1, got {self.elbo_share}.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model trained on the importance-weighted bound, then the partial encoder."""
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema))
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (self._joint(model), last), partial_encoder)

    def _joint(self, model: Flat) -> Stage:
        whole, parts = ImportanceWeighted(), ImportanceWeighted(self.groups)
        if self.estimator == "piwae":
            encoder = [module for module in (model.encoder, model.join, model.head) if module is not None]
            groups = (
                OptimizerGroup("decoder", (model.decoder,), loss_of(model, whole, self.k)),
                OptimizerGroup("encoder", tuple(encoder), loss_of(model, parts, self.k)),
            )
            return Stage("joint", groups, 0.8)
        objectives: dict[str, Objective] = {
            "iwae": whole,
            "dreg": DoublyReparameterised(),
            "miwae": parts,
            "ciwae": ImportanceWeighted(elbo_share=self.elbo_share),
        }
        return joint_stage(model, objectives[self.estimator], draws=self.k)
