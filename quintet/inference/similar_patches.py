"""Noisy and missing pixels by Gaussians of similar patches: each small patch of an image resembles others in the image.

The patches that are most similar in an estimate of the image have a mean and a covariance. Given these, the best linear
estimate of a patch x from y = x + n, n normal with the variance of each cell, is its Wiener filter (Lebrun, Buades and
Morel, 2013, "A nonlocal Bayesian image denoising algorithm"; for missing cells Yu, Sapiro and Mallat, 2012). A cell
that is known has next to no variance. A missing one has that of a poor guess, which is the estimate's.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

STEP = 2
"""Pixels between the patches that groups are found for."""
OWN = 4
"""Patches of a group that are estimated where each has variances of its own."""
BLOCK, SHIFT = 32, 24
"""Height and width of the blocks in which similar patches are looked for, and the pixels between blocks."""
FEWEST = 24
"""Fewest patches of a block; in smaller images there is nothing to compare."""
JITTER = 3e-5
"""Share of a group's mean variance that is added to every cell's, so that rounding leaves no negative variance."""
LEVELS = 255.0
"""The cells' range in the units of variances."""
KNOWN, MISSING = 1.0, 1e4
"""Variances of known and of missing cells."""


class Groups(NamedTuple):
    """Height and width of patches, how many form a group, and whether each principal axis of the channels has
    covariances of its own."""

    side: int
    size: int
    apart: bool


NOISY, MASKED = Groups(4, 25, True), Groups(5, 40, True)
"""For noise of one variance, and for variances that all channels of a pixel share."""
TOGETHER, CELLS = 45, 27
"""Size of groups, and cells of a patch about, where channels of a pixel have variances of their own."""


def groups_for(variance: Tensor) -> Groups:
    """How to compare patches of an image with these variances, (channels, height, width)."""
    channels, height, width = variance.shape
    if bool((variance == variance[0, 0, 0]).all()):
        found = NOISY
    elif bool((variance == variance[:1]).all()):
        found = MASKED
    else:
        found = Groups(max(2, round(math.sqrt(CELLS / channels))), TOGETHER, False)
    side = found.side
    while side > 2 and _count(height, width, side) < FEWEST:
        side -= 1
    return found._replace(side=side)


def has_similar_patches(height: int, width: int) -> bool:
    """Whether images of this size have enough patches to compare."""
    return min(height, width) > 2 and _count(height, width, 2) >= FEWEST


def refined(x: Tensor, estimate: Tensor, variance: Tensor) -> Tensor:
    """The estimate of one image after one round, (channels, height, width) as all of them.

    Parameters
    ----------
    x : its noisy cells, and the estimate where they are missing.
    estimate : of the clean image.
    variance : of the noise of each cell, ``KNOWN`` to ``MISSING``, where the cells' range is ``LEVELS``.
    """
    _, height, width = x.shape
    total, count = torch.zeros_like(x), x.new_zeros(height, width)
    for top in _starts(height):
        for left in _starts(width):
            part = (..., slice(top, top + BLOCK), slice(left, left + BLOCK))
            found, times = _block(x[part], estimate[part], variance[part])
            total[part] += found
            count[part] += times
    return total / count


def _starts(length: int) -> list[int]:
    """Where blocks begin along an axis; the last one ends at its end."""
    return [0] if length <= BLOCK else [*range(0, length - BLOCK, SHIFT), length - BLOCK]


