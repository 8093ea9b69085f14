"""Cells of a table as tokens: the code of a level, the interval of a number.

A token that is frequent in training has an embedding and a logit of its own. Rare intervals of numbers have neither:
values near one another share a smooth input (``number_knots``) and a smooth distribution (``interval_shape``), without
which a network learns a table of a few thousand rows by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor, nn

from quintet.distributions.binned import ABSENT, Binned, Intervals
from quintet.distributions.joint import Joint, Part
from quintet.distributions.levels import Levels
from quintet.networks.interval_shape import PARAMETERS, IntervalShape, shape_of

OWN, OWN_VALUE = 100, 4
"""Training values from which on an interval has an embedding and a logit of its own: of several values, and of one."""


class CellTokens(NamedTuple):
    """The tokens of one cell: ``codes`` levels, the last of them ``OTHER`` if ``open``; or intervals of numbers.

    ``counts`` are the training values in each interval, ``single`` those that hold one value.
    """

    codes: int
    open: bool
    bins: tuple[tuple[float, float], ...]  # in the model's units
    counts: tuple[int, ...] = ()
    single: tuple[bool, ...] = ()

    @property
    def outputs(self) -> int:
        """Number of outputs of a network: a logit for each token, and the parameters of the intervals' shape."""
        return self.codes or len(self.bins) + 1 + PARAMETERS

    @property
    def own(self) -> list[bool]:
        """Whether each output depends on the features by weights of its own."""
        if self.codes:
            return [True] * self.codes
        single = self.single or (False,) * len(self.counts)
        least = [OWN_VALUE if alone else OWN for alone in single]
        own = [count >= enough for count, enough in zip(self.counts, least, strict=True)]
        return own + [True] * (1 + PARAMETERS)


class ColumnTokens(nn.Module):
    """Tokens of the cells of a row, and the distribution of the cells given logits of all tokens.

    Parameters
    ----------
    cells : the tokens of each cell.
    """

    first: Tensor
    lows: Tensor
    highs: Tensor
    centre: Tensor
    scale: Tensor
    number_cells: Tensor
    level_cells: Tensor
    number_logits: Tensor
    level_logits: Tensor
    exists: Tensor
    drawn: Tensor
    own: Tensor
    shape_outputs: Tensor
    edges: Tensor
    shares: Tensor

    def __init__(self, cells: Sequence[CellTokens]) -> None:
        super().__init__()
        self.total = sum(cell.outputs for cell in cells)
        starts = torch.tensor([0, *accumulate(cell.outputs for cell in cells)][:-1], device="cpu")
        numbers = [i for i, cell in enumerate(cells) if not cell.codes]
        levels = [i for i, cell in enumerate(cells) if cell.codes]
        self._keep("first", starts)
        self._keep("number_cells", torch.tensor(numbers, dtype=torch.int64, device="cpu"))
        self._keep("level_cells", torch.tensor(levels, dtype=torch.int64, device="cpu"))
        self._keep("own", torch.tensor([own for cell in cells for own in cell.own], dtype=torch.float32, device="cpu"))
        self._keep_numbers([cells[i] for i in numbers], starts[numbers])
        self._keep_levels([cells[i] for i in levels], starts[levels])

    def forward(self, x: Tensor) -> Tensor:
        """Cells (..., cells) -> the index of each cell's token among all tokens, (..., cells) of int64."""
        out = torch.zeros(x.shape, dtype=torch.int64, device=x.device)
        if len(self.level_cells):
            code = x.index_select(-1, self.level_cells).long()
            out = out.index_copy(-1, self.level_cells, code.clamp(min=0).minimum(self._codes - 1))
        if len(self.number_cells):
            value = x.index_select(-1, self.number_cells).unsqueeze(-1)
            inside = (value >= self.lows.to(x)) & (value < self.highs.to(x))
            narrow = torch.where(inside, (self.highs - self.lows).to(x), torch.inf)
            found = torch.where(inside.any(-1), narrow.argmin(-1), self._nearest(value))
            out = out.index_copy(-1, self.number_cells, found)
        return out + self.first

    def distribution(self, logits: Tensor) -> Joint:
        """Distribution of all cells, given a network's outputs (draws, batch, outputs)."""
        parts = []
        if len(self.number_cells):
            smooth = IntervalShape(self.edges, self.shares).log_shares(logits[..., self.shape_outputs])
            own = (logits[..., self.number_logits] + smooth).masked_fill(self.number_logits < 0, ABSENT)
            intervals = Intervals(self.lows, self.highs, self.centre, self.scale).to(logits)
            parts.append(Part(self.number_cells, Binned(own, intervals)))
        if len(self.level_cells):
            own = logits[..., self.level_logits].masked_fill(~self.exists, ABSENT)
            parts.append(Part(self.level_cells, Levels(own, self.drawn)))
        return Joint(tuple(parts))

    @property
    def _codes(self) -> Tensor:
        return self.exists.sum(-1)

    def _nearest(self, value: Tensor) -> Tensor:
        """The interval with the nearest centre."""
        middle = torch.where(self.highs > self.lows, (self.lows + self.highs) / 2, torch.inf)
        return (value - middle.to(value)).abs().argmin(-1)

    def _keep_numbers(self, cells: Sequence[CellTokens], starts: Tensor) -> None:
        most = max((len(cell.bins) for cell in cells), default=1)
        ends = torch.zeros(len(cells), most, 2, dtype=torch.float64, device="cpu")
        logits = torch.full((len(cells), most + 1), -1, device="cpu")
        for i, cell in enumerate(cells):
            ends[i, : len(cell.bins)] = torch.tensor(cell.bins, dtype=torch.float64, device="cpu")
            logits[i, : len(cell.bins)] = torch.arange(len(cell.bins), device="cpu") + starts[i]
            logits[i, most] = starts[i] + len(cell.bins)
        shapes = [shape_of(cell.counts, most) for cell in cells]
        self._keep("edges", torch.stack([shape.edges for shape in shapes]) if shapes else ends[..., 0])
        self._keep("shares", torch.stack([shape.shares for shape in shapes]) if shapes else ends[..., 0])
        self._keep("shape_outputs", logits[:, most, None] + 1 + torch.arange(PARAMETERS, device="cpu"))
        low, high = ends[..., 0], ends[..., 1]
        bottom = torch.where(high > low, low, torch.inf).amin(-1) if len(cells) else low.sum(-1)
        top = torch.where(high > low, high, -torch.inf).amax(-1) if len(cells) else low.sum(-1)
        self._keep("lows", low)
        self._keep("highs", high)
        self._keep("centre", (bottom + top) / 2)
        self._keep("scale", ((top - bottom) / 2).clamp(min=1e-6))
        self._keep("number_logits", logits)

    def _keep_levels(self, cells: Sequence[CellTokens], starts: Tensor) -> None:
        codes = torch.tensor([cell.codes for cell in cells], dtype=torch.int64, device="cpu")
        code = torch.arange(max((cell.codes for cell in cells), default=1), device="cpu")
        exists = code < codes[:, None]
        other = torch.tensor([cell.open for cell in cells], dtype=torch.bool, device="cpu")[:, None] & (
            code == codes[:, None] - 1
        )
        self._keep("exists", exists)
        self._keep("drawn", exists & ~other)
        self._keep("level_logits", torch.where(exists, code + starts[:, None], 0))

    def _keep(self, name: str, value: Tensor) -> None:
        """A buffer that follows from the schema and is not part of the file."""
        self.register_buffer(name, value, persistent=False)
