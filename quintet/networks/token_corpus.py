"""Rows of tokens with hidden ones, and as one vector that a model's file keeps."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.networks.counted_shares import CountedShares
from quintet.networks.token_statistics import HIDDEN, TokenCounts

Array = np.ndarray[Any, Any]


def hidden_rows(x: Tensor, visible: Tensor) -> Tensor:
    """Rows of whole numbers, int32, ``HIDDEN`` where they are not visible."""
    shape = torch.broadcast_shapes(x.shape, visible.shape)  # type: ignore[no-untyped-call]
    return torch.where(visible.expand(shape) > 0, x.expand(shape), float(HIDDEN)).to(torch.int32)


def packed(rows: Tensor) -> Tensor:
    """Rows (n, steps) as one vector: of each how many tokens follow, and its tokens without repeats at its end."""
    steps = rows.shape[1]
    same = (rows == rows[:, -1:]).flip(1).to(torch.int32).cumprod(1).sum(1)  # length of the run at the end
    kept = (steps - same + 1).clamp(max=steps)
    there = torch.arange(steps, device=rows.device) < kept[:, None]
    whole = torch.cat([kept[:, None].to(torch.int32), rows], 1)
    return whole[torch.cat([torch.ones_like(there[:, :1]), there], 1)].cpu()


def unpacked(corpus: Array, steps: int) -> Array:
    """The rows (n, steps) that were ``packed``."""
    ends, at = [], 0
    while at < len(corpus):
        ends.append(at)
        at += 1 + int(corpus[at]) if 1 <= corpus[at] <= steps else len(corpus)
    rows = np.full((len(ends), steps), HIDDEN, dtype=np.int32)
    for row, start in zip(rows, ends, strict=True):
        tokens = corpus[start + 1 : start + 1 + int(corpus[start])]
        row[: len(tokens)] = tokens
        row[len(tokens) :] = tokens[-1] if len(tokens) else HIDDEN
    return rows


class CorpusCounts:
    """Counts over the rows of a packed vector, made when they are first asked for; copies of a model share them.

    Parameters
    ----------
    corpus : the vector.
    steps : of a row.
    longest : most tokens of a context.
    """

    def __init__(self, corpus: Tensor, steps: int, longest: int) -> None:
        self.corpus, self.steps, self.longest = corpus, steps, longest
        self._shares: tuple[bytes, CountedShares] | None = None

    def __deepcopy__(self, memo: object) -> CorpusCounts:
        """Itself: counts do not change."""
        return self

    @cached_property
    def following(self) -> TokenCounts:
        """Counts of what follows."""
        return TokenCounts(self._rows(), self.longest)

    @cached_property
    def preceding(self) -> TokenCounts:
        """Counts of what precedes: of what follows in the mirrored rows."""
        return TokenCounts(self._rows()[:, ::-1], self.longest)

    def shares(self, discount: Array, tokens: int) -> CountedShares:
        """Probabilities of what follows under some discounts; the last ones are kept."""
        key = discount.astype(np.float64).tobytes()
        if self._shares is None or self._shares[0] != key:
            self._shares = key, CountedShares(self.following, discount, tokens)
        return self._shares[1]

    def _rows(self) -> Array:
        return unpacked(self.corpus.cpu().numpy(), self.steps)
