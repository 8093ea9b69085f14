"""Estimate of clean rows by one method."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class DenoisedEstimate:
    """Clean rows (n, *row), noise rates (n,), and log evidence of the noise kind for each row, (n,) in nats."""

    x: Tensor
    rate: Tensor
    evidence: Tensor
