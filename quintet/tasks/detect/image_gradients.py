"""Where an image gets brighter in which direction: what two images of a kind share though their pixels differ."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

DIRECTIONS, FIELDS = 8, 7
"""Directions of a slope, and fields along the shorter side over which slopes are averaged."""


def slopes(images: Tensor) -> Tensor:
    """Mean slope in each of 8 directions, over overlapping fields, (n, channels, height, width) -> (n, numbers).

    Histograms of oriented gradients (Dalal and Triggs, 2005) without their normalisation. A stroke a pixel further is
    far in pixels and near here. The fields are about a seventh of the shorter side wide, and overlap by half.
    """
    padded = functional.pad(images, (1, 1, 1, 1))
    across = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    angles = [2 * math.pi * i / DIRECTIONS for i in range(DIRECTIONS)]
    along = [(across * math.cos(a) + down * math.sin(a)).clamp_(min=0).mean(1) for a in angles]
    step = max(1, round(min(images.shape[2:]) / FIELDS))
    fields = functional.avg_pool2d(torch.stack(along, 1), 2 * step - 1, stride=step, padding=step - 1)
    return fields.flatten(1)
