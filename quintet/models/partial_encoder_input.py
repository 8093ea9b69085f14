"""What the guide sees of a row: each cell times the trust in it, and the trust beside it."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from quintet.data.schema import Schema


class PartialInput(nn.Module):
    """Cells about 0 and of a spread about 1, times their trust; the trust, 0..1, as -1..1.

    Bounded cells lose their mean and are divided by the spread that the lowest and the highest value of that mean have;
    counts n are log(1 + n) over its highest value. Inputs that are centred and of unit spread train in fewer steps
    (LeCun et al., 1998).
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.counts, self.middle, self.spread = schema.kind == "count", 0.0, 1.0
        if self.counts:
            self.spread = math.log1p(schema.top)
        elif schema.kind != "real":
            mean = min(max(schema.middle, 0.01), 0.99)
            self.middle, self.spread = schema.top * mean, schema.top * math.sqrt(mean * (1 - mean))

    def forward(self, x: Tensor, trust: Tensor) -> Tensor:
        """(batch, *row) of both -> (batch, ...), the planes of ``trust`` behind those of the cells."""
        x = torch.nan_to_num(x)  # what stands in a cell of no trust is multiplied by 0, even where it is no number
        if self.counts:
            x = torch.log1p(x.clamp(min=0.0))
        return torch.cat([(x - self.middle) * (trust / self.spread), 2 * trust - 1], dim=1)


class PartialInputOf01(nn.Module):
    """The same in files of version 0.1: cells over their highest value, counts as log(1 + n), the trust as it is."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.counts = schema.kind == "count"
        self.top = math.log1p(schema.top) if self.counts else schema.top

    def forward(self, x: Tensor, trust: Tensor) -> Tensor:
        """(batch, *row) of both -> (batch, ...), the planes of ``trust`` behind those of the cells."""
        x = torch.nan_to_num(x)
        if self.counts:
            x = torch.log1p(x.clamp(min=0.0))
        return torch.cat([x * (trust / self.top), trust], dim=1)
