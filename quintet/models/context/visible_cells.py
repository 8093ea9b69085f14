"""The visible cells of some rows, as a sum to which a chain adds the embeddings of group after group."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor

from quintet.distributions.chain import Group
from quintet.distributions.joint import Joint
from quintet.networks.column_tokens import ColumnTokens


class Decoder(Protocol):
    """A decoder whose features of the visible cells are a sum over the cells."""

    def chance_missing(self, cells: Group, features: Tensor, /) -> Tensor:
        """P(cell is missing) of some cells given the sum, (draws, batch, cells)."""

    def marked(self, cells: Group, gone: Tensor, /) -> Tensor:
        """What marks of missing cells add to the sum."""

    def embedded(self, cells: Group, x: Tensor, visible: Tensor, /) -> Tensor:
        """What some cells add to the sum, (1 or draws, batch, width)."""

    def distribution(self, cells: Group, features: Tensor, /) -> Joint:
        """Distribution of some cells given the sum."""


class VisibleCells:
    """The visible cells of some rows: along a chain each cell is embedded once, not once for each later group.

    Parameters
    ----------
    decoder : of the rows.
    features : (draws, batch, width), what z and the visible cells add to the sum.
    """

    def __init__(self, decoder: Decoder, features: Tensor) -> None:
        self.decoder, self.features = decoder, features

    def conditional(self, cells: Group) -> Joint:
        """p(x_i | z, visible cells) of some cells, over (draws, batch, cells)."""
        return self.decoder.distribution(cells, self.features)

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        """Make some cells visible, each once; x, visible (1 or draws, batch, cells), cells of visibility 0 stay
        hidden."""
        self.features = self.features + self.decoder.embedded(cells, x, visible)

    def lose(self, cells: Group, gone: Tensor) -> None:
        """Mark some cells as missing, those where ``gone``, (draws, batch, cells), is 1."""
        self.features = self.features + self.decoder.marked(cells, gone)

    def chance_missing(self, cells: Group) -> Tensor:
        """P(cell is missing | decided cells, z) of some cells, (draws, batch, cells)."""
        return self.decoder.chance_missing(cells, self.features)


class GroupTokens(NamedTuple):
    """The tokens of some cells of a row."""

    tokens: ColumnTokens
    shift: Tensor  # (cells,): from places among these tokens to places among those of the row
    logits: slice | Tensor  # places of their logits
    numbers: list[int]  # the numbers among them, as places among all numbers of the row
    linear: Tensor  # (outputs,), places of what the linear model adds to each output
