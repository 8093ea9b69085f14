"""Context decoder of a table: p(cell | z, visible cells) for every cell, by a masked residual network over tokens.

An order-agnostic autoregressive decoder (Uria, Murray and Larochelle, 2014; Hoogeboom et al., 2022) with latents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, silu

from quintet.data.columns.bins import Interval
from quintet.data.schema import Schema
from quintet.distributions.chain import Group
from quintet.distributions.joint import Joint
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.visible_cells import GroupTokens, VisibleCells
from quintet.networks import Marginals
from quintet.networks.column_tokens import CellTokens, ColumnTokens
from quintet.networks.interval_shape import start_shape
from quintet.networks.number_knots import NumberKnots
from quintet.noise import Noise

WIDTH, BLOCKS = 384, 2
"""Width and number of the residual blocks."""
MOST_PASSES = 64
"""Most passes in which every cell is predicted from the others."""
AT_ONCE = 64
"""Cells whose embeddings are in memory at a time."""
JITTER, MOST_JITTER = 1.2, 0.3
"""Noise on the numbers that the network sees in training: the first over the root of the number of rows, in standard
deviations of a column, at most the second."""
TOKENS, FEWEST_BINS = 16_384, 8
"""Most tokens of all numbers of a row, and the fewest intervals of one of them."""


class ResidualBlock(nn.Module):
    """x + W₂ silu(W₁ norm(x))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.inner, self.outer = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
        out: Tensor = x + self.outer(silu(self.inner(self.norm(x))))
        return out


