"""Context decoder of a table: p(cell | z, visible cells) for every cell, by a masked residual network over tokens.

An order-agnostic autoregressive decoder (Uria, Murray and Larochelle, 2014; Hoogeboom et al., 2022) with latents.
"""

from __future__ import annotations

from contextlib import nullcontext
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from quintet.data.schema import Schema
from quintet.distributions.chain import Group, Known
from quintet.distributions.joint import Joint
from quintet.models.context.cell_tokens import cell_tokens, jitter_of, unseen_tokens
from quintet.models.context.decoder import ContextDecoder, estimate, first_decided, random_decided
from quintet.models.context.missing_cells import MissingCells
from quintet.models.context.visible_cells import VisibleCells
from quintet.models.context.visible_columns import VisibleColumns, linear_places
from quintet.networks import Marginals
from quintet.networks.column_tokens import ColumnTokens
from quintet.networks.interval_shape import start_shape
from quintet.networks.residual import ResidualBlock
from quintet.noise import Noise

WIDTH, BLOCKS = 384, 2
"""Width and number of the residual blocks."""
IN_ORDER = 0.5
"""Share of training rows of which the first columns are visible, since rows are drawn and coded in that order; of the
others any columns are, as questions about rows with missing cells ask for."""
MOST_PASSES = 64
"""Most passes in which every cell is predicted from the others."""


