"""How often imputed images are refined by similar patches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class PatchRounds(Artifact):
    """Rounds of ``inference/similar_patches.py`` of least error on held-out images with missing pixels; 0: none.

    ``missing`` (1,). Those of noisy images are in ``DenoisingTrial``.
    """

    missing: Annotated[Tensor, TensorSpec("1", least=0.0)]
