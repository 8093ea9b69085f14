"""p(cell | the visible cells of its window, features of z) of the cells of a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from quintet.distributions import DiscretizedLogisticMixture
from quintet.distributions.discretized_logistic import MIN_LOG_SCALE
from quintet.networks.residual import ResidualBlock

NEAR_PIXELS = 9
"""Pixels of another image that are read, at a pixel and around it."""
COMPONENTS = 8
"""Logistics of each cell's mixture."""
NEAR = -1.5
"""Slope of the log weight of a neighbour in its distance, at first."""
MOST_LOG_SCALE = 12.0
SPREAD_OF_CENTRES = 0.8
"""Half the range of the centres at first, in sixteenths of the levels."""


@dataclass(frozen=True)
class Window:
    """The neighbours of some pixels: values in levels and visibility 0..1, (..., channels, pixels, neighbours)."""

    x: Tensor
    visible: Tensor


class WindowNetwork(nn.Module):
    """A residual network over the visible cells of a window, relative to their weighted mean.

    Values relative to a mean of the neighbours, instead of values, let one network serve dark and bright regions. A
    pixel's channels are predicted from the window's features and the visible other channels of the pixel.

    Parameters
    ----------
    channels, neighbours, levels : of the cells.
    about : number of further features of a pixel, beside those of another image.
    width, blocks : of the network over the window.
    hidden : width of a channel's own layer.
    """

    middle: Tensor

    def __init__(
        self, channels: int, distance: Tensor, levels: int, about: int, width: int, blocks: int, hidden: int
    ) -> None:
        super().__init__()
        self.channels, self.levels, self.unit = channels, levels, max(levels / 16, 0.5)
        neighbours = len(distance)
        self.nearness = nn.Parameter(NEAR * distance.clone())
        self.inner = nn.Linear(2 * channels * neighbours + channels + NEAR_PIXELS * channels + about, width)
        residual = [ResidualBlock(width) for _ in range(blocks)]
        self.blocks = nn.Sequential(*residual, nn.LayerNorm(width))
        self.outer = nn.Linear(width, channels * hidden)
        others = [nn.Linear(2 * channels, hidden, bias=False) for _ in range(channels)]
        heads = [nn.Linear(hidden, 3 * COMPONENTS) for _ in range(channels)]
        self.others, self.heads = nn.ModuleList(others), nn.ModuleList(heads)
        self.register_buffer("middle", torch.full((channels,), (levels - 1) / 2, dtype=torch.float32))
        centres = torch.linspace(-SPREAD_OF_CENTRES, SPREAD_OF_CENTRES, COMPONENTS, dtype=torch.float32)
        with torch.no_grad():
            for head in heads:
                head.weight.mul_(0.3)
                head.bias.copy_(torch.cat([0 * centres, centres, torch.full_like(centres, math.log(self.unit))]))
            for block in residual:
                block.outer.weight.zero_()

    def base(self, window: Window) -> Tensor:
        """The mean of the visible neighbours by their nearness, (..., channels, pixels); of channels without one that
        of the others, or of training."""
        weight = torch.exp(self.nearness) * window.visible
        total = weight.sum(-1)
        own = (weight * window.x).sum(-1) / total.clamp(min=1e-6)
        seen = (total > 1e-6).to(own.dtype)
        middle = self.middle.to(own.dtype)[:, None]
        shift = ((own - middle) * seen).sum(-2, keepdim=True) / seen.sum(-2, keepdim=True).clamp(min=1.0)
        return torch.where(total > 1e-6, own, middle + shift)

    def features(self, window: Window, base: Tensor, hint: Tensor, weight: Tensor, about: Tensor) -> Tensor:
        """Features of windows, (..., pixels, width).

        Parameters
        ----------
        base : (..., channels, pixels).
        hint : (..., channels, pixels, NEAR_PIXELS), the same pixels of an image that is known.
        weight : (...), 0 where there is no such image, else 1.
        about : (..., pixels, about).
        """
        hinted = squashed((hint - base.unsqueeze(-1)) / self.unit) * weight[..., None, None, None]
        away = squashed((window.x - base.unsqueeze(-1)) / self.unit) * window.visible
        level = (base - self.middle.to(base.dtype)[:, None]) / (4 * self.unit)
        cells = [part.movedim(-3, -2).flatten(-2) for part in (away, window.visible, hinted)]
        found: Tensor = self.outer(self.blocks(self.inner(torch.cat([*cells, level.movedim(-2, -1), about], -1))))
        return found

    def distribution(
        self, channel: int, features: Tensor, base: Tensor, own: Tensor, visible: Tensor
    ) -> DiscretizedLogisticMixture:
        """Distribution of one channel of some pixels, (..., pixels).

        Parameters
        ----------
        features : (..., pixels, channels * hidden).
        base, own, visible : (..., channels, pixels); of the pixel itself, whose own channel is not read.
        """
        hidden = features.shape[-1] // self.channels
        mine = features[..., channel * hidden : (channel + 1) * hidden]
        other = (torch.arange(self.channels, device=own.device) != channel).to(own.dtype)[:, None]
        seen = visible * other
        away = squashed((own - base) / self.unit) * seen
        given = self.others[channel](torch.cat([away, seen], -2).movedim(-2, -1).to(mine.dtype))
        raw = self.heads[channel](silu(mine + given))
        raw = raw if raw.dtype == torch.float64 else raw.float()
        logits, centre, log_scale = raw.unflatten(-1, (3, COMPONENTS)).movedim((-2, -1), (0, 1)).unbind(0)
        return DiscretizedLogisticMixture(
            logits,
            base[..., channel, :] + self.unit * centre,
            log_scale.clamp(MIN_LOG_SCALE, MOST_LOG_SCALE),
            self.levels,
        )


def squashed(x: Tensor) -> Tensor:
    """sign(x) 2 (√(1 + |x|) - 1): about x near 0, a root of it far away; with the same bits on every machine."""
    return 2 * x / (1 + torch.sqrt(1 + x.abs()))
