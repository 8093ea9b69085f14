"""VAE with a normalizing flow posterior (Rezende and Mohamed, 2015; Kingma et al., 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.models.flat import Flat
from quintet.models.flows.options import refuse_flow_options
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
    """VAE with a posterior q(z|x) that is a normal transformed by a flow conditioned on the row.

    Parameters
    ----------
    kind : "iaf" (inverse autoregressive, affine); "spline" (with splines); "planar"; "linear" (full covariance).
    transforms : number of composed maps.
    hidden : width of the hidden layers of "iaf" and "spline", raised to at least twice the latents.
    """

    summary: ClassVar[str] = "VAE with a normalizing flow posterior: a tighter bound for posteriors that are not normal"

    kind: str = "iaf"
    transforms: int = 2
    hidden: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_flow_options(KINDS, self.kind, self.transforms, self.hidden)

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a flow posterior, trained on the ELBO, then the partial encoder."""
        head = partial(Head, kind=self.kind, transforms=self.transforms, hidden=self.hidden)
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), head=head)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
