"""Causal network over a sequence of symbols, the autoregressive prior of discrete latents."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, silu

from quintet.networks.dropout import Dropout
from quintet.row_share import ALL_ROWS, RowShare

WIDEST = 1024
"""Largest number of hidden units of all positions together."""
FLOOR = 0.02
"""Weight of the uniform distribution mixed with each position's frequencies, so that no symbol has probability 0."""


class CausalMlp(nn.Module):
    """Masked multilayer perceptron (Germain et al., "MADE", 2015), with separate units for each position.

    Its output is added to the log frequencies of each position, which training counts, so that the network learns the
    dependence on the previous symbols only.

    Parameters
    ----------
    symbols : length of the sequence.
    size : symbols are 0 .. size-1.
    embedding : size of a symbol's embedding.
    hidden : hidden units of each position; fewer for long sequences.
    dropped : dropout rate of embeddings and hidden units.
    """

    row_share: RowShare = ALL_ROWS
    share: Tensor  # (symbols, size): frequencies
    steps: Tensor  # number of counted batches
    early: Tensor
    late: Tensor

    def __init__(self, symbols: int, size: int, embedding: int = 16, hidden: int = 64, dropped: float = 0.1) -> None:
        super().__init__()
        self.symbols, self.size, self.drop = symbols, size, Dropout(dropped)
        hidden = max(16, min(hidden, WIDEST // symbols))
        self.embedding = nn.Parameter(torch.randn(symbols, size, embedding, dtype=torch.float32))
        self.first = nn.Linear(symbols * embedding, symbols * hidden)
        self.second = nn.Linear(symbols * hidden, symbols * hidden)
        self.out = nn.Linear(hidden, size)
        nn.init.zeros_(self.out.weight)
        self.bias = nn.Parameter(torch.zeros(symbols, size, dtype=torch.float32))
        self.register_buffer("share", torch.full((symbols, size), 1 / size, dtype=torch.float32))
        self.register_buffer("steps", torch.zeros((), dtype=torch.float32))
        before = torch.ones(symbols, symbols, dtype=torch.float32).tril(-1)
        upto = torch.ones(symbols, symbols, dtype=torch.float32).tril()
        self.register_buffer(
            "early", torch.kron(before, torch.ones(hidden, embedding, dtype=torch.float32)), persistent=False
        )
        self.register_buffer(
            "late", torch.kron(upto, torch.ones(hidden, hidden, dtype=torch.float32)), persistent=False
        )

    def forward(self, symbols: Tensor) -> Tensor:
        """(n, symbols) int64 -> logits of each symbol given the previous ones, (n, symbols, size)."""
        if self.training:
            self._count(symbols)
        place = torch.arange(self.symbols, device=symbols.device)
        seen = self.drop(self.embedding[place, symbols].flatten(1))
        hidden = silu(linear(seen, self.first.weight * self.early, self.first.bias))
        kept = self.drop(hidden)
        hidden = hidden + silu(linear(kept, self.second.weight * self.late, self.second.bias))
        logits: Tensor = self.out(hidden.reshape(hidden.shape[0], self.symbols, -1)) + self.bias
        return logits + ((1 - FLOOR) * self.share + FLOOR / self.size).log()

    @torch.no_grad()
    def _count(self, symbols: Tensor) -> None:
        fresh = nn.functional.one_hot(symbols, self.size).to(self.share.dtype)
        self.steps += 1
        self.share.lerp_(self.row_share.mean(fresh), 1 / self.steps)
