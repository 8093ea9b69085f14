"""The value of a pixel by its visible neighbours: a quadratic surface through any of them, or learnt weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

RIDGE = (0.0, 0.1, 0.1, 0.4, 0.4, 0.4)
"""Penalty of each coefficient: level, slopes, curvatures; what the neighbours do not say stays near 0."""
LEAST = 1e-4
"""Penalty of the level, by which a window without visible cells has a solution."""


def nearness(offsets: Tensor) -> Tensor:
    """The weight of each neighbour, (neighbours,): one over the fourth power of its distance."""
    return 1 / offsets.float().square().sum(1) ** 2


class LearntFit(nn.Module):
    """A weighted sum of the visible neighbours, for windows of which the same ones are always visible.

    Parameters
    ----------
    offsets : (neighbours, 2), rows and columns from the pixel.
    """

    kernel: Tensor

    def __init__(self, offsets: Tensor) -> None:
        super().__init__()
        self.register_buffer("kernel", nearness(offsets), persistent=False)
        self.weight = nn.Parameter(torch.zeros(len(offsets), dtype=torch.float32))

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        """The level, (...), of neighbours' values and visibilities, (..., neighbours)."""
        return (visible * x) @ self.weight.to(x.dtype)


class LocalFit(nn.Module):
    """Weighted least squares of second order, at the pixel in the middle (Takeda, Farsiu and Milanfar, "Kernel
    regression for image processing and reconstruction", 2007).

    A weight is the visibility times the nearness. The equations are solved by elimination in sums,
    products and quotients of numbers, so that exact arithmetic has the same bits on every machine.

    Parameters
    ----------
    offsets : (neighbours, 2), rows and columns from the pixel.
    """

    kernel: Tensor
    moments: Tensor
    surfaces: Tensor

    def __init__(self, offsets: Tensor) -> None:
        super().__init__()
        down, right = offsets.float().unbind(1)
        powers = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)][::-1]  # the level last: elimination ends with it
        surfaces = torch.stack([down**a * right**b for a, b in powers], 1)
        pairs = [(i, j) for i in range(len(powers)) for j in range(i + 1)]
        products = torch.stack([surfaces[:, i] * surfaces[:, j] for i, j in pairs], 1)
        self.pairs = {pair: number for number, pair in enumerate(pairs)}
        self.register_buffer("kernel", nearness(offsets), persistent=False)
        self.register_buffer("moments", products * self.kernel[:, None], persistent=False)
        self.register_buffer("surfaces", surfaces * self.kernel[:, None], persistent=False)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        """The fitted level, (...), of neighbours' values and visibilities, (..., neighbours)."""
        moments = (visible @ self.moments.to(x.dtype)).unbind(-1)
        right = list(((visible * x) @ self.surfaces.to(x.dtype)).unbind(-1))
        left = {pair: moments[number] for pair, number in self.pairs.items()}
        last = len(right) - 1
        for i, penalty in enumerate(RIDGE[::-1]):
            left[i, i] = left[i, i] + (penalty or LEAST)
        for k in range(last):
            inverse = 1 / left[k, k]
            for i in range(k + 1, last + 1):
                factor = left[i, k] * inverse
                right[i] = right[i] - factor * right[k]
                for j in range(k + 1, i + 1):
                    left[i, j] = left[i, j] - factor * left[j, k]
        return right[last] / left[last, last]
