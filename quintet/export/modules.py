"""What a graph computes: wrappers around a fitted model with tensors as inputs and outputs."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from quintet.distributions import Distribution
from quintet.distributions.base import normal_for
from quintet.distributions.transformed import BANK, DRAWS, Transformed
from quintet.export.cells import Cells
from quintet.export.fixed_noise import FixedNoise
from quintet.models.base import Model
from quintet.models.fitted import Fitted
from quintet.models.partial_encoder import PartialEncoder

Outputs = Tensor | tuple[Tensor, ...]


class Graph(nn.Module):
    """One graph: its inputs by name, in order, and what ``forward`` computes of them.

    ``inputs`` are "x" (batch, *row_shape) in the user's units, "observed" of bool, "trust" and "visible" (0..1) of its
    shape, "z" (batch, latent_dim), "has_z" (batch,) of 0 and 1. A conditional model's last one is "condition",
    (batch, condition_dim) as ``Condition.encode`` gives it.
    """

    inputs: ClassVar[tuple[str, ...]]
    outputs: ClassVar[tuple[str, ...]]

    def __init__(self, fitted: Fitted) -> None:
        super().__init__()
        self.model: Model = fitted.model
        self.cells = Cells(fitted.schema)

    def seen(self, x: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Cells in the model's units, and which are observed: NaN is a missing cell."""
        return self.cells.to_model(x), self.cells.laid(observed & self.cells.learnt & ~torch.isnan(x))

    def weighed(self, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Cells in the model's units, and their trust or visibility: 0 of NaN."""
        return self.cells.to_model(x), self.cells.laid(torch.where(torch.isnan(x) | ~self.cells.learnt, 0.0, weight))


class Encoder(Graph):
    """Mean and standard deviation of q(z | observed cells)."""

    inputs = ("x", "observed")
    outputs = ("mean", "std")

    def __init__(self, fitted: Fitted) -> None:
        super().__init__(fitted)
        self.noise = FixedNoise(BANK, DRAWS)

    def forward(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Outputs:
        """(batch, latent_dim) each."""
        return moments(self.model.posterior(*self.seen(x, observed), condition), self.noise.begin())


class Partial(Graph):
    """The mixture of normals r(z | x̃, trust) of the partial encoder."""

    inputs = ("x", "trust")
    outputs = ("log_weight", "mean", "std")

    def __init__(self, fitted: Fitted) -> None:
        super().__init__(fitted)
        assert fitted.guide is not None
        self.guide: PartialEncoder = fitted.guide

    def forward(self, x: Tensor, trust: Tensor, condition: Tensor | None = None) -> Outputs:
        """(batch, k), and (batch, k, latent_dim) twice."""
        found = self.guide.posterior(*self.weighed(x, trust), condition)
        return found.log_weight, found.loc, found.scale


class Decoder(Graph):
    """E[x|z] of every cell: of levels without an order the most probable one."""

    inputs = ("z",)
    outputs = ("mean",)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Outputs:
        """(batch, *row_shape)."""
        return self.cells.to_user(self.model.decode(z[None], condition).point[0])


class LogProb(Graph):
    """The terms of log p(observed cells | z), in the model's units; 0 of cells that are not observed."""

    inputs = ("x", "observed", "z")
    outputs = ("log_prob",)

    def forward(self, x: Tensor, observed: Tensor, z: Tensor, condition: Tensor | None = None) -> Outputs:
        """(batch, *row_shape) in nats."""
        x, observed = self.seen(x, observed)
        found = self.model.decode(z[None], condition).terms(x, observed)[0]
        return self.cells.unlaid(torch.where(observed, found, 0.0))


class PriorLogProb(Graph):
    """log p(z)."""

    inputs = ("z",)
    outputs = ("log_prob",)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Outputs:
        """(batch,) in nats."""
        return self.model.log_prior(z[None], condition)[0]


def moments(q: Distribution, noise: FixedNoise) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each latent, (batch, latent_dim)."""
    mean = q.mean[0]
    if not isinstance(q, Transformed):
        return mean, q.variance[0].expand_as(mean).sqrt()
    z = q.flow.forward(q.loc + q.scale * normal_for(q.loc, noise))[0]  # as ``Transformed.variance``, by fixed draws
    return mean, (z - q.mean).square().mean(0).sqrt()
