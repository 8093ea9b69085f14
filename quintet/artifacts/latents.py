"""Where the latents of training rows lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class LatentDensity(Artifact):
    """A mixture of normals with full covariances on draws of q(z|x): generation samples from it.

    ``weight`` (components,); ``mean`` (components, latent_dim); ``factor`` (components, latent_dim, latent_dim), the
    Cholesky factors of the covariances.
    """

    weight: Annotated[Tensor, TensorSpec("components", least=0.0)]
    mean: Annotated[Tensor, TensorSpec("components latent")]
    factor: Annotated[Tensor, TensorSpec("components latent latent", check="factor")]


@dataclass(frozen=True)
class LatentBank(Artifact):
    """Embeddings of training rows, (rows, latent_dim) in half precision: candidates where cells are missing."""

    points: Annotated[Tensor, TensorSpec("kept latent", torch.float16)]
