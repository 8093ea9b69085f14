"""The visible cells of a table as a sum of embeddings: of tokens, of numbers between knots, and of visibility."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn

from quintet.distributions.chain import Group
from quintet.models.context.visible_cells import GroupTokens
from quintet.networks.column_tokens import CellTokens, ColumnTokens
from quintet.networks.number_knots import NumberKnots

AT_ONCE = 64
"""Cells whose embeddings are in memory at a time."""


class VisibleColumns(nn.Module):
    """Sum of the embeddings of the visible cells.

    Parameters
    ----------
    cells : the tokens of each cell.
    width : of the sum.
    """

    def __init__(self, cells: Sequence[CellTokens], width: int) -> None:
        super().__init__()
        self.cells, self.tokens = list(cells), ColumnTokens(cells)
        self._some: dict[Group, GroupTokens] = {}
        self.numbers = [place for place, cell in enumerate(cells) if not cell.codes]
        self.knots = NumberKnots([cells[place].bins for place in self.numbers], width)
        self.seen = nn.Parameter(torch.randn(self.tokens.total, width, dtype=torch.float32) / math.sqrt(len(cells)))
        self.mask = nn.Linear(len(cells), width)

    def forward(self, x: Tensor, visible: Tensor, jitter: Tensor | None = None) -> Tensor:
        """Rows and their visibility (draws, batch, cells) -> (draws, batch, width), with the offsets.

        Parameters
        ----------
        jitter : (draws, batch, cells), added to the numbers between knots.
        """
        weight = visible.to(self.seen.dtype)
        known = torch.where(visible > 0, x, 0.0)
        own: Tensor = self._embedded(self.tokens(known), weight) + self.mask(weight)
        if self.numbers:
            smooth = known if jitter is None else known + jitter
            own = own + self.knots(smooth[..., self.numbers], weight[..., self.numbers])
        return own

    def embedded(self, cells: Group, x: Tensor, visible: Tensor) -> Tensor:
        """What some visible cells add to the sum, (draws, batch, width); x, visible (draws, batch, cells)."""
        weight, group = visible.to(self.seen.dtype).unsqueeze(-1), self.group(cells)
        known = torch.where(visible > 0, x, 0.0)
        token = group.tokens(known) + group.shift
        there = self.mask.weight.T[list(cells)]
        total: Tensor | None = None
        if group.numbers:
            inside = group.tokens.number_cells
            total = self.knots(known[..., inside], weight[..., inside, 0], group.numbers)
        for start in range(0, len(cells), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            each = (self._seen(token[..., some]) + there[some]) * weight[..., some, :]
            own = each[..., 0, :] if each.shape[-2] == 1 else each.sum(-2)
            total = own if total is None else total + own
        assert total is not None
        return total

    def _seen(self, token: Tensor) -> Tensor:
        """Embeddings of tokens (...), (..., width); those of rare tokens are 0."""
        return self.seen[token] * self.tokens.own[token].to(self.seen.dtype).unsqueeze(-1)

    def _embedded(self, tokens: Tensor, weight: Tensor) -> Tensor:
        """Weighted sum of the embeddings of the cells' tokens, (draws, batch, width), in the memory of ``AT_ONCE``
        cells."""
        parts = zip(torch.split(tokens, AT_ONCE, -1), torch.split(weight, AT_ONCE, -1), strict=True)
        sums = [(self._seen(token) * own.unsqueeze(-1)).sum(-2) for token, own in parts]
        total = sums[0]
        for more in sums[1:]:
            total = total + more
        return total

    def group(self, cells: Group) -> GroupTokens:
        """The tokens of some cells."""
        if cells not in self._some:
            ends = [0, *accumulate(tokens.outputs for tokens in self.cells)]
            tokens = ColumnTokens([self.cells[cell] for cell in cells]).to(self.seen.device)
            index = [token for cell in cells for token in range(ends[cell], ends[cell + 1])]
            adjoining = index == list(range(index[0], index[-1] + 1))
            at = slice(index[0], index[-1] + 1) if adjoining else torch.tensor(index, device=self.seen.device)
            shift = self.tokens.first[list(cells)] - tokens.first
            numbers = [self.numbers.index(cell) for cell in cells if cell in self.numbers]
            self._some[cells] = GroupTokens(tokens, shift, at, numbers)
        return self._some[cells]