class ColumnContext(ContextDecoder):
    """The context decoder of rows of columns.

    Parameters
    ----------
    schema : Schema of kind "columns".
    latent_dim : int
    width, blocks : of the network.
    """

    spread: Tensor

    def __init__(self, schema: Schema, latent_dim: int, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.cells = cell_tokens(schema)
        self.tokens = ColumnTokens(self.cells)
        self._some: dict[Group, GroupTokens] = {}
        self.numbers = [place for place, cell in enumerate(self.cells) if not cell.codes]
        self.knots = NumberKnots([self.cells[place].bins for place in self.numbers], width)
        self.seen = nn.Parameter(torch.randn(self.tokens.total, width, dtype=torch.float32) / math.sqrt(schema.size))
        self.register_buffer("spread", jitter_of(self.cells), persistent=False)
        self.mask = nn.Linear(schema.size, width)
        self.latent = nn.Linear(latent_dim, width)
        self.null = nn.Parameter(torch.zeros(width, dtype=torch.float32))
        self.condition = nn.Linear(schema.condition_dim, width, bias=False) if schema.condition_dim else None
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)), nn.LayerNorm(width))
        self.out = nn.Linear(width, self.tokens.total)
        with torch.no_grad():
            self.out.weight.mul_(0.1)
            for outputs in self.tokens.shape_outputs:
                start_shape(self.out.weight, self.out.bias, outputs)

    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
        jitter: Tensor | None = None,
    ) -> Joint:
        """p(x_i | z, visible cells) of every cell, over (draws, batch, cells).

        Parameters
        ----------
        x, visible : (draws or 1, batch, cells); cells of visibility 0 are not read. Between 0 and 1 a cell is seen with
            that confidence.
        z : (draws, batch, latent_dim), or None: the learnt null in its place.
        has_z : (draws, batch, 1) of 0 and 1, rows whose z is read; None: all.
        jitter : (draws or 1, batch, cells), added to the numbers as the network sees them, in training.
        """
        features = self._features(x, visible, z, condition, has_z, jitter)
        return self.tokens.distribution(_at_least_float(linear(features, self._weight(slice(None)), self.out.bias)))

    def jitter(self, rows: Tensor, noise: Noise) -> Tensor:
        """Noise on the numbers, which shrinks with the number of training rows, (1, batch, cells)."""
        return self.spread * noise.normal(len(rows), len(self.cells)).to(rows)

    def begin(self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None) -> VisibleCells:
        """Rows of which no cell is visible yet.

        Parameters
        ----------
        rows : (1 or draws, batch, cells), for their number alone.
        z : (draws, batch, latent_dim), or None: the learnt null in its place.
        """
        about = self.mask.bias + self._unseen(z, condition)
        draws = len(rows) if z is None else max(len(rows), len(z))
        return VisibleCells(self, about.expand(draws, rows.shape[1], -1))

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Joint:
        """p(x_i | all other visible cells) of every cell without latents; x, visible (draws, batch, cells).

        In rows of more than ``MOST_PASSES`` cells each is hidden together with some others, far apart in the row.
        """
        passes = range(min(len(self.cells), MOST_PASSES))
        hidden = [tuple(range(first, len(self.cells), MOST_PASSES)) for first in passes]
        own = [self.embedded(cells, x[..., list(cells)], visible[..., list(cells)]) for cells in hidden]
        after = list(accumulate(reversed(own[1:])))[::-1]  # what the groups after each one add
        before, logits = self.begin(x, None, condition), dict[int, Tensor]()
        for number, cells in enumerate(hidden):
            seen = before.features if number == len(own) - 1 else before.features + after[number]
            found = self.logits_of(cells, seen)
            logits |= dict(
                zip(cells, torch.split(found, [self.cells[cell].outputs for cell in cells], -1), strict=True)
            )
            before.features = before.features + own[number]
        return self.tokens.distribution(_at_least_float(torch.cat([logits[cell] for cell in sorted(logits)], -1)))

    def embedded(self, cells: Group, x: Tensor, visible: Tensor) -> Tensor:
        """What some visible cells add to the features, (draws, batch, width); x, visible (draws, batch, cells)."""
        weight, group = visible.to(self.seen.dtype).unsqueeze(-1), self._group(cells)
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

    def logits_of(self, cells: Group, features: Tensor) -> Tensor:
        """Logits of the tokens of some cells; ``features``, (draws, batch, width), are those of ``VisibleCells``."""
        at = self._group(cells).logits
        found: Tensor = linear(self.blocks(features), self._weight(at), self.out.bias[at])
        return found

    def distribution(self, cells: Group, features: Tensor) -> Joint:
        """Distribution of some cells."""
        return self._group(cells).tokens.distribution(_at_least_float(self.logits_of(cells, features)))

    def _weight(self, outputs: slice | Tensor) -> Tensor:
        """Weights of some outputs, (outputs, width); those of rare tokens are 0."""
        return self.out.weight[outputs] * self.tokens.own[outputs].to(self.out.weight.dtype).unsqueeze(-1)

    def _seen(self, token: Tensor) -> Tensor:
        """Embeddings of tokens (...), (..., width); those of rare tokens are 0."""
        return self.seen[token] * self.tokens.own[token].to(self.seen.dtype).unsqueeze(-1)

    def _features(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        jitter: Tensor | None,
    ) -> Tensor:
        """Features of the visible cells and z, (draws, batch, width)."""
        weight = visible.to(self.seen.dtype)
        known = torch.where(visible > 0, x, 0.0)
        own = self._embedded(self.tokens(known), weight) + self.mask(weight)
        if self.numbers:
            smooth = known if jitter is None else known + jitter
            own = own + self.knots(smooth[..., self.numbers], weight[..., self.numbers])
        features: Tensor = self.blocks(own + self._unseen(z, condition, has_z))
        return features

    def _unseen(self, z: Tensor | None, condition: Tensor | None, has_z: Tensor | None = None) -> Tensor:
        """What z and the condition add to the features, (draws, batch, width) or (width,)."""
        own: Tensor = self.null
        if z is not None:
            about = self.latent(z.to(own.dtype)).to(own.dtype)  # training may multiply in bfloat16
            own = about if has_z is None else torch.lerp(self.null.expand_as(about), about, has_z.to(about))
        if self.condition is not None and condition is not None:
            own = own + self.condition(condition.to(own.dtype))
        return own

    def _embedded(self, tokens: Tensor, weight: Tensor) -> Tensor:
        """Weighted sum of the embeddings of the cells' tokens, (draws, batch, width), in the memory of ``AT_ONCE``
        cells."""
        parts = zip(torch.split(tokens, AT_ONCE, -1), torch.split(weight, AT_ONCE, -1), strict=True)
        sums = [(self._seen(token) * own.unsqueeze(-1)).sum(-2) for token, own in parts]
        total = sums[0]
        for more in sums[1:]:
            total = total + more
        return total

    def _group(self, cells: Group) -> GroupTokens:
        """The tokens of some cells."""
        if cells not in self._some:
            ends = [0, *accumulate(tokens.outputs for tokens in self.cells)]
            tokens = ColumnTokens([self.cells[cell] for cell in cells]).to(self.out.bias.device)
            index = [token for cell in cells for token in range(ends[cell], ends[cell + 1])]
            adjoining = index == list(range(index[0], index[-1] + 1))
            at = slice(index[0], index[-1] + 1) if adjoining else torch.tensor(index, device=self.out.bias.device)
            shift = self.tokens.first[list(cells)] - tokens.first
            numbers = [self.numbers.index(cell) for cell in cells if cell in self.numbers]
            self._some[cells] = GroupTokens(tokens, shift, at, numbers)
        return self._some[cells]

    @torch.no_grad()
    def start_at(self, marginals: Marginals) -> None:
        """Set the output's offsets to the marginal distribution of each level; intervals begin equally likely."""
        for cell, (start, tokens) in enumerate(zip(self.tokens.first.tolist(), self.cells, strict=True)):
            if tokens.codes:
                found = marginals.shares(tokens.codes)[:, cell] * marginals.count[cell] + 0.5 / tokens.codes
                self.out.bias[start : start + tokens.codes] = (found / found.sum()).log().float()


