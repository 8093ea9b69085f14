"""Residual block of a fully connected network."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import silu


class ResidualBlock(nn.Module):
    """x + W₂ silu(W₁ norm(x))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.inner, self.outer = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
        out: Tensor = x + self.outer(silu(self.inner(self.norm(x))))
        return out
