"""p(coefficients of a block | visible coefficients), for blocks of an image in turns.

The coefficients of a block fall into four groups, from the coarse to the fine ones; blocks fall into four phases by
whether their row and their column are odd. In turn (group, phase) every block of the phase gets its coefficients of
the group, given all earlier turns: in the block itself and in the eight around it. So an image of any size takes
sixteen evaluations of the network, and neighbours on all sides are known where most coefficients are predicted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from quintet.artifacts.block_code import BlockCode
from quintet.models.block_code.transform import SIDE

GROUPS, PHASES = 4, 4
BOUNDS = (0.0, 1 / 32, 1 / 8, 3 / 8, 1.0)
"""Where the groups begin and end, as shares of a block's coefficients."""
NEAR = 1 / 6
"""Share of the coefficients of a neighbouring block that the network reads."""
FARTHEST = 8.0
"""Inputs are clipped at so many spreads."""
WIDE = 0.7
"""Log of how much wider than the first the second logistic is, before training."""
NARROW = 0.4
"""Scale of the first logistic before training, in spreads."""
USUAL_STEP = 32.0
"""The step for which the input that holds its logarithm is 0, in grey levels."""


class Turn(NamedTuple):
    """A group of coefficients of the blocks of a phase."""

    group: int
    phase: int


def turns() -> Iterator[Turn]:
    """All turns in the order of coding."""
    return (Turn(group, phase) for group in range(GROUPS) for phase in range(PHASES))


def span(group: int, cells: int) -> slice:
    """The coefficients of a group, of a block of so many cells."""
    return slice(round(BOUNDS[group] * cells), round(BOUNDS[group + 1] * cells))


def features(channels: int) -> int:
    """Number of inputs of the network."""
    cells = SIDE * SIDE * channels
    return 8 * round(NEAR * cells) + cells + 9 * GROUPS + GROUPS + 1


@dataclass(frozen=True)
class TwoLogistics:
    """A mixture of two logistic distributions of one mean for each element; all of one shape."""

    loc: Tensor
    log_scale: Tensor
    log_scale_wide: Tensor
    logit: Tensor  # of the weight of the first

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x)."""
        share, gap = torch.sigmoid(self.logit), x - self.loc
        first = torch.sigmoid(gap * torch.exp(-self.log_scale))
        second = torch.sigmoid(gap * torch.exp(-self.log_scale_wide))
        return share * first + (1 - share) * second

    def mass(self, low: Tensor, high: Tensor) -> Tensor:
        """P(low < X <= high), without the cancellation of two numbers near 1."""
        right = (low + high) / 2 > self.loc
        mirrored = 2 * self.loc - high, 2 * self.loc - low
        low, high = torch.where(right, mirrored[0], low), torch.where(right, mirrored[1], high)
        return self.cdf(high) - self.cdf(low)

    def density(self, x: Tensor) -> Tensor:
        """The density at x."""
        share, gap = torch.sigmoid(self.logit), (x - self.loc).abs()

        def one(log_scale: Tensor) -> Tensor:
            far = torch.exp(-gap * torch.exp(-log_scale))
            return far / (1 + far).square() * torch.exp(-log_scale)

        return share * one(self.log_scale) + (1 - share) * one(self.log_scale_wide)

    def select(self, index: object) -> TwoLogistics:
        """The distribution of the selected elements."""
        parts = self.loc, self.log_scale, self.log_scale_wide, self.logit
        return TwoLogistics(*(part[index] for part in parts))  # type: ignore[index]


def predicted(code: BlockCode, k: Tensor, step: Tensor, group: int, phase: Tensor) -> tuple[TwoLogistics, Tensor]:
    """Distributions of the coefficients of a turn in grey levels, (blocks, coefficients of the group).

    Parameters
    ----------
    k : (n, rows, columns, cells) whole numbers, of which those of earlier turns are read.
    step : (n,) of each image.
    phase : (n,) of int64.

    Returns
    -------
    tuple
        The distributions; and which blocks they are of, (n, rows, columns) of bool.
    """
    x, chosen = _inputs(code, k, step, group, phase)
    h = F.linear(x, code.w_in, code.b_in)
    h = h + F.linear(F.relu(F.linear(F.relu(h), code.w_mid, code.b_mid)), code.w_back, code.b_back)
    cells = len(code.spread)
    here = span(group, cells)
    weight = code.w_out.reshape(4, cells, -1)[:, here].flatten(0, 1)
    bias = code.b_out.reshape(4, cells)[:, here].flatten()
    out = F.linear(F.relu(h), weight, bias).reshape(len(h), 4, _size(group, cells)).unbind(1)
    spread = code.spread[here]
    scale = torch.log(spread * NARROW) + out[1]
    return TwoLogistics(out[0] * spread, scale, scale + (WIDE + out[2]), out[3]), chosen


def _inputs(code: BlockCode, k: Tensor, step: Tensor, group: int, phase: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs (blocks, features) of the blocks of a turn, and which they are."""
    rows, columns, cells = k.shape[1:]
    each = step[:, None, None, None]
    own = _phases(rows, columns, k.device)
    turn = own < phase[:, None, None]  # blocks that had their turn in this group
    seen = torch.stack([turn if g == group else torch.full_like(turn, g < group) for g in range(GROUPS)], -1)
    visible = torch.cat([seen[..., g, None].expand(-1, -1, -1, _size(g, cells)) for g in range(GROUPS)], -1)
    value = (k * each / torch.maximum(code.spread, each / 3)).clamp(-FARTHEST, FARTHEST) * visible
    known = seen.to(value.dtype)
    around = F.pad(torch.cat([value[..., : round(NEAR * cells)], known], -1), (0, 0, 1, 1, 1, 1))
    chosen = own == phase[:, None, None]
    places = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    parts = [around[:, i : i + rows, j : j + columns][chosen] for i, j in places]
    size = torch.log(each / USUAL_STEP).expand(-1, rows, columns, 1)[chosen]
    which = torch.zeros(len(size), GROUPS, dtype=value.dtype, device=value.device)
    which[:, group] = 1.0
    return torch.cat([*parts, value[chosen], known[chosen], size, which], 1), chosen


def _size(group: int, cells: int) -> int:
    here = span(group, cells)
    return int(here.stop - here.start)


def _phases(rows: int, columns: int, device: torch.device) -> Tensor:
    """(1, rows, columns): blocks of even rows and columns first, then those diagonal to them, then the others."""
    odd = [torch.arange(count, dtype=torch.int64, device=device) % 2 for count in (rows, columns)]
    below, right = odd[0][:, None], odd[1][None]
    return torch.where(below == right, below, 2 + below)[None]
