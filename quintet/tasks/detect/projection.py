"""Principal components in which rows or latents are compared."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.artifacts.detection import ProjectionBasis

COMPONENTS = 64
"""Most components kept."""


@dataclass(frozen=True)
class Projection:
    """Projection on the principal components of reference vectors, scaled to a total variance of 1.

    ``mean`` (cells,), ``basis`` (cells, dim).
    """

    mean: Tensor
    basis: Tensor

    @classmethod
    def of(cls, rows: Tensor, seed: int) -> Projection:
        """Up to 64 principal components of (n, cells) vectors, by subspace iteration (Halko et al., 2011, 4.4)."""
        generator = torch.Generator().manual_seed(seed)
        mean = rows.mean(0)
        sample = rows - mean
        cells = rows.shape[1]
        dim = min(cells, COMPONENTS)
        if dim == cells:
            basis = torch.eye(cells, device=rows.device, dtype=torch.float32)
        else:
            start = torch.randn(cells, min(cells, dim + 16), generator=generator, dtype=torch.float32).to(rows.device)
            span, _ = torch.linalg.qr(start)
            for _ in range(4):
                span, _ = torch.linalg.qr(sample.T @ (sample @ span))
            inner = sample @ span
            _, turned = torch.linalg.eigh(inner.T @ inner)
            basis = span @ turned.flip(1)[:, :dim]
        spread = (sample @ basis).square().sum(1).mean().sqrt()
        return cls(mean, basis / spread if spread > 0 else basis)

    @classmethod
    def read(cls, kept: ProjectionBasis, device: torch.device) -> Projection:
        """Build from the stored artifact."""
        return cls(kept.mean.to(device), kept.basis.to(device))

    def artifact(self) -> ProjectionBasis:
        """The artifact to store."""
        return ProjectionBasis(self.mean.cpu(), self.basis.contiguous().cpu())

    def __call__(self, rows: Tensor) -> Tensor:
        """Project (n, cells) -> (n, dim)."""
        return (rows - self.mean) @ self.basis
