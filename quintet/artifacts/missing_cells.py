"""What is known of missing cells beyond p(x|z)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class Copula(Artifact):
    """Covariance of the normal scores of a row's cells given z, (cells, cells): a Gaussian copula ties the cells."""

    covariance: Annotated[Tensor, TensorSpec("cells cells", check="covariance")]


@dataclass(frozen=True)
class IntervalWidths(Artifact):
    """Log factors on the spread of missing cells that make 90 % intervals cover held-out cells.

    ``log_factor`` (efforts, groups, cells), of images (efforts, groups, 1): see ``inference/interval_width.py``.
    """

    log_factor: Annotated[Tensor, TensorSpec("efforts width_groups widened")]
