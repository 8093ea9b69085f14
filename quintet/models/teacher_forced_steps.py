"""The visible cells of some rows, as the state of a recurrent decoder that a chain carries from step to step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from quintet.distributions import Distribution
from quintet.distributions.chain import Group
from quintet.networks.recurrent import RecurrentWriter


class VisibleSteps:
    """The visible cells of some rows, of which each step reads those of the step before it.

    Parameters
    ----------
    decoder : of the rows.
    before : cells of a step (n, width) and their mask -> what the next step reads.
    likely : parameters (n, planes, cells) -> the distribution over (draws, batch, cells).
    z : (draws, batch, latents and condition).
    groups : the cells of each step, in order.
    """

    def __init__(
        self,
        decoder: RecurrentWriter,
        before: nn.Module,
        likely: Callable[[Tensor], Distribution],
        z: Tensor,
        groups: Sequence[Group],
    ) -> None:
        self.decoder, self.before, self.likely, self.lead = decoder, before, likely, z.shape[:2]
        self.z, self.step_of = z.flatten(0, 1), {group: step for step, group in enumerate(groups)}
        self.x = [self.z.new_zeros(self.z.shape[0], len(group)) for group in groups]
        self.visible = [torch.zeros_like(x, dtype=torch.bool) for x in self.x]
        self.state, self.parameters = decoder.start(self.z), list[Tensor]()

    def conditional(self, cells: Group) -> Distribution:
        """p(the cells of a step | z, visible cells of earlier steps), over (draws, batch, cells)."""
        step = self.step_of[cells]
        while len(self.parameters) <= step:
            last = len(self.parameters) - 1
            before = None if last < 0 else self.before(self.x[last], self.visible[last])
            raw, self.state = self.decoder.step(self.z, before, self.state)
            self.parameters.append(raw)
        return self.likely(self.parameters[step].reshape(self.z.shape[0], self.decoder.planes, -1))

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make cells of a step visible; x, visible (1 or draws, batch, cells), cells of visibility 0 stay as they are.

        Steps that were decoded without them are forgotten.
        """
        step = self.step_of[cells]
        own, seen = (t.expand(*self.lead, len(cells)).flatten(0, 1) for t in (x, visible > 0))
        self.x[step] = torch.where(seen, own.to(self.x[step].dtype), self.x[step])
        self.visible[step] = self.visible[step] | seen
        if step < len(self.parameters) - 1:
            self.state, self.parameters = self.decoder.start(self.z), []
