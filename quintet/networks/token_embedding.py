"""Network inputs for rows of tokens: a learnt vector for each member of the vocabulary."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from quintet.distributions import Categorical, Distribution

WIDTH = 16
"""Most numbers of a token's vector."""


class TokenInput(nn.Module):
    """Rows of tokens and their mask as vectors (batch, cells * (width + 1)): a token's vector, and whether it is there.

    Trust between 0 and 1 weighs a token's vector.

    Parameters
    ----------
    cells : of a row.
    tokens : size of the vocabulary.
    """

    def __init__(self, cells: int, tokens: int) -> None:
        super().__init__()
        self.cells, self.tokens, width = cells, tokens, min(WIDTH, tokens)
        self.vectors = nn.Parameter(torch.randn(tokens, width, dtype=torch.float32))

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(cells * (width + 1),)."""
        return (self.cells * (self.vectors.shape[1] + 1),)

    def forward(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, cells) and their mask or trust -> (batch, cells * (width + 1))."""
        there = observed.to(self.vectors.dtype)
        token = torch.where(there > 0, x, 0).long().clamp(0, self.tokens - 1)
        return self._joined(embedding(token, self.vectors), there)

    def expected(self, likelihood: Distribution, observed: Tensor) -> Tensor:
        """The mean of the input over rows x ~ p(x|z), (draws, batch, cells * (width + 1)), differentiable in p(x|z)."""
        assert isinstance(likelihood, Categorical)
        vectors = likelihood.pmf_table().to(self.vectors.dtype) @ self.vectors
        return self._joined(vectors, observed.to(self.vectors.dtype).expand(vectors.shape[:-1]))

    @staticmethod
    def _joined(vectors: Tensor, there: Tensor) -> Tensor:
        weight = there.unsqueeze(-1)
        return torch.cat([vectors * weight, 2 * weight - 1], -1).flatten(-2)
