"""A network over a sequence of symbols that sees, at each place, those before it only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, silu

from quintet.networks.dropout import Dropout

WIDEST = 1024
"""Hidden units of all places together."""
FLOOR = 0.02
"""Share of the uniform distribution in each place's own frequencies, so that no symbol is impossible."""


class CausalMlp(nn.Module):
    """Masked layers (Germain et al., "MADE", 2015): all places at once, each with units of its own.

    It starts from the frequencies of each place, which are counted in training, and learns what the symbols before
    say beyond them.

    Parameters
    ----------
    symbols : length of the sequence.
    size : symbols are 0 .. size-1.
    embedding : numbers that stand for a symbol.
    hidden : units of each place; fewer where the sequence is long.
    dropped : share of the symbols' numbers and of the units that are dropped in training.
    """

    share: Tensor  # (symbols, size): frequencies
    steps: Tensor  # batches that were counted
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
        """(n, symbols) int64 -> logits of each symbol given those before it, (n, symbols, size)."""
        if self.training:
            self._count(symbols)
        place = torch.arange(self.symbols, device=symbols.device)
        seen = self.drop(self.embedding[place, symbols].flatten(1))
        hidden = silu(linear(seen, self.first.weight * self.early, self.first.bias))
        kept = self.drop(hidden)
        hidden = hidden + silu(linear(kept, self.second.weight * self.late, self.second.bias))
        logits: Tensor = self.out(hidden.reshape(len(hidden), self.symbols, -1)) + self.bias
        return logits + ((1 - FLOOR) * self.share + FLOOR / self.size).log()

    @torch.no_grad()
    def _count(self, symbols: Tensor) -> None:
        fresh = nn.functional.one_hot(symbols, self.size).to(self.share.dtype).mean(0)
        self.steps += 1
        self.share.lerp_(fresh, 1 / self.steps)
