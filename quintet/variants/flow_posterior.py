"""A normalizing flow in the posterior (Rezende and Mohamed, 2015; Kingma et al., 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.errors import InputError, nearest
from quintet.models.flat import Flat
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.posteriors.flow import KINDS
from quintet.models.posteriors.flow import NormalizingFlowPosterior as Head
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class FlowPosterior(Variant):
    """q(z|x) is a normal that a flow bends, row by row.

    Parameters
    ----------
    kind : "iaf", inverse autoregressive, affine; "spline", the same with splines; "planar"; "linear", full covariance.
    transforms : maps one after the other.
    hidden : width of the hidden layers of "iaf" and "spline"; at least twice the latents is taken.
    """

    summary: ClassVar[str] = "a normalizing flow in the posterior: a tighter bound where posteriors are not normal"

    kind: str = "iaf"
    transforms: int = 2
    hidden: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in KINDS:
            raise InputError(f"kind={self.kind!r} is not known: {nearest(str(self.kind), KINDS)}.")
        for name in ("transforms", "hidden"):
            value = getattr(self, name)
            if value < 1:
                raise InputError(f"{name}={value!r} came; a flow needs a whole number, at least 1.")

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model whose posterior is bent, trained on the bound, then its guide."""
        head = partial(Head, kind=self.kind, transforms=self.transforms, hidden=self.hidden)
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=head)
        guide, guiding = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), guiding), guide)