def _block(x: Tensor, estimate: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of the estimates of all patches of a block, (channels, height, width), and how many cover each pixel."""
    groups = groups_for(variance)
    axes = _channel_axes(estimate) if groups.apart else None
    found, count = _filtered(_along(x, axes), _along(estimate, axes), variance, groups)
    return _along(found, None if axes is None else axes.T), count


def _channel_axes(estimate: Tensor) -> Tensor:
    """Principal axes of the channels of an image, (channels, channels), orthonormal rows."""
    cells = estimate.flatten(1).double()
    cells = cells - cells.mean(1, keepdim=True)
    axes: Tensor = torch.linalg.eigh(cells @ cells.T).eigenvectors
    return axes.T.to(estimate)


def _along(image: Tensor, axes: Tensor | None) -> Tensor:
    if axes is None:
        return image
    rotated: Tensor = axes @ image.flatten(1)
    return rotated.reshape(image.shape)


def _filtered(x: Tensor, estimate: Tensor, variance: Tensor, groups: Groups) -> tuple[Tensor, Tensor]:
    """``_block`` in the channels that are compared."""
    _, height, width = x.shape
    every = _patches(estimate, groups)
    group = _most_similar(every.transpose(0, 1).flatten(1), _asked(height, width, groups.side), groups.size)
    mean = every[:, group].mean(2, keepdim=True)
    apart = every[:, group] - mean
    covariance = apart.mT @ apart / (group.shape[1] - 1)
    level = JITTER * covariance.diagonal(dim1=-2, dim2=-1).mean(-1, keepdim=True)
    steady = covariance + torch.diag_embed(level.expand_as(mean[..., 0, :]))
    if bool((variance == variance[0, 0, 0]).all()):
        noise = torch.diag_embed(variance[0, 0, 0].expand(covariance.shape[-1]))
        weights = torch.cholesky_solve(covariance, torch.linalg.cholesky(steady + noise))
        clean = mean + (_patches(x, groups)[:, group] - mean) @ weights
    else:
        group = group[:, :OWN]
        noise = torch.diag_embed(_patches(variance, groups)[:, group])
        factor = torch.linalg.cholesky(steady[:, :, None] + noise)
        off = torch.cholesky_solve((_patches(x, groups)[:, group] - mean).unsqueeze(-1), factor).squeeze(-1)
        clean = mean + off @ covariance
    return _laid(clean.flatten(1, 2), group.flatten(), x.shape, groups.side)


def _patches(image: Tensor, groups: Groups) -> Tensor:
    """All patches of (channels, height, width), row by row, (channels, patches, side²) or, channels together,
    (1, patches, channels · side²)."""
    side = groups.side
    found = image.unfold(1, side, 1).unfold(2, side, 1).flatten(3).flatten(1, 2)
    return found if groups.apart else found.transpose(0, 1).flatten(1)[None]


def _count(height: int, width: int, side: int) -> int:
    return (height - side + 1) * (width - side + 1)


def _asked(height: int, width: int, side: int) -> Tensor:
    """The patches that groups are found for: every other one along both axes, and the last."""
    down, along = (torch.tensor(sorted({*range(0, n - side + 1, STEP), n - side})) for n in (height, width))
    return (down[:, None] * (width - side + 1) + along).flatten()


def _most_similar(patches: Tensor, asked: Tensor, size: int) -> Tensor:
    """The patches most similar to each asked one, itself the first, (asked, at most ``size``) of indices."""
    asked = asked.to(patches.device)
    distance = patches.square().sum(1) - 2 * patches[asked] @ patches.T
    distance[torch.arange(len(asked), device=asked.device), asked] = -torch.inf
    return distance.topk(min(size, len(patches)), 1, largest=False).indices


def _laid(clean: Tensor, where: Tensor, shape: torch.Size, side: int) -> tuple[Tensor, Tensor]:
    """Sum of patches in place, (channels, height, width), and how many cover each pixel, (height, width)."""
    channels, height, width = shape
    along = width - side + 1
    offset = torch.arange(side, device=where.device)
    corner = where // along * width + where % along
    place = (corner[:, None, None] + offset[:, None] * width + offset).flatten()
    cells = clean if len(clean) == channels else clean[0].reshape(len(where), channels, -1).transpose(0, 1)
    total = clean.new_zeros(channels, height * width).index_add_(1, place, cells.flatten(1))
    count = clean.new_zeros(height * width).index_add_(0, place, torch.ones_like(place, dtype=clean.dtype))
    return total.reshape(shape), count.reshape(height, width)