class ColumnContext(ContextDecoder):
    """The context decoder of rows of columns.

    Parameters
    ----------
    schema : Schema of kind "columns".
    latent_dim : int
    width, blocks : of the network.
    """

    spread: Tensor
    unseen_tokens: Tensor
    linear_places: Tensor

    def __init__(self, schema: Schema, latent_dim: int, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.inputs = VisibleColumns(cell_tokens(schema), width)
        self.cells = self.inputs.cells
        self.register_buffer("spread", jitter_of(self.cells), persistent=False)
        self.register_buffer("unseen_tokens", unseen_tokens(self.cells), persistent=False)
        factors, numbers = self.inputs.factors, self.inputs.numbers
        self.from_factors = nn.Linear(factors.size, width, bias=False) if factors is not None else None
        places = linear_places(self.inputs.tokens, range(len(numbers)), len(numbers))
        self.register_buffer("linear_places", places, persistent=False)
        self.latent = nn.Linear(latent_dim, width)
        self.null = nn.Parameter(torch.zeros(width, dtype=torch.float32))
        self.condition = nn.Linear(schema.condition_dim, width, bias=False) if schema.condition_dim else None
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)), nn.LayerNorm(width))
        self.out = nn.Linear(width, self.tokens.total)
        gaps = [place for place, column in enumerate(schema.modelled) if column.missing]
        self.missing = MissingCells(gaps, schema.size, width) if gaps else None
        with torch.no_grad():
            self.out.weight.mul_(0.1)
            for outputs in self.tokens.shape_outputs:
                start_shape(self.out.weight, self.out.bias, outputs)

    @property
    def tokens(self) -> ColumnTokens:
        """The tokens of all cells."""
        return self.inputs.tokens

    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
    ) -> Joint:
        """p(x_i | z, visible cells) of every cell, over (draws, batch, cells).

        Parameters
        ----------
        x, visible : (draws or 1, batch, cells); cells of visibility 0 are not read. Between 0 and 1 a cell is seen with
            that confidence.
        z : (draws, batch, latent_dim), or None: the learnt null in its place.
        has_z : (draws, batch, 1) of 0 and 1, rows whose z is read; None: all.
        """
        return self._cells(*self._features(self._sum(x, visible, z, condition, has_z)))

    def training_terms(
        self,
        x: Tensor,
        observed: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        noise: Noise,
    ) -> Tensor:
        """As of every decoder, with noise on the numbers that the network sees and without some of their tokens, and
        the pattern of missing cells."""
        ahead = noise.uniform(len(x), 1)[0] < IN_ORDER
        decided = torch.where(ahead, first_decided(x, noise), random_decided(x, noise))
        jitter = self.spread * noise.normal(len(x), len(self.cells)).to(x)
        by_token = (noise.uniform(len(x), len(self.cells)).to(x) >= self.unseen_tokens).to(x.dtype)
        seen = self._sum(x[None], (decided * observed)[None], z, condition, has_z, jitter, by_token)
        about, marked = None, None
        if self.missing is not None:
            about, marked = self.missing.marks(observed, decided, noise)
            seen = seen + self.inputs.widened(about)[None]
        features, linear_part = self._features(seen)
        found = estimate(self._cells(features, linear_part).log_prob(x[None])[0], observed, decided)
        if self.missing is None or marked is None:
            return found
        return found + marked * self.missing.log_prob(features[0], observed, decided)

    def begin(
        self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, known: Known | None = None
    ) -> VisibleCells:
        """Rows of which no cell is visible yet.

        Parameters
        ----------
        rows : (1 or draws, batch, cells), for their number alone.
        z : (draws, batch, latent_dim), or None: the learnt null in its place.
        known : not used.
        """
        about = self.inputs.widened(self.inputs.mask.bias + self._unseen(z, condition))
        draws = len(rows) if z is None else max(len(rows), len(z))
        return VisibleCells(self, about.expand(draws, rows.shape[1], -1))

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Joint:
        """p(x_i | all other visible cells) of every cell without latents; x, visible (draws, batch, cells).

        In rows of more than ``MOST_PASSES`` cells each is hidden together with some others, far apart in the row.
        """
        passes = range(min(len(self.cells), MOST_PASSES))
        hidden = [tuple(range(first, len(self.cells), MOST_PASSES)) for first in passes]
        own = [self.inputs.embedded(cells, x[..., list(cells)], visible[..., list(cells)]) for cells in hidden]
        after = list(accumulate(reversed(own[1:])))[::-1]  # what the groups after each one add
        before, logits = self.begin(x, None, condition), dict[int, Tensor]()
        for number, cells in enumerate(hidden):
            seen = before.features if number == len(own) - 1 else before.features + after[number]
            found = self.outputs_of(cells, seen)
            logits |= dict(
                zip(cells, torch.split(found, [self.cells[cell].outputs for cell in cells], -1), strict=True)
            )
            before.features = before.features + own[number]
        return self.tokens.distribution(_at_least_float(torch.cat([logits[cell] for cell in sorted(logits)], -1)))

    def embedded(self, cells: Group, x: Tensor, visible: Tensor) -> Tensor:
        """What some visible cells add to the sum, (draws, batch, width); x, visible (draws, batch, cells)."""
        return self.inputs.embedded(cells, x, visible)

    def outputs_of(self, cells: Group, total: Tensor) -> Tensor:
        """Outputs for some cells, (draws, batch, outputs), given the sum of ``VisibleCells``."""
        group = self.inputs.group(cells)
        features, linear_part = self._features(total)
        found = linear(features, self._weight(group.logits), self.out.bias[group.logits])
        return found if linear_part is None else found + linear_part.index_select(-1, group.linear)

    def marked(self, cells: Group, gone: Tensor) -> Tensor:
        """What marks of missing cells add to the sum; gone (draws, batch, cells) of 0 and 1."""
        assert self.missing is not None
        return self.inputs.widened(self.missing.embedded(cells, gone))

    def chance_missing(self, cells: Group, total: Tensor) -> Tensor:
        """P(cell is missing) of some cells given the sum of ``VisibleCells``, (draws, batch, cells)."""
        assert self.missing is not None
        return self.missing.chance(cells, self._features(total)[0])

    def distribution(self, cells: Group, features: Tensor) -> Joint:
        """Distribution of some cells, given the sum of ``VisibleCells``."""
        return self.inputs.group(cells).tokens.distribution(_at_least_float(self.outputs_of(cells, features)))

    def _weight(self, outputs: slice | Tensor) -> Tensor:
        """Weights of some outputs, (outputs, width); those of rare tokens are 0."""
        return self.out.weight[outputs] * self.tokens.own[outputs].to(self.out.weight.dtype).unsqueeze(-1)

    def _features(self, total: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features (draws, batch, width), and what the linear model adds to the outputs, given the sum over the visible
        cells."""
        factors = self.inputs.factors
        if factors is None or self.from_factors is None:
            return self.blocks(total), None
        own, evidence = torch.split(total, [total.shape[-1] - factors.width, factors.width], -1)
        with nullcontext() if total.is_meta else torch.autocast(total.device.type, enabled=False):
            found = factors.given(evidence)
        nothing = torch.zeros_like(found.mean[..., :1])
        about = torch.cat([found.mean, found.log_spread, nothing], -1)
        return self.blocks(own + self.from_factors(found.factors).to(own.dtype)), about

    def _cells(self, features: Tensor, linear_part: Tensor | None) -> Joint:
        """Distribution of all cells."""
        found = _at_least_float(linear(features, self._weight(slice(None)), self.out.bias))
        if linear_part is not None:
            found = found + linear_part.index_select(-1, self.linear_places)
        return self.tokens.distribution(found)

    def _sum(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        jitter: Tensor | None = None,
        by_token: Tensor | None = None,
    ) -> Tensor:
        """Sum of the embeddings of the visible cells and z, (draws, batch, width)."""
        seen: Tensor = self.inputs(x, visible, jitter, by_token)
        return seen + self.inputs.widened(self._unseen(z, condition, has_z))

    def _unseen(self, z: Tensor | None, condition: Tensor | None, has_z: Tensor | None = None) -> Tensor:
        """What z and the condition add to the features, (draws, batch, width) or (width,)."""
        own: Tensor = self.null
        if z is not None:
            about = self.latent(z.to(own.dtype)).to(own.dtype)  # training may multiply in bfloat16
            own = about if has_z is None else torch.lerp(self.null.expand_as(about), about, has_z.to(about))
        if self.condition is not None and condition is not None:
            own = own + self.condition(condition.to(own.dtype))
        return own

    def start_from(self, x: Tensor, observed: Tensor, weight: Tensor | None) -> None:
        """Fit the linear model of the numbers to some rows."""
        inputs = self.inputs
        if inputs.factors is not None:
            numbers, there = (t.index_select(1, inputs.tokens.number_cells) for t in (x, observed))
            found = inputs.knots.pieces(torch.where(there, numbers, 0.0))
            inputs.factors.fit(inputs.knots.scores(found), there, weight)

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
