"""Maximum mean discrepancy (MMD) between two samples of latents."""

from __future__ import annotations

import torch
from torch import Tensor

KERNELS = ("imq", "rbf")
WIDTHS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Widths of the averaged kernels, in units of 2 · latent_dim, the mean squared distance of two draws from N(0, I)
(Tolstikhin et al., 2018); several widths give gradients at short and long distances."""


def mmd(z: Tensor, other: Tensor, kernel: str = "imq") -> Tensor:
    """Squared MMD, dimensionless, with expectation 0 for samples from equal distributions.

    Gretton et al., "A kernel two-sample test", 2012: the unbiased estimate of E k(z, z') + E k(w, w') - 2 E k(z, w),
    which may be negative. A sample of one row has no pairs, and its own term is 0.

    Parameters
    ----------
    z, other : (n, latent_dim) and (m, latent_dim).
    kernel : "imq", the mean over ``WIDTHS`` of C/(C + d²), whose heavy tails pull outliers too; "rbf", of exp(-d²/C).
    """
    with torch.autocast(z.device.type, enabled=False):
        z = z if z.dtype == torch.float64 else z.float()
        other = other.to(z)
        across = _kernel(z, other, kernel).mean()
        return _within(_kernel(z, z, kernel)) + _within(_kernel(other, other, kernel)) - 2 * across


def _kernel(a: Tensor, b: Tensor, kernel: str) -> Tensor:
    """Kernel values (n, m) in 0..1; 1 for equal points."""
    squares = a.square().sum(1, keepdim=True) + b.square().sum(1) - 2 * a @ b.T
    distance = squares.clamp(min=0.0) / (2 * a.shape[1])
    each = [width / (width + distance) if kernel == "imq" else torch.exp(-distance / width) for width in WIDTHS]
    return torch.stack(each).mean(0)


def _within(pairs: Tensor) -> Tensor:
    """The mean over pairs of different rows."""
    n = len(pairs)
    if n < 2:
        return pairs.new_zeros(())
    return (pairs.sum() - pairs.diagonal().sum()) / (n * (n - 1))
