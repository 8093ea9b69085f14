"""Dropout that draws from a generator of its own, not from the process's."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout (Srivastava et al., 2014) with the numbers that PyTorch's own draws from a generator of the same seed.

    Parameters
    ----------
    p : share that is dropped in training, 0..1.
    planes : drop whole channels of images (n, channels, height, width) instead of single numbers.

    Attributes
    ----------
    generator : torch.Generator or None, which PyTorch's own stands for; ``fit`` sets one of its own.
    """

    def __init__(self, p: float, planes: bool = False) -> None:
        super().__init__()
        self.p, self.planes = p, planes
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """x with a share of its numbers at 0 and the others scaled up, in training; else x."""
        if not self.training or not self.p:
            return x
        if self.p == 1:
            return x * 0
        shape = (*x.shape[:2], *[1] * (x.ndim - 2)) if self.planes else x.shape
        kept = torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(1 - self.p, generator=self.generator)
        return x * kept.div_(1 - self.p)


def draw_from(modules: Iterable[nn.Module], generator: torch.Generator | None) -> None:
    """Let every Dropout inside these modules draw from a generator; None: from none, so that models can be copied."""
    for module in modules:
        for part in module.modules():
            if isinstance(part, Dropout):
                part.generator = generator
