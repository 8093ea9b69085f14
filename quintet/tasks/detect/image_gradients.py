"""Histograms of oriented gradients: features that images of one class share although their pixels differ."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

DIRECTIONS, FIELDS = 8, 7
"""Gradient directions, and averaging fields along the shorter side."""


def slopes(images: Tensor) -> Tensor:
    """Mean gradient in each of 8 directions over overlapping fields, (n, channels, height, width) -> (n, features).

    Histograms of oriented gradients (Dalal and Triggs, 2005) without their normalisation. A stroke shifted by
    a pixel is far in pixel space and near here. Fields are about 1/7 of the shorter side wide and overlap by half.
    """
    padded = functional.pad(images, (1, 1, 1, 1))
    across = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    angles = [2 * math.pi * i / DIRECTIONS for i in range(DIRECTIONS)]
    along = [(across * math.cos(a) + down * math.sin(a)).clamp_(min=0).mean(1) for a in angles]
    step = max(1, round(min(int(side) for side in images.shape[2:]) / FIELDS))
    fields = functional.avg_pool2d(torch.stack(along, 1), 2 * step - 1, stride=step, padding=step - 1)
    return fields.flatten(1)
