"""Network inputs for rows of columns: numbers as they are, levels as one-hot vectors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ColumnEmbedding(nn.Module):
    """Rows of cells (batch, cells) -> (batch, width): each number is one input, each level cell one for every code.

    Parameters
    ----------
    codes : number of codes of each cell, 0 for numbers.
    """

    owner: Tensor
    code: Tensor

    def __init__(self, codes: Sequence[int]) -> None:
        super().__init__()
        owner = [place for place, count in enumerate(codes) for _ in range(max(count, 1))]
        code = [j for count in codes for j in (range(count) if count else (-1,))]
        self.width = len(owner)
        self.register_buffer("owner", torch.tensor(owner), persistent=False)
        self.register_buffer("code", torch.tensor(code), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., cells) -> (..., width); a code that a cell does not have gives zeros."""
        cells = x.index_select(-1, self.owner)
        return torch.where(self.code < 0, cells, (cells == self.code).to(cells.dtype))

    def per_input(self, weight: Tensor) -> Tensor:
        """A weight of each cell, (..., cells), for each input, (..., width)."""
        return weight.index_select(-1, self.owner)


class ColumnInput(nn.Module):
    """Encoder input: embedded cells, 0 where missing, with the mask appended if rows have missing cells."""

    def __init__(self, codes: Sequence[int], with_mask: bool) -> None:
        super().__init__()
        self.embedding, self.with_mask, self.cells = ColumnEmbedding(codes), with_mask, len(codes)

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(inputs,)."""
        return (self.embedding.width + self.cells * self.with_mask,)

    def forward(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, cells) and its mask -> (batch, inputs)."""
        seen: Tensor = self.embedding(torch.where(observed, x, 0.0))
        weight = observed.to(seen.dtype)
        if not self.with_mask:
            return seen
        return torch.cat([seen * self.embedding.per_input(weight), weight], dim=1)


class PartialColumnInput(nn.Module):
    """Input of the partial encoder: embedded cells times their confidence, which is appended, scaled to -1..1."""

    def __init__(self, codes: Sequence[int]) -> None:
        super().__init__()
        self.embedding, self.cells = ColumnEmbedding(codes), len(codes)

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(inputs,)."""
        return (self.embedding.width + self.cells,)

    def forward(self, x: Tensor, trust: Tensor) -> Tensor:
        """x and trust (batch, cells) -> (batch, inputs)."""
        seen = self.embedding(torch.nan_to_num(x)) * self.embedding.per_input(trust)
        return torch.cat([seen, 2 * trust - 1], dim=1)
