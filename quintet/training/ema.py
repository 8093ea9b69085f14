"""Exponential moving average of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """Exponential moving average of some parameters.

    The decay rises as (1 + n) / (10 + n) up to ``decay``, so that the untrained weights are soon forgotten.
    """

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self.parameters, self.decay = list(parameters), decay
        self.mean = [p.detach().clone() for p in parameters]

    def update(self, step: int) -> None:
        """Update the mean with the weights after step ``step``, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        get_ema_multi_avg_fn(decay)(self.mean, self.parameters, step)  # type: ignore[no-untyped-call]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Replace the parameters by their mean within the block."""
        kept = [p.detach().clone() for p in self.parameters]
        self.put()
        try:
            yield
        finally:
            with torch.no_grad():
                torch._foreach_copy_(self.parameters, kept)

    @torch.no_grad()
    def put(self) -> None:
        """Write the mean into the parameters."""
        torch._foreach_copy_(self.parameters, self.mean)
