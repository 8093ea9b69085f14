"""p(cell | the visible cells around its step, features of z) of the cells of a series of numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.networks.across_channels import AcrossChannels
from quintet.networks.fixed_residual import FixedLayers
from quintet.networks.residual import ResidualBlock
from quintet.networks.step_inputs import FARTHEST, NEAR_HINTS, AboutSteps, SeenSteps
from quintet.networks.step_levels import (
    Level,
    between,
    nearest_after,
    nearest_before,
    nearest_in_window,
    scale_of,
)
from quintet.networks.step_windows import SeriesCells, StepWindows
from quintet.networks.window_network import squashed

COMPONENTS = 6
"""Normals of each cell's mixture."""
NARROWEST, WIDEST = -7.0, 7.0
"""Limits of the log of a normal's standard deviation, in scales."""
GROWTH = 0.7
"""How fast the spread grows with the distance from known cells at first, 1 as that of a random walk."""
ACROSS = -3.0
"""Logit of the weight of a prediction from the other channels at first."""
HEIGHTS = 5
"""Features of a channel beside its cells: height, scale, nearness of cells on each side, whether there are any."""


class StepNetwork(nn.Module):
    """A residual network over the visible cells of a window, relative to a level and in units of a scale.

    Levels and scales are those of the window, so one network serves all heights and amplitudes. A linear prediction
    from the window, which starts at least squares, is added to the level; spreads grow with the distance from known
    cells, as those of a random walk do, to a power that is learnt.

    Parameters
    ----------
    channels : of a step.
    windows : of the steps.
    others : number of further features of a step.
    width, blocks : of the network.
    hidden : width of a channel's own layer.
    """

    usual: Tensor
    finest: Tensor

    def __init__(self, channels: int, windows: StepWindows, others: int, width: int, blocks: int, hidden: int) -> None:
        super().__init__()
        self.channels, self.windows, self.hidden = channels, windows, hidden
        cells, outputs = channels * windows.cells, 3 * COMPONENTS + 2
        self.inner = nn.Linear(2 * cells + HEIGHTS * channels, width)
        self.about = nn.Linear(others + NEAR_HINTS * channels + 1, width, bias=False)
        residual = [ResidualBlock(width) for _ in range(blocks)]
        self.blocks = nn.Sequential(*residual, nn.LayerNorm(width))
        self.outer = nn.Linear(width, channels * hidden)
        self.beside = nn.Parameter(torch.randn(channels, 2 * channels, hidden, dtype=torch.float32) / (2 * channels))
        self.head = nn.Parameter(0.3 * torch.randn(channels, hidden, outputs, dtype=torch.float32) / math.sqrt(hidden))
        spread = torch.linspace(math.log(0.2), math.log(3.0), COMPONENTS, dtype=torch.float32)
        bias = torch.cat([0 * spread, 0 * spread, spread, spread.new_tensor([1.0, ACROSS])])
        self.bias = nn.Parameter(bias.repeat(channels, 1))
        self.linear = nn.Parameter(torch.zeros(channels, cells + 2 * channels, dtype=torch.float32))
        self.across = AcrossChannels(channels)
        self.growth = nn.Parameter(torch.full((channels,), GROWTH, dtype=torch.float32))
        self.register_buffer("usual", torch.ones(channels, dtype=torch.float32))
        self.register_buffer("finest", torch.zeros(channels, dtype=torch.float32))
        self.fixed: FixedLayers | None = None
        with torch.no_grad():
            for block in residual:
                block.outer.weight.zero_()

    def in_fixed_point(self) -> None:
        """From now on evaluate the hidden layers in fixed point, with the same bits on every machine."""
        self.fixed = FixedLayers(self.inner, self.about, self.blocks, self.outer)

    def seen(self, cells: SeriesCells, at: Tensor) -> SeenSteps:
        """What is visible around steps ``at``, (1 or batch, count)."""
        window, far = self.windows.around(cells, at), self.windows.steps
        scale = scale_of(window, len(self.windows.sides), self.usual)
        if self.windows.both:
            left = nearest_before(cells.x, cells.earlier, at, far)
            right = nearest_after(cells.x, cells.later, at, far)
            level = Level(between(left, right, far), scale, left[1], right[1])
        else:
            base, before = nearest_in_window(window)
            level = Level(base, scale, before, torch.full_like(before, far))
        whole = window.and_others(self.windows.at_periods(cells, at))
        away = (whole.x - level.base.unsqueeze(3)) / level.scale.unsqueeze(3)
        return SeenSteps(level, (away * whole.visible).flatten(3), whole.visible.flatten(3))

    def features(self, seen: SeenSteps, about: AboutSteps) -> Tensor:
        """Features of steps, (draws, batch, count, channels * hidden)."""
        level, far = seen.level, self.windows.steps
        heights = squashed(level.base), squashed(level.scale / self.usual.to(level.scale.dtype))
        ends = _nearness(level.before, far), _nearness(level.after, far)
        known = (torch.minimum(level.before, level.after) < far).to(level.base.dtype)
        inner = torch.cat([squashed(seen.away), seen.visible, *heights, *ends, known], -1)
        hint = squashed((about.hint - level.base.unsqueeze(3)) / level.scale.unsqueeze(3)) * about.weight.unsqueeze(-1)
        draws, batch, count = (max(a, b) for a, b in zip(hint.shape[:3], about.others.shape[:3], strict=True))
        more = (
            hint.flatten(3).expand(draws, batch, count, -1),
            about.weight.expand(draws, batch, count, 1),
            about.others.expand(draws, batch, count, -1),
        )
        others = torch.cat(more, -1).to(inner.dtype)
        if self.fixed is not None:
            return self.fixed(inner.expand(*others.shape[:3], -1), others)
        found: Tensor = self.outer(self.blocks(self.inner(inner) + self.about(others)))
        return found

    def distribution(
        self, features: Tensor, seen: SeenSteps, own: Tensor, visible: Tensor, first: int, last: int
    ) -> ElementwiseMixture:
        """Distribution of the channels ``first`` up to ``last`` of some steps, (draws, batch, count, last - first).

        Parameters
        ----------
        own : (draws, batch, count, channels), the cells of the steps themselves.
        visible : (draws, batch, count, last - first or 1, channels) of 0 and 1, which channels (last) the prediction of
            each channel, or of all, reads. Its own is not read.
        """
        level, part = seen.level, slice(first, last)
        others = 1 - torch.eye(self.channels, dtype=own.dtype, device=own.device)
        there = (visible * others[part]).expand(*level.base.shape[:3], last - first, self.channels)
        beside = ((own - level.base) / level.scale).unsqueeze(-2) * there
        hidden = features.reshape(*features.shape[:-1], self.channels, self.hidden)[..., part, :]
        given = torch.cat([squashed(beside), there], -1).to(hidden.dtype)
        raw = by_channel(silu(hidden + by_channel(given, self.beside[part])), self.head[part]) + self.bias[part]
        raw = raw if raw.dtype == torch.float64 else raw.float()
        shape = (*raw.shape[:-1], 3, COMPONENTS)
        logits, centre, log_scale = raw[..., :-2].reshape(shape).movedim((-2, -1), (0, 1)).unbind(0)
        scale, base = level.scale[..., part], level.base[..., part]
        linear = self.linear[part].to(raw.dtype)
        inputs = seen.linear_inputs
        cells = inputs.shape[-1]
        predicted = inputs.to(raw.dtype) @ linear[:, :cells].T + (beside * linear[:, cells:]).sum(-1)
        bridge = level.bridge[..., part].to(raw.dtype)
        across, spread = self.across(own, there, part)
        across = ((across - base) / scale).clamp(-FARTHEST, FARTHEST)
        share = there.sum(-1) / max(1, self.channels - 1)
        by_others = torch.sigmoid(raw[..., -1] + self.across.turn[part].to(raw.dtype) * bridge) * share
        within = predicted * torch.sigmoid(raw[..., -2])
        wider = (1 - by_others) * bridge * self.growth[part].to(raw.dtype) + by_others * (spread / scale).log()
        width = (log_scale + wider).clamp(NARROWEST, WIDEST).exp() * scale
        return ElementwiseMixture(
            torch.log_softmax(logits, 0),
            base + scale * (within + by_others * (across - within) + centre),
            torch.maximum(width, self.finest[part].to(width.dtype)),
        )


def by_channel(x: Tensor, weight: Tensor) -> Tensor:
    """(..., channels, inputs), a matrix of each channel (channels, inputs, outputs) -> (..., channels, outputs)."""
    flat = x.movedim(-2, 0).reshape(len(weight), -1, x.shape[-1])
    return torch.bmm(flat, weight.to(x.dtype)).reshape(len(weight), *x.shape[:-2], -1).movedim(0, -2)


def _nearness(distance: Tensor, far: int) -> Tensor:
    """A feature of the distance of the nearest visible cell, from near 1 to 0 where there is none."""
    return torch.where(distance < far, 1 / (1 + torch.sqrt(distance)), 0.0)
