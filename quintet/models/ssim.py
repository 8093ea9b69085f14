"""Multi-scale structural similarity (MS-SSIM) of images of any size, over their observed cells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Weights of the scales, from the finest: Wang, Simoncelli and Bovik, 2003."""
WIDTH, SPREAD = 11, 1.5
"""Width and standard deviation of the Gaussian window, in pixels: Wang et al., 2004."""
K1, K2 = 0.01, 0.03
SMALLEST = 8
"""Smallest shorter side of the coarsest of several scales, in pixels."""
FLOOR = 0.05
"""Below this the log of a term is continued linearly, so that its gradient stays finite."""


@dataclass(frozen=True)
class MsSsim:
    """MS-SSIM of pairs of images; 1 for equal images.

    Wang, Simoncelli and Bovik, "Multiscale structural similarity for image quality assessment", 2003: the product over
    the scales of the mean contrast-and-structure term, each raised to its weight, and of the luminance term at the
    coarsest. Small images use fewer scales, with weights renormalised to sum to 1. Windows at the border and next to
    missing cells average the observed cells only.

    Parameters
    ----------
    top : the largest value of a cell; the smallest is 0.
    """

    top: float

    def __call__(self, x: Tensor, y: Tensor, observed: Tensor) -> Tensor:
        """The similarity of each pair, (n,); 1 for an image without observed cells.

        Parameters
        ----------
        x, y : (n, channels, height, width); unobserved cells are not read.
        observed : bool, of the same shape.
        """
        there = observed.to(x.dtype)
        x, y = (torch.where(observed, t, 0.0) / self.top for t in (x, y))
        scales = scales_of(x.shape[-2], x.shape[-1])
        total = sum(WEIGHTS[:scales])
        log_similarity = x.new_zeros(len(x))
        for scale in range(scales):
            luminance, structure = _terms(x, y, there)
            found = luminance * structure if scale == scales - 1 else structure
            mean = (found * there).flatten(1).sum(1) / there.flatten(1).sum(1).clamp(min=1e-6)
            log_similarity = log_similarity + WEIGHTS[scale] / total * _log_positive(mean)
            if scale < scales - 1:
                x, y, there = _halved(x, y, there)
        some = observed.flatten(1).any(1)
        return torch.where(some, log_similarity.exp(), 1.0)


def scales_of(height: int, width: int) -> int:
    """Number of scales for an image of this size, 1 to 5."""
    room = int(math.log2(max(1.0, min(height, width) / SMALLEST)))
    return min(len(WEIGHTS), 1 + room)


def _terms(x: Tensor, y: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """The luminance and the contrast-and-structure term about each cell, (n, channels, height, width)."""
    window = torch.arange(WIDTH, dtype=x.dtype, device=x.device) - WIDTH // 2
    window = torch.exp(-0.5 * (window / SPREAD).square())

    def smooth(t: Tensor) -> Tensor:
        flat = t.flatten(0, 1).unsqueeze(1)
        flat = conv2d(flat, window.view(1, 1, -1, 1), padding=(WIDTH // 2, 0))
        flat = conv2d(flat, window.view(1, 1, 1, -1), padding=(0, WIDTH // 2))
        return flat.reshape(t.shape)

    with torch.autocast(x.device.type, enabled=False):  # variances are small differences of large numbers
        weight = smooth(there).clamp(min=1e-6)
        mean_x, mean_y = smooth(x * there) / weight, smooth(y * there) / weight
        var_x = (smooth(x * x * there) / weight - mean_x.square()).clamp(min=0)
        var_y = (smooth(y * y * there) / weight - mean_y.square()).clamp(min=0)
        both = smooth(x * y * there) / weight - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + K1**2) / (mean_x.square() + mean_y.square() + K1**2)
    return luminance, (2 * both + K2**2) / (var_x + var_y + K2**2)


def _log_positive(t: Tensor) -> Tensor:
    """log t, continued by its tangent below ``FLOOR``."""
    return torch.where(t > FLOOR, t.clamp(min=FLOOR).log(), t.clamp(max=FLOOR) / FLOOR - 1 + math.log(FLOOR))


def _halved(x: Tensor, y: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The next coarser scale: means of the observed cells in blocks of 2 x 2."""
    share = avg_pool2d(there, 2)
    inner = share.clamp(min=1e-6)
    return avg_pool2d(x * there, 2) / inner, avg_pool2d(y * there, 2) / inner, share
