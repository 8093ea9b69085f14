"""Rows of a table that those with missing numbers are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class SimilarRows(Artifact):
    """Training rows, and how ``inference/similar_rows.py`` uses them.

    ``rows`` (references, cells), their missing cells imputed. ``spread`` (cells,) of each cell over them. ``size`` (1,)
    of groups, ``rounds`` (1,), and ``share`` (1,) of the refined estimate in the answer.
    """

    rows: Annotated[Tensor, TensorSpec("references cells")]
    spread: Annotated[Tensor, TensorSpec("cells", least=0.0)]
    size: Annotated[Tensor, TensorSpec("1", least=2.0)]
    rounds: Annotated[Tensor, TensorSpec("1", least=1.0)]
    share: Annotated[Tensor, TensorSpec("1", least=0.0)]
