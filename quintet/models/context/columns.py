"""Context decoder of a table: p(cell | z, visible cells) for every cell, by a masked residual network over tokens.

An order-agnostic autoregressive decoder (Uria, Murray and Larochelle, 2014; Hoogeboom et al., 2022) with latents.
"""

from __future__ import annotations

from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from quintet.data.schema import Schema
from quintet.distributions.chain import Group
from quintet.distributions.joint import Joint
from quintet.models.context.cell_tokens import cell_tokens, jitter_of
from quintet.models.context.decoder import ContextDecoder, estimate
from quintet.models.context.missing_cells import MissingCells
from quintet.models.context.visible_cells import VisibleCells
from quintet.models.context.visible_columns import VisibleColumns
from quintet.networks import Marginals
from quintet.networks.column_tokens import ColumnTokens
from quintet.networks.interval_shape import start_shape
from quintet.networks.residual import ResidualBlock
from quintet.noise import Noise

WIDTH, BLOCKS = 384, 2
"""Width and number of the residual blocks."""
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

    def __init__(self, schema: Schema, latent_dim: int, width: int = WIDTH, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.inputs = VisibleColumns(cell_tokens(schema), width)
        self.cells = self.inputs.cells
        self.register_buffer("spread", jitter_of(self.cells), persistent=False)
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
        return self._cells(self.blocks(self._sum(x, visible, z, condition, has_z)))

    def training_terms(
        self,
        x: Tensor,
        observed: Tensor,
        decided: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        noise: Noise,
    ) -> Tensor:
        """As of every decoder, with noise on the numbers that the network sees, and the pattern of missing cells."""
        jitter = self.spread * noise.normal(len(x), len(self.cells)).to(x)
        seen = self._sum(x[None], (decided * observed)[None], z, condition, has_z, jitter)
        if self.missing is None:
            return estimate(self._cells(self.blocks(seen)).log_prob(x[None])[0], observed, decided)
        seen, found = self.missing.training_terms(seen, self.blocks, observed, decided, noise)
        return found + estimate(self._cells(seen).log_prob(x[None])[0], observed, decided)

    def begin(self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None) -> VisibleCells:
        """Rows of which no cell is visible yet.

        Parameters
        ----------
        rows : (1 or draws, batch, cells), for their number alone.
        z : (draws, batch, latent_dim), or None: the learnt null in its place.
        """
        about = self.inputs.mask.bias + self._unseen(z, condition)
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
            found = self.logits_of(cells, seen)
            logits |= dict(
                zip(cells, torch.split(found, [self.cells[cell].outputs for cell in cells], -1), strict=True)
            )
            before.features = before.features + own[number]
        return self.tokens.distribution(_at_least_float(torch.cat([logits[cell] for cell in sorted(logits)], -1)))

    def embedded(self, cells: Group, x: Tensor, visible: Tensor) -> Tensor:
        """What some visible cells add to the sum, (draws, batch, width); x, visible (draws, batch, cells)."""
        return self.inputs.embedded(cells, x, visible)

    def logits_of(self, cells: Group, features: Tensor) -> Tensor:
        """Logits of the tokens of some cells; ``features``, (draws, batch, width), are those of ``VisibleCells``."""
        at = self.inputs.group(cells).logits
        found: Tensor = linear(self.blocks(features), self._weight(at), self.out.bias[at])
        return found

    def distribution(self, cells: Group, features: Tensor) -> Joint:
        """Distribution of some cells, given the sum of ``VisibleCells``."""
        return self.inputs.group(cells).tokens.distribution(_at_least_float(self.logits_of(cells, features)))

    def _weight(self, outputs: slice | Tensor) -> Tensor:
        """Weights of some outputs, (outputs, width); those of rare tokens are 0."""
        return self.out.weight[outputs] * self.tokens.own[outputs].to(self.out.weight.dtype).unsqueeze(-1)

    def _cells(self, features: Tensor) -> Joint:
        """Distribution of all cells."""
        return self.tokens.distribution(_at_least_float(linear(features, self._weight(slice(None)), self.out.bias)))

    def _sum(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        jitter: Tensor | None = None,
    ) -> Tensor:
        """Sum of the embeddings of the visible cells and z, (draws, batch, width)."""
        seen: Tensor = self.inputs(x, visible, jitter)
        return seen + self._unseen(z, condition, has_z)

    def _unseen(self, z: Tensor | None, condition: Tensor | None, has_z: Tensor | None = None) -> Tensor:
        """What z and the condition add to the features, (draws, batch, width) or (width,)."""
        own: Tensor = self.null
        if z is not None:
            about = self.latent(z.to(own.dtype)).to(own.dtype)  # training may multiply in bfloat16
            own = about if has_z is None else torch.lerp(self.null.expand_as(about), about, has_z.to(about))
        if self.condition is not None and condition is not None:
            own = own + self.condition(condition.to(own.dtype))
        return own

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
