"""How the values of each column are distributed over the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class ColumnShares(Artifact):
    """Points of the distribution of each cell over the training rows, in the model's units.

    ``rows`` (1,) and ``observed`` (cells,): effective numbers of rows, and of those with a value; ``missing`` (cells,):
    share of missing cells; ``mean``, ``spread`` (cells,). ``cell`` (points,): whose point it is, in ascending order;
    ``value`` (points,), and ``share`` (points,) of the observed cells that are at most this value.
    """

    rows: Annotated[Tensor, TensorSpec("1", least=0.0)]
    observed: Annotated[Tensor, TensorSpec("cells", least=0.0)]
    missing: Annotated[Tensor, TensorSpec("cells", least=0.0)]
    mean: Annotated[Tensor, TensorSpec("cells")]
    spread: Annotated[Tensor, TensorSpec("cells", least=0.0)]
    cell: Annotated[Tensor, TensorSpec("marginal_points", torch.int32, 0.0)]
    value: Annotated[Tensor, TensorSpec("marginal_points")]
    share: Annotated[Tensor, TensorSpec("marginal_points", least=0.0)]
