"""p(cell | the visible cells of its window, features of z) of the cells of a grid."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from quintet.distributions import DiscretizedLogisticMixture
from quintet.distributions.discretized_logistic import MIN_LOG_SCALE
from quintet.networks.local_fit import LearntFit, LocalFit
from quintet.networks.neighbourhood import Neighbourhood
from quintet.networks.residual import ResidualBlock

NEAR_PIXELS = 9
"""Pixels of another image that are read, at a pixel and around it."""
COMPONENTS = 8
"""Logistics of each cell's mixture."""
MOST_LOG_SCALE = 12.0
SPREAD_OF_CENTRES = 0.8
"""Half the range of the centres at first, in sixteenths of the levels."""


@dataclass(frozen=True)
class Window:
    """The neighbours of some pixels: values in levels and visibility 0..1, (..., channels, pixels, neighbours)."""

    x: Tensor
    visible: Tensor


@dataclass(frozen=True)
class Hint:
    """Pixels of another image at and around some pixels, (..., channels, pixels, NEAR_PIXELS), and a weight of the same
    number of axes, 0 where there is no such image, else 1."""

    x: Tensor
    weight: Tensor


class WindowNetwork(nn.Module):
    """A residual network over the visible cells of a window, relative to a surface through them.

    Values relative to a base of the neighbours, instead of values, let one network serve dark and bright regions. A
    pixel's channels are predicted from the window's features and the visible other channels of the pixel.

    Parameters
    ----------
    channels, levels : of the cells.
    neighbours : of the window.
    boxes : number of boxes beyond the window; 0: cells that are visible from the start are not read.
    about : number of further features of a pixel, beside those of another image.
    width, blocks : of the network over the window.
    hidden : width of a channel's own layer.
    """

    middle: Tensor

    def __init__(
        self,
        channels: int,
        levels: int,
        neighbours: Neighbourhood,
        boxes: int,
        about: int,
        width: int,
        blocks: int,
        hidden: int,
    ) -> None:
        super().__init__()
        self.channels, self.levels, self.unit = channels, levels, max(levels / 16, 0.5)
        self.fit = LocalFit(neighbours.offsets) if boxes else LearntFit(neighbours.offsets)
        # what each channel (second) says of one that has no neighbours (first)
        among = torch.ones(channels, channels, dtype=torch.float32)
        self.among: Tensor = nn.Parameter(among) if boxes else nn.Buffer(among, persistent=False)
        self.inner = nn.Linear(2 * channels * len(neighbours) + channels, width)
        self.about = nn.Linear(about, width, bias=False)
        self.hinted = nn.Linear(NEAR_PIXELS * channels, width, bias=False)
        self.filled = nn.Linear(NEAR_PIXELS * channels, width, bias=False) if boxes else None
        self.beyond = nn.Linear((channels + 1) * boxes, width, bias=False) if boxes else None
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

    def like(self, stored: Collection[str], neighbours: Neighbourhood) -> None:
        """Adopt the parts of a stored network, given the names of its weights, before they are loaded: the first
        networks have no weights in their base."""
        if isinstance(self.fit, LearntFit) and "fit.weight" not in stored:
            self.fit = LocalFit(neighbours.offsets)
        if isinstance(self.among, nn.Parameter) and "among" not in stored:
            del self.among
            self.among = nn.Buffer(torch.ones_like(self.middle).repeat(self.channels, 1), persistent=False)

    @torch.no_grad()
    def start_from(self, x: Tensor, observed: Tensor) -> None:
        """Set what channels say of each other to the slopes of their regression on one another, over the pixels of
        images (batch, channels, height, width) that have all channels."""
        there = (observed > 0).all(1, keepdim=True)
        away = torch.where(there, x - self.middle.to(x)[:, None, None], 0.0).movedim(1, 0).flatten(1).double()
        products = away @ away.T
        self.among.copy_(products / products.diagonal().clamp(min=1e-6))

    def base(self, window: Window) -> Tensor:
        """The surface through the visible neighbours, (..., channels, pixels): their mean by nearness, and a fit to
        what is left; of channels without a neighbour what the others say, or the mean of training."""
        weight = self.fit.kernel.to(window.x.dtype) * window.visible
        total = weight.sum(-1)
        own = (weight * window.x).sum(-1) / total.clamp(min=1e-6)
        seen = (total > 1e-6).to(own.dtype)
        middle = self.middle.to(own.dtype)[:, None]
        shift = self.among.to(own.dtype) @ ((own - middle) * seen) / seen.sum(-2, keepdim=True).clamp(min=1.0)
        mean = torch.where(total > 1e-6, own, middle + shift)
        fitted: Tensor = mean + self.fit(window.x - mean.unsqueeze(-1), window.visible)
        return fitted.clamp(0, self.levels - 1)

    def features(
        self,
        window: Window,
        base: Tensor,
        about: Tensor,
        hint: Hint | None = None,
        fill: Hint | None = None,
        boxes: Window | None = None,
    ) -> Tensor:
        """Features of windows, (..., pixels, width).

        Parameters
        ----------
        base : (..., channels, pixels).
        about : (..., pixels, about).
        boxes : means of the boxes beyond the window and the visible share of each, (..., channels, pixels, boxes);
            None: of what lies there nothing is visible.
        """

        def away(x: Tensor) -> Tensor:
            return squashed((x - base.unsqueeze(-1)) / self.unit)

        def flat(x: Tensor) -> Tensor:
            return x.movedim(-3, -2).flatten(-2)

        level = (base - self.middle.to(base.dtype)[:, None]) / (4 * self.unit)
        cells = flat(away(window.x) * window.visible), flat(window.visible)
        inner = self.inner(torch.cat([*cells, level.movedim(-2, -1)], -1)) + self.about(about)
        if hint is not None:
            inner = inner + self.hinted(flat(away(hint.x) * hint.weight))
        if self.filled is not None and fill is not None:
            inner = inner + self.filled(flat(away(fill.x) * fill.weight))
        if self.beyond is not None and boxes is not None:
            seen = flat(away(boxes.x) * (boxes.visible > 0))
            inner = inner + self.beyond(torch.cat([seen, boxes.visible.mean(-3)], -1))
        found: Tensor = self.outer(self.blocks(inner))
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
