"""Small encoder, which is cheap enough for several passes in each training step."""

from __future__ import annotations

import math

from torch import nn


def light_encoder(in_shape: tuple[int, ...], width: int = 32) -> nn.Module:
    """Strided convolutions for images, two layers for tables: (batch, *in_shape) -> (batch, 4 width).

    Parameters
    ----------
    width : channels after the first convolution; later ones have up to four times as many.
    """
    if len(in_shape) == 1:
        return nn.Sequential(nn.Linear(in_shape[0], 4 * width), nn.SiLU(), nn.Linear(4 * width, 4 * width), nn.SiLU())
    (planes, *size), channels, layers = in_shape, width, list[nn.Module]()
    while not layers or max(size) > 4:
        kernel = 5 if not layers else 3
        layers += [nn.Conv2d(planes, channels, kernel, stride=2, padding=kernel // 2), nn.SiLU()]
        size = [math.ceil(side / 2) for side in size]
        planes, channels = channels, min(2 * channels, 4 * width)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(planes * math.prod(size), 4 * width), nn.SiLU())
