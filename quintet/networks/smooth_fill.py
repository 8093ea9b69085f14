"""Hidden cells of images as the smoothest surface through the visible ones."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from quintet.transfers import constants

TENSION = 0.3
"""Weight of the squared slopes beside the squared curvatures."""
STEPS = 10
"""Steps of conjugate gradients on each level."""
LEVELS, SMALLEST = 3, 4
"""Levels coarser than the image, each of half its sides, and the shortest side of one that has a coarser one."""
EXACT = 1e3
"""Weight of the distance to a cell that is seen exactly."""


@torch.no_grad()
def smooth_fill(x: Tensor, visible: Tensor) -> Tensor:
    """The planes u that minimise Σ (Δu)² + TENSION · |∇u|² + EXACT · visible · (u - x)², about (batch, *row).

    A thin plate under tension (Franke, "Thin plate splines with tension", 1985) through the visible cells; each channel
    by itself. Preconditioned conjugate gradients begin at the solution of an image of half the sides, and so on; the
    surface is near the minimum, and the same for a row whatever the batch.

    Parameters
    ----------
    x, visible : (batch, channels, height, width); visible from 0 to 1.
    """
    weight = EXACT * visible
    levels = [(torch.where(visible > 0, weight * x, 0.0), weight)]
    while len(levels) <= LEVELS and min(levels[-1][0].shape[-2:]) >= SMALLEST:
        levels.append((avg_pool2d(levels[-1][0], 2, ceil_mode=True), avg_pool2d(levels[-1][1], 2, ceil_mode=True)))
    summed, total = levels[-1]
    mean = summed.sum((-1, -2), keepdim=True) / total.sum((-1, -2), keepdim=True).clamp(min=1e-9)
    found = mean.expand_as(summed)
    for number, (summed, total) in reversed(list(enumerate(levels))):
        if found.shape != summed.shape:
            found = interpolate(found, size=summed.shape[-2:], mode="bilinear", align_corners=False)
        found = _descended(found, summed / total.clamp(min=1e-9), total, TENSION * 4**number)
    return found


def _descended(start: Tensor, x: Tensor, weight: Tensor, tension: float) -> Tensor:
    """``STEPS`` of conjugate gradients from a start, preconditioned by the diagonal."""
    neighbours = _laplacian_diagonal(x)
    inverse = 1 / (neighbours * neighbours + neighbours + tension * neighbours + weight).clamp(min=1e-6)

    def energy(u: Tensor) -> Tensor:
        rough = laplacian(u)
        return laplacian(rough + tension * u) + weight * u

    found, residual = start, weight * x - energy(start)
    direction = scaled = residual * inverse
    size = _inner(residual, scaled)
    for _ in range(STEPS):
        image = energy(direction)
        step = size / _inner(direction, image).clamp(min=1e-20)
        found, residual = found + step * direction, residual - step * image
        scaled = residual * inverse
        size, before = _inner(residual, scaled), size
        direction = scaled + size / before.clamp(min=1e-20) * direction
    return found


def laplacian(u: Tensor) -> Tensor:
    """Of each cell, the number of neighbours inside the plane times the cell, less their sum."""
    kernel = constants([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], u.dtype, u.device)
    planes = pad(u.reshape(-1, 1, *u.shape[-2:]), (1, 1, 1, 1), mode="replicate")
    return conv2d(planes, kernel[None, None]).reshape(u.shape)


def _laplacian_diagonal(like: Tensor) -> Tensor:
    """Number of each cell's neighbours inside the plane, (height, width)."""
    inside = pad(torch.ones(1, 1, *like.shape[-2:], dtype=like.dtype, device=like.device), (1, 1, 1, 1))
    kernel = constants([[0, 1, 0], [1, 0, 1], [0, 1, 0]], like.dtype, like.device)
    return conv2d(inside, kernel[None, None])[0, 0]


def _inner(a: Tensor, b: Tensor) -> Tensor:
    """Inner products of planes, (batch, channels, 1, 1)."""
    return (a * b).sum((-1, -2), keepdim=True)
