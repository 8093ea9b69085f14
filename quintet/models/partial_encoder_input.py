"""Input of the partial encoder: each cell multiplied by its trust, with the trust appended."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from quintet.data.schema import Schema


class PartialInput(nn.Module):
    """Standardised cells multiplied by their trust, with the trust scaled from 0..1 to -1..1 and appended.

    Bounded cells are centred by their mean and divided by the standard deviation of a two-point variable with that mean
    at the ends of their range; counts n become log(1 + n), divided by its highest value. Centred inputs of unit
    variance train in fewer steps (LeCun et al., 1998).
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.counts, self.middle, self.spread = schema.support.is_half_bounded, 0.0, 1.0
        if self.counts:
            self.spread = math.log1p(schema.top)
        elif not schema.is_standardised:
            mean = min(max(schema.middle, 0.01), 0.99)
            self.middle, self.spread = schema.top * mean, schema.top * math.sqrt(mean * (1 - mean))

    def forward(self, x: Tensor, trust: Tensor) -> Tensor:
        """x and trust (batch, *row) -> (batch, ...), with the planes of ``trust`` after those of the cells."""
        x = torch.nan_to_num(x)  # cells of trust 0 are multiplied by 0 and may hold NaN
        if self.counts:
            x = torch.log1p(x.clamp(min=0.0))
        return torch.cat([(x - self.middle) * (trust / self.spread), 2 * trust - 1], dim=1)


class PartialInputOf01(nn.Module):
    """Input in files of version 0.1: cells divided by their highest value, counts as log(1 + n), trust unscaled."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.counts = schema.support.is_half_bounded
        self.top = math.log1p(schema.top) if self.counts else schema.top

    def forward(self, x: Tensor, trust: Tensor) -> Tensor:
        """x and trust (batch, *row) -> (batch, ...), with the planes of ``trust`` after those of the cells."""
        x = torch.nan_to_num(x)
        if self.counts:
            x = torch.log1p(x.clamp(min=0.0))
        return torch.cat([x * (trust / self.top), trust], dim=1)
