"""Graphs of context decoders: p(cell | z, visible cells) of every cell in one pass."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from quintet.distributions import Distribution
from quintet.distributions.binned import Binned
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.distributions.joint import Joint
from quintet.distributions.levels import Levels
from quintet.export.modules import Graph, Outputs
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Shares of the quantiles of the steps of a series."""
HALVINGS, REACH = 32, 9.0
"""Halvings of a range that find a quantile; the range, in standard deviations about the components of a mixture."""


class ContextGraph(Graph):
    """p(x_i | z, visible cells) of every cell; of images and series a visible cell does not see itself.

    Beside ``mean`` and ``log_prob`` (nats, in the model's units) come, of tables, ``numbers`` (batch, columns of
    numbers, intervals + 1) and ``levels`` (batch, columns of levels, codes), probabilities whose places the metadata
    names; of series ``quantiles`` (batch, QUANTILES, *row_shape).
    """

    inputs: ClassVar[tuple[str, ...]] = ("x", "visible", "z", "has_z")

    def __init__(self, fitted: Fitted) -> None:
        super().__init__(fitted)
        assert isinstance(fitted.model, ContextModel)
        self.context = fitted.model
        self.extras = extras_of(fitted)

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names of the outputs."""
        return ("mean", "log_prob", *self.extras)

    def forward(self, x: Tensor, visible: Tensor, z: Tensor, has_z: Tensor, condition: Tensor | None = None) -> Outputs:
        """The outputs, in order."""
        x, there = self.weighed(x, visible)
        given = self.context.given(z[None], condition)
        found: Distribution = self.context.context(x[None], there[None], given, condition, has_z[None, :, None])
        return self.answers(found, x)

    def answers(self, found: Distribution, x: Tensor) -> Outputs:
        """The outputs, of the distribution over (1, batch, *row) of cells x, (batch, *row) in the model's units."""
        mean, log_prob = self.cells.to_user(found.mean[0]), self.cells.unlaid(found.log_prob(x[None])[0])
        more = []
        if isinstance(found, ElementwiseMixture):
            more.append(self._quantiles(found))
        elif isinstance(found, Joint):
            more += [shares(part.distribution) for part in found.parts]
        return (mean, log_prob, *more)

    def _quantiles(self, found: ElementwiseMixture) -> Tensor:
        """Quantiles of every cell in the user's units, (batch, QUANTILES, *row_shape)."""
        values = quantiles(found)
        rows = values.movedim(0, 1)
        flat = self.cells.to_user(rows.flatten(0, 1))
        return flat.reshape(-1, len(QUANTILES), *self.cells.schema.row_shape)


class GivenOthers(ContextGraph):
    """p(x_i | all other visible cells) of every cell of a table, without latents."""

    inputs = ("x", "visible")

    def forward(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Outputs:  # type: ignore[override]
        """The outputs, in order."""
        x, there = self.weighed(x, visible)
        return self.answers(self.context.given_others(x[None], there[None], condition), x)


def extras_of(fitted: Fitted) -> tuple[str, ...]:
    """The outputs of a context decoder beside mean and log probability."""
    schema = fitted.schema
    if not schema.columns:
        return ("quantiles",) if schema.sequential else ()
    return tuple(name for name, there in (("numbers", 0 in schema.codes), ("levels", any(schema.codes))) if there)


def shares(found: Distribution) -> Tensor:
    """Probabilities of the intervals, then of the wide component, or of the codes, (batch, columns, any)."""
    assert isinstance(found, Levels | Binned)
    return found.shares[0]


def quantiles(found: ElementwiseMixture) -> Tensor:
    """Quantiles in the model's units, (QUANTILES, batch, *row), by halving."""
    share = torch.tensor(QUANTILES, dtype=found.loc.dtype, device=found.loc.device)
    share = share.reshape(-1, *[1] * (found.loc.ndim - 2))
    low = (found.loc - REACH * found.scale).amin(0) + 0 * share
    high = (found.loc + REACH * found.scale).amax(0) + 0 * share
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = found.cdf(middle) >= share
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return high
