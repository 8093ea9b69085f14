"""What detection compares a row with: training rows as points, and held-out rows with their scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import CONDITION, TensorSpec


@dataclass(frozen=True)
class ProjectionBasis(Artifact):
    """Principal components of one view of the training rows: ``mean`` (cells,), ``basis`` (cells, axes)."""

    mean: Annotated[Tensor, TensorSpec("{cells}")]
    basis: Annotated[Tensor, TensorSpec("{cells} {axes}")]


@dataclass(frozen=True)
class NeighbourIndex(Artifact):
    """Training rows among which neighbours are searched.

    ``points`` (rows, axes) in half precision; ``spread`` (rows,), the mean distance of each to its own neighbours;
    ``order`` (rows,), the points leaf by leaf, and ``probed`` (1,), how many leaves are searched: None in files of 0.1,
    where all points are. ``neighbours`` (1,): how many are a row's neighbours; None: ten.
    """

    points: Annotated[Tensor, TensorSpec("points {axes}", torch.float16)]
    spread: Annotated[Tensor, TensorSpec("points", least=0.0)]
    order: Annotated[Tensor | None, TensorSpec("points", torch.int32, check="order", beside=("probed",))] = None
    probed: Annotated[Tensor | None, TensorSpec("1", torch.int32, 1.0, beside=("order",))] = None
    neighbours: Annotated[Tensor | None, TensorSpec("1", torch.int32, 1.0, beside=("order",))] = None


@dataclass(frozen=True)
class UsualSurprise(Artifact):
    """Mean surprise of each cell in held-out normal rows, (*row), nats."""

    usual: Annotated[Tensor, TensorSpec("row")]


@dataclass(frozen=True)
class CalibrationScores(Artifact):
    """Components of the scores of held-out normal rows.

    ``counted`` (rows, components): those that p-values count; none where no rows were held out. ``scaling``
    (rows, components): those that set the scales; None: the same rows. ``peak`` and ``scaling_peak`` (rows,): a further
    component, of models with a context decoder.
    """

    counted: Annotated[Tensor, TensorSpec("{rows} measured", empty=True, suffix="")]
    scaling: Annotated[Tensor | None, TensorSpec("{rows}_scaling measured")] = None
    peak: Annotated[Tensor | None, TensorSpec("{rows}", empty=True)] = None
    scaling_peak: Annotated[Tensor | None, TensorSpec("{rows}_scaling", beside=("scaling", "peak"))] = None


@dataclass(frozen=True)
class CalibrationSet(Artifact):
    """Held-out normal rows themselves, to be scored under the masks of query rows.

    ``without`` (rows, 2): the first and one past the last of the points of a ``NeighbourIndex`` that do not count for a
    row; None: all count. ``rows`` (rows, *row) in storage type; ``observed``, their mask; ``condition`` (rows,
    condition_dim).
    """

    rows: Annotated[Tensor, TensorSpec("held row", None)]
    without: Annotated[Tensor | None, TensorSpec("held 2", torch.int64, 0.0)]
    observed: Annotated[Tensor | None, TensorSpec("held row", torch.bool)] = None
    condition: Annotated[Tensor | None, TensorSpec("held condition", needs=(CONDITION,))] = None
