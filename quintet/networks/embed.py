"""Network inputs for rows of columns: numbers as they are, levels as one-hot vectors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn

from quintet.distributions import Distribution
from quintet.distributions.joint import Joint
from quintet.distributions.levels import Levels
from quintet.noise import Noise

SOFTNESS = 0.2
"""Largest noise on the one-hot vectors that a critic sees as real, before they are normalised (Xu and
Veeramachaneni, "Synthesizing tabular data using GANs", 2018)."""
FAINT = 0.02
"""Probability that a soft one-hot vector of a code leaves to the other codes."""


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
        self.width, self.codes = len(owner), tuple(codes)
        self.register_buffer("owner", torch.tensor(owner), persistent=False)
        self.register_buffer("code", torch.tensor(code), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(..., cells) -> (..., width); a code that a cell does not have gives zeros."""
        cells = x.index_select(-1, self.owner)
        return torch.where(self.code < 0, cells, (cells == self.code).to(cells.dtype))

    def per_input(self, weight: Tensor) -> Tensor:
        """A weight of each cell, (..., cells), for each input, (..., width)."""
        return weight.index_select(-1, self.owner)

    def expected(self, likelihood: Joint) -> Tensor:
        """Mean of the embedding of rows x ~ p(x|z), (draws, batch, width): E[x] of numbers, P(code) of levels.

        Unlike the embedding of a row it is differentiable in the parameters of the levels.
        """
        inputs, found = [], []
        for part in likelihood.parts:
            place = torch.zeros(len(self.codes), dtype=torch.long, device=part.cells.device)
            place[part.cells] = torch.arange(len(part.cells), device=part.cells.device)
            mine = torch.isin(self.owner, part.cells).nonzero().flatten()
            index, own = place[self.owner[mine]], part.distribution
            if isinstance(own, Levels):
                shares = own.shares
                found.append(shares.flatten(-2).index_select(-1, index * shares.shape[-1] + self.code[mine]))
            else:
                found.append(own.mean.index_select(-1, index))
            inputs.append(mine)
        return torch.cat(found, -1).index_select(-1, torch.cat(inputs).argsort())

    def softened(self, seen: Tensor, noise: Noise) -> Tensor:
        """Embedded rows (batch, width) with noise on the one-hot vectors, so that a critic cannot recognise rows by
        them."""
        level = (self.code >= 0).to(seen.dtype)
        soft = seen + SOFTNESS * level * noise.uniform(*seen.shape)[0].to(seen.dtype)
        total = torch.zeros(len(seen), len(self.codes), dtype=seen.dtype, device=seen.device)
        whole = self.per_input(total.index_add(-1, self.owner, soft))
        return torch.where(self.code < 0, seen, soft / whole)

    def soft(self, free: Tensor) -> Tensor:
        """Embedded rows from free parameters (..., width): numbers as they are, the softmax of each level cell."""
        parts = torch.split(free, [max(count, 1) for count in self.codes], -1)
        return torch.cat([torch.softmax(p, -1) if count else p for p, count in zip(parts, self.codes, strict=True)], -1)

    def free(self, x: Tensor) -> Tensor:
        """Free parameters (..., width) whose soft rows are nearly the embedding of the rows x (..., cells)."""
        count = torch.tensor(self.codes, dtype=x.dtype, device=x.device).clamp(min=1)
        seen: Tensor = self(x)
        return torch.where(self.code < 0, seen, (seen.clamp(0, 1) + FAINT / self.per_input(count)).log())


def one_hot(codes: tuple[int, ...], x: Tensor) -> Tensor:
    """Rows of cells (batch, cells) as the features in which they are compared, (batch, features).

    Two different levels are √2 apart, the root mean square distance of two standardised numbers; codes have no
    distance.
    """
    embedded: Tensor = _embedding(codes).to(x.device)(x)
    return embedded


def expected_features(codes: tuple[int, ...], likelihood: Distribution) -> Tensor:
    """E of the features of rows x ~ p(x|z), (draws, batch, features): the cells' means, and P(code) of levels.

    Parameters
    ----------
    codes : number of codes of each cell of a table; () for other rows.
    """
    if not codes:
        return likelihood.mean.flatten(2)
    clean = likelihood.independent
    assert isinstance(clean, Joint)
    return _embedding(codes).to(clean.mean.device).expected(clean)


@lru_cache(maxsize=8)
def _embedding(codes: tuple[int, ...]) -> ColumnEmbedding:
    return ColumnEmbedding(codes)


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
        return self.masked(self.embedding(torch.where(observed, x, 0.0)), observed)

    def expected(self, likelihood: Joint, observed: Tensor) -> Tensor:
        """Mean of the input of rows x ~ p(x|z), (draws, batch, inputs), with the mask (batch, cells)."""
        return self.masked(self.embedding.expected(likelihood), observed)

    def softened(self, x: Tensor, observed: Tensor, noise: Noise) -> Tensor:
        """The input of rows with noise on the one-hot vectors, (batch, inputs)."""
        return self.masked(self.embedding.softened(self.embedding(torch.where(observed, x, 0.0)), noise), observed)

    def masked(self, seen: Tensor, observed: Tensor) -> Tensor:
        """Embedded cells (..., width) and their mask (batch, cells) -> (..., inputs)."""
        if not self.with_mask:
            return seen
        weight = observed.to(seen.dtype).expand(*seen.shape[:-1], self.cells)
        return torch.cat([seen * self.embedding.per_input(weight), weight], dim=-1)


class ColumnSteps(nn.Module):
    """Input of a recurrent encoder: planes for the number and for each code of a cell, and one for the mask.

    Parameters
    ----------
    codes : number of codes of each cell, 0 for numbers.
    """

    numbers: Tensor

    def __init__(self, codes: Sequence[int], with_mask: bool) -> None:
        super().__init__()
        self.with_mask, self.cells, self.widest = with_mask, len(codes), max(codes)
        self.register_buffer("numbers", torch.tensor(codes) == 0, persistent=False)

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(planes * cells,)."""
        return ((1 + self.widest + self.with_mask) * self.cells,)

    def forward(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, cells) and its mask -> (batch, planes * cells)."""
        seen = torch.where(observed, x, 0.0)
        code = torch.arange(self.widest, device=x.device)[:, None]
        hot = (seen.unsqueeze(1) == code) & ~self.numbers & observed.unsqueeze(1)
        planes = [torch.where(self.numbers, seen, 0.0).unsqueeze(1), hot.to(seen.dtype)]
        if self.with_mask:
            planes.append(observed.to(seen.dtype).unsqueeze(1))
        return torch.cat(planes, dim=1).flatten(1)


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
