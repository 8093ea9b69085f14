"""The visible cells of some series, to which a chain adds group after group."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from quintet.data.row_layout import Steps
from quintet.data.sequences.calendar import Calendar
from quintet.distributions.chain import Group
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.networks.step_inputs import AboutSteps, SeenSteps
from quintet.networks.step_network import StepNetwork
from quintet.networks.step_windows import SeriesCells


class StepDecoder(Protocol):
    """A decoder that predicts a step from its window."""

    layout: Steps
    calendar: Calendar | None
    drifts: Tensor
    in_order: StepNetwork
    from_known: StepNetwork

    def series(self, x: Tensor, visible: Tensor, /) -> tuple[Tensor, Tensor]:
        """Flat rows and their visibility as series (..., steps, channels)."""

    def about(
        self,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None = None,
        visible: Tensor | None = None,
        /,
    ) -> Any:
        """What z and the condition say of series."""

    def about_steps(self, about: Any, at: Tensor, /) -> AboutSteps:
        """What is known of steps."""


class VisibleSeries:
    """Values and visibility of series; the features of a step serve all of its channels.

    Parameters
    ----------
    decoder : of the series.
    network : of the windows.
    about : what z and the condition say.
    like : (draws, batch), of the dtype and device of the cells.
    """

    def __init__(self, decoder: StepDecoder, network: StepNetwork, about: Any, like: Tensor) -> None:
        self.decoder, self.network, self.about = decoder, network, about
        shape = (*like.shape, decoder.layout.steps, decoder.layout.channels)
        self.x, self.visible = (torch.zeros(shape, dtype=like.dtype, device=like.device) for _ in range(2))
        self._step = -1
        self._found: tuple[SeenSteps, Tensor] | None = None

    def conditional(self, cells: Group) -> ElementwiseMixture:
        """p(x_i | z, visible cells) of some cells, over (draws, batch, cells)."""
        channels = self.decoder.layout.channels
        parts = [self._of(cell // channels, cell % channels) for cell in cells]
        return ElementwiseMixture.joined(parts, lambda each: torch.cat(each, -1))

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some cells visible, each once, where ``visible`` is above 0; x, visible (1 or draws, batch, cells)."""
        place, seen = torch.tensor(cells, device=x.device), visible > 0
        own, there = self.x.flatten(2), self.visible.flatten(2)
        own[..., place] = torch.where(seen, x.to(own), own[..., place])
        there[..., place] = torch.where(seen, 1.0, there[..., place])
        if any(cell // self.decoder.layout.channels != self._step for cell in cells):
            self._found = None

    def _of(self, step: int, channel: int) -> ElementwiseMixture:
        """The distribution of one cell, (draws, batch, 1)."""
        at = torch.tensor([[step]], device=self.x.device)
        if self._found is None or self._step != step:
            seen = self.network.seen(SeriesCells(self.x, self.visible, self.visible), at)
            self._found = seen, self.network.features(seen, self.decoder.about_steps(self.about, at))
            self._step = step
        seen, features = self._found
        own, there = self.x[:, :, [step]], self.visible[:, :, [step]]
        return self.network.distribution(features, seen, own, there.unsqueeze(-2), channel, channel + 1).select(
            (..., 0)
        )
