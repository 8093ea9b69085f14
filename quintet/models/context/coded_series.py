"""Series as they are entropy-coded: hidden layers in fixed point, and cdfs of normals from a table."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from quintet.codec.entropy.normal_mixture import NormalMixture
from quintet.distributions.chain import Group
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.models.context.visible_series import VisibleSeries
from quintet.networks.step_network import StepNetwork


class SeriesDecoder(Protocol):
    """A decoder of series that this module evaluates for the coder."""

    in_order: StepNetwork

    def begin(self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, /) -> VisibleSeries:
        """Series of which no cell is visible yet."""

    def in_one_pass(
        self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None, /
    ) -> ElementwiseMixture:
        """The distribution of every cell given those before it."""


class CodedSeries:
    """p(cell | z, cells before it) of series.

    Parameters
    ----------
    decoder : in float64 on the CPU; its network in order is turned to fixed point.
    """

    def __init__(self, decoder: SeriesDecoder) -> None:
        self.decoder = decoder
        decoder.in_order.in_fixed_point()

    def begin(self, z: Tensor | None, condition: Tensor | None, count: int) -> CodedSteps:
        """``count`` series of which no cell is visible yet; z (1, rows, features), or None."""
        like = self.decoder.in_order.usual.new_zeros(1, count, 1)
        return CodedSteps(self.decoder.begin(like, z, condition))

    def in_one_pass(self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None) -> NormalMixture:
        """The distribution of every cell given those before it, over (1, rows, cells); x, observed (rows, cells)."""
        found = self.decoder.in_one_pass(x[None], observed[None].to(x.dtype), z, condition)
        return NormalMixture.of_logs(found.log_weight, found.loc, found.scale)


class CodedSteps:
    """Series, hidden at first."""

    def __init__(self, visible: VisibleSeries) -> None:
        self.visible = visible

    def conditional(self, cells: Group) -> NormalMixture:
        """p(cell | z, visible cells) of some cells, over (1, rows, cells)."""
        found = self.visible.conditional(cells)
        return NormalMixture.of_logs(found.log_weight, found.loc, found.scale)

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some cells visible, each once, where ``visible`` is above 0; x, visible (1, rows, cells)."""
        self.visible.reveal(cells, x, visible)
