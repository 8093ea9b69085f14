"""What denoising knows of clean rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from torch import Tensor

from quintet.artifacts.base import Artifact
from quintet.artifacts.tensor_spec import TensorSpec


@dataclass(frozen=True)
class GaussianField(Artifact):
    """Moments from which each cell is predicted linearly from those around it.

    ``mean`` and ``spread`` (n,) of the channels of an image or the cells of a table. ``correlation`` (k, k) of the
    cells of a window, channel by channel, or of a row. ``tail`` (n, 3): constant and slope of the residuals' scale in
    the size of the residuals around them, and the degrees of freedom of their Student-t.
    """

    mean: Annotated[Tensor, TensorSpec("field")]
    spread: Annotated[Tensor, TensorSpec("field", least=0.0)]
    correlation: Annotated[Tensor, TensorSpec("window window", check="covariance")]
    tail: Annotated[Tensor, TensorSpec("field 3", least=0.0)]


@dataclass(frozen=True)
class CellRange(Artifact):
    """The lowest and the highest value of each standardised cell in training, (*row)."""

    lowest: Annotated[Tensor, TensorSpec("row")]
    highest: Annotated[Tensor, TensorSpec("row")]


@dataclass(frozen=True)
class DenoisingTrial(Artifact):
    """What a trial on held-out clean rows found.

    ``shares`` (3, 2, 3): for each kind of noise tried, at a low and at a high rate, the shares of the model, of the
    Gaussian field and of the noisy row in the answer. ``clean`` (rows, kinds): by how many nats each kind of noise
    seems to explain a clean row better than no noise does. ``rounds`` (3, 2): by how many rounds of similar patches
    images are refined, for the same kinds and rates.
    """

    shares: Annotated[Tensor, TensorSpec("3 2 3", check="shares")]
    clean: Annotated[Tensor, TensorSpec("trial kinds")]
    rounds: Annotated[Tensor | None, TensorSpec("3 2", least=0.0)] = None
