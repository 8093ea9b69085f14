"""The visible cells of a table as a sum: embeddings of tokens, of numbers between knots and of visibility, and the
evidence of the numbers about the factors of a linear model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import accumulate

import torch
from torch import Tensor, nn

from quintet.distributions.chain import Group
from quintet.models.context.visible_cells import GroupTokens
from quintet.networks.column_tokens import CellTokens, ColumnTokens
from quintet.networks.linear_factors import LinearFactors
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
        self._some: dict[tuple[Group, torch.device], GroupTokens] = {}
        self.numbers = [place for place, cell in enumerate(cells) if not cell.codes]
        self.knots = NumberKnots(
            [cells[place].bins for place in self.numbers], [cells[place].counts for place in self.numbers], width
        )
        self.factors = LinearFactors(len(self.numbers)) if len(self.numbers) > 1 else None
        self.seen = nn.Parameter(torch.randn(self.tokens.total, width, dtype=torch.float32) / math.sqrt(len(cells)))
        self.mask = nn.Linear(len(cells), width)

    def forward(
        self, x: Tensor, visible: Tensor, jitter: Tensor | None = None, by_token: Tensor | None = None
    ) -> Tensor:
        """Rows and their visibility (draws, batch, cells) -> the sum with offsets, (draws, batch, width + evidence).

        Parameters
        ----------
        jitter : (draws, batch, cells), added to the numbers between knots.
        by_token : (draws, batch, cells) of 0 and 1, the cells whose tokens are seen; None: all.
        """
        weight = visible.to(self.seen.dtype)
        known = torch.where(visible > 0, x, 0.0)
        own: Tensor = self._embedded(self.tokens(known), weight if by_token is None else weight * by_token) + self.mask(
            weight
        )
        if not self.numbers:
            return own
        smooth = known if jitter is None else known + jitter
        inside = self.tokens.number_cells
        return self._with_numbers(own, smooth.index_select(-1, inside), weight.index_select(-1, inside))

    def _with_numbers(
        self, own: Tensor, x: Tensor, visible: Tensor, columns: list[int] | slice = slice(None)
    ) -> Tensor:
        """The sum with the embeddings of some numbers (draws, batch, columns), and their evidence."""
        found = self.knots.pieces(x, columns)
        own = own + self.knots(found, visible, columns)
        if self.factors is None:
            return own
        with nullcontext() if x.is_meta else torch.autocast(x.device.type, enabled=False):
            about = self.factors.evidence(self.knots.scores(found, columns), visible, columns)
        return torch.cat([own.to(about.dtype), about], -1)

    def widened(self, own: Tensor) -> Tensor:
        """Embeddings (..., width) of what is no number, without evidence, (..., width + evidence)."""
        if self.factors is None:
            return own
        return torch.cat([own, own.new_zeros(*own.shape[:-1], self.factors.width)], -1)

    def embedded(self, cells: Group, x: Tensor, visible: Tensor) -> Tensor:
        """What some visible cells add to the sum, (draws, batch, width); x, visible (draws, batch, cells)."""
        weight, group = visible.to(self.seen.dtype).unsqueeze(-1), self.group(cells)
        known = torch.where(visible > 0, x, 0.0)
        token = group.tokens(known) + group.shift
        there = self.mask.weight.T[list(cells)]
        total: Tensor | None = None
        for start in range(0, len(cells), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            each = (self._seen(token[..., some]) + there[some]) * weight[..., some, :]
            own = each[..., 0, :] if each.shape[-2] == 1 else each.sum(-2)
            total = own if total is None else total + own
        assert total is not None
        if not group.numbers:
            return self.widened(total)
        inside = group.tokens.number_cells
        return self._with_numbers(total, known[..., inside], weight[..., inside, 0], group.numbers)

    def _seen(self, token: Tensor) -> Tensor:
        """Embeddings of tokens (...), (..., width); those of rare tokens are 0."""
        return self.seen[token] * self.tokens.own[token].to(self.seen.dtype).unsqueeze(-1)

    def _embedded(self, tokens: Tensor, weight: Tensor) -> Tensor:
        """Weighted sum of the embeddings of the cells' tokens, (draws, batch, width), in the memory of ``AT_ONCE``
        cells."""
        size = min(AT_ONCE, len(self.cells))
        parts = zip(torch.split(tokens, size, -1), torch.split(weight, size, -1), strict=True)
        sums = [(self._seen(token) * own.unsqueeze(-1)).sum(-2) for token, own in parts]
        total = sums[0]
        for more in sums[1:]:
            total = total + more
        return total

    def group(self, cells: Group) -> GroupTokens:
        """The tokens of some cells."""
        key = cells, self.seen.device
        if key not in self._some:
            ends = [0, *accumulate(tokens.outputs for tokens in self.cells)]
            tokens = ColumnTokens([self.cells[cell] for cell in cells]).to(self.seen.device)
            index = [token for cell in cells for token in range(ends[cell], ends[cell + 1])]
            adjoining = index == list(range(index[0], index[-1] + 1))
            at = slice(index[0], index[-1] + 1) if adjoining else torch.tensor(index, device=self.seen.device)
            shift = self.tokens.first[list(cells)] - tokens.first
            numbers = [self.numbers.index(cell) for cell in cells if cell in self.numbers]
            self._some[key] = GroupTokens(tokens, shift, at, numbers, linear_places(tokens, numbers, len(self.numbers)))
        return self._some[key]


def linear_places(tokens: ColumnTokens, numbers: Sequence[int], columns: int) -> Tensor:
    """For each output of some cells the place of what the linear model adds to it, (outputs,).

    Means of all ``columns`` of numbers stand first, then their log spreads, then a 0.
    """
    places = torch.full((tokens.total,), 2 * columns, device=tokens.first.device)
    for outputs, number in zip(tokens.shape_outputs, numbers, strict=True):
        places[outputs[-2]], places[outputs[-1]] = number, columns + number
    return places
