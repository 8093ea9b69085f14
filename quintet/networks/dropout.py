"""Dropout with its own random generator."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from quintet.row_share import ALL_ROWS, RowShare


class Dropout(nn.Module):
    """Dropout (Srivastava et al., 2014) that equals PyTorch's for a generator with the same seed.

    Parameters
    ----------
    p : share of elements dropped in training, 0..1.
    planes : drop whole channels of images (n, channels, height, width) instead of single elements.
    by_row : whether several inputs (n, ...) of a row follow each other; otherwise inputs of all rows do, once or more.

    Attributes
    ----------
    generator : torch.Generator; None: PyTorch's global one. ``fit`` sets its own.
    row_share : the rows of a batch that it is given; ``fit`` sets it.
    """

    row_share: RowShare = ALL_ROWS

    def __init__(self, p: float, planes: bool = False, by_row: bool = False) -> None:
        super().__init__()
        self.p, self.planes, self.by_row = p, planes, by_row
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Drop elements of x and rescale the others in training; x unchanged otherwise."""
        if not self.training or not self.p:
            return x
        if self.p == 1:
            return x * 0
        shape = (x.shape[1], *[1] * (x.ndim - 2)) if self.planes else x.shape[1:]

        def draw(rows: int) -> Tensor:
            kept = torch.empty((rows, *shape), dtype=x.dtype, device=x.device)
            return kept.bernoulli_(1 - self.p, generator=self.generator)

        return x * self.row_share.drawn(draw, len(x), by_row=self.by_row).div_(1 - self.p)


def draw_from(modules: Iterable[nn.Module], generator: torch.Generator | None) -> None:
    """Set the generator of every ``Dropout`` in these modules; None removes it, so that models can be copied."""
    for module in modules:
        for part in module.modules():
            if isinstance(part, Dropout):
                part.generator = generator
