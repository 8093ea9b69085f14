"""What one source of knowledge says of corrupted rows."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class DenoisedEstimate:
    """Clean rows (n, *row), the noise's rate (n,), and the evidence for its kind, log p of each row in nats, (n,)."""

    x: Tensor
    rate: Tensor
    evidence: Tensor
