"""Normal scores of values from P(X < x) and P(X <= x)."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.special import ndtri

TINY = 1e-6
"""Smallest probability that has a score."""


def soft_score(low: Tensor, high: Tensor) -> Tensor:
    """Normal score of a value: E[g | low <= Φ(g) <= high], which averages over the step of a discrete value."""
    low, high = low.clamp(TINY, 1 - 2 * TINY), high.clamp(2 * TINY, 1 - TINY)
    high = torch.maximum(high, low + TINY)
    return (bell(ndtri(low)) - bell(ndtri(high))) / (high - low)


def bell(t: Tensor) -> Tensor:
    """Standard normal density."""
    return torch.exp(-0.5 * t.square()) / math.sqrt(2 * math.pi)