def _at_least_float(logits: Tensor) -> Tensor:
    """Logits in float32, or float64 where they are: sums of probabilities need it."""
    return logits if logits.dtype == torch.float64 else logits.float()


def cell_tokens(schema: Schema) -> list[CellTokens]:
    """The tokens of each cell, with intervals in the model's units."""
    found, most = [], max(FEWEST_BINS, TOKENS // schema.size)
    for column, loc, scale in zip(schema.modelled, schema.loc, schema.scale, strict=True):
        support = getattr(column, "support", None)
        bins, counts = ((), ()) if support is None else coarser(support.bins, support.counts, most)
        scaled = tuple(((low - loc) / scale, (high - loc) / scale) for low, high in bins)
        found.append(CellTokens(column.codes, column.open, scaled, counts))
    return found


def jitter_of(cells: Sequence[CellTokens]) -> Tensor:
    """Standard deviation of the noise on each cell that the network sees in training, (cells,); 0 for levels.

    Like the standard error of a mean it shrinks with the number of rows.
    """
    spread = [0.0 if cell.codes else min(JITTER / math.sqrt(max(sum(cell.counts), 1)), MOST_JITTER) for cell in cells]
    return torch.tensor(spread, dtype=torch.float32, device="cpu")


def coarser(
    bins: tuple[Interval, ...], counts: tuple[int, ...], most: int
) -> tuple[tuple[Interval, ...], tuple[int, ...]]:
    """At most ``most`` intervals and their training values: neighbours are merged."""
    step = max(-(-len(bins) // most), 1)
    starts = range(0, len(bins), step)
    parts = [bins[start : start + step] for start in starts]
    merged = tuple((min(low for low, _ in part), max(high for _, high in part)) for part in parts)
    return merged, tuple(sum(counts[start : start + step]) for start in starts)
