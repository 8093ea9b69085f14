"""VAE with a normalizing flow prior (Chen et al., "Variational lossy autoencoder", 2017; flows by Zuko)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from quintet.data.schema import Schema
from quintet.models.flat import Flat
from quintet.models.flows.options import refuse_flow_options
from quintet.models.flows.zuko import KINDS
from quintet.models.joint_stage import joint_stage
from quintet.models.objectives.elbo import ELBO
from quintet.models.partial_encoder_stage import guide_stage
from quintet.models.priors.flow import NormalizingFlowPrior as Density
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Network


@dataclass(frozen=True)
class FlowPrior(Variant):
    """VAE with a prior p(z) that is a standard normal transformed by an autoregressive flow.

    Parameters
    ----------
    kind : "nsf" (splines; Durkan et al., 2019), or "maf" (affine; Papamakarios et al., 2017).
    transforms : number of composed transforms.
    hidden : width of their two hidden layers, raised to at least twice the latents.
    """

    summary: ClassVar[str] = "VAE with a normalizing flow prior, which adapts to the distribution of the rows' latents"

    kind: str = "nsf"
    transforms: int = 3
    hidden: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_flow_options(KINDS, self.kind, self.transforms, self.hidden)

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        """A flat model with a flow prior, trained on the ELBO, then the partial encoder."""
        prior = Density(latent_dim, self.transforms, self.hidden, self.kind)
        model = Flat(schema, latent_dim, network, self.likelihood_of(schema), prior=prior)
        partial_encoder, last = guide_stage(model)
        return Recipe(model, (joint_stage(model, ELBO()), last), partial_encoder)
