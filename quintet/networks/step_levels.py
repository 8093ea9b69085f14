"""The level and the scale of a series at a step, from the visible cells around it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.networks.step_windows import StepWindow, taken
from quintet.numerics.tracing import is_traced

DECAY = 0.94
"""Weight of a difference, relative to that of the pair of steps one step nearer."""
USUAL = 0.5
"""Weight of the usual difference of training, in differences of the window."""
LEAST_SCALE = 0.05
"""Least scale, in usual differences."""


@dataclass(frozen=True)
class Level:
    """What predictions of cells are relative to, each (draws, batch, count, channels).

    Parameters
    ----------
    base : a level through the nearest visible cells.
    scale : mean absolute difference of neighbouring visible cells.
    before, after : steps to the nearest visible cell on each side; those of a side without one are ``far``.
    """

    base: Tensor
    scale: Tensor
    before: Tensor
    after: Tensor

    @property
    def bridge(self) -> Tensor:
        """Log of the standard deviation of a random walk between its nearest known steps, in that of one such step."""
        return 0.5 * (2 * self.before * self.after / (self.before + self.after)).log()


def scale_of(window: StepWindow, sides: int, usual: Tensor) -> Tensor:
    """Weighted mean absolute difference of neighbouring visible cells of each side, (draws, batch, count, channels).

    Parameters
    ----------
    window : nearest first, the sides in turn.
    usual : (channels,), the mean absolute difference in training.
    """
    count = window.x.shape[3] // sides
    total, weight = USUAL * usual.to(window.x.dtype), window.x.new_tensor(USUAL)
    decay = window.x.new_tensor([DECAY**k for k in range(count - 1)])[:, None]
    for side in range(sides):
        x, seen = (t[..., side::sides, :] for t in (window.x, window.visible))
        pair = (seen[..., 1:, :] > 0).to(x.dtype) * (seen[..., :-1, :] > 0).to(x.dtype) * decay
        total = total + ((x[..., 1:, :] - x[..., :-1, :]).abs() * pair).sum(-2)
        weight = weight + pair.sum(-2)
    return torch.maximum(total / weight, LEAST_SCALE * usual.to(window.x.dtype))


def nearest_before(x: Tensor, visible: Tensor, at: Tensor, far: int) -> tuple[Tensor, Tensor]:
    """The last visible cell before steps ``at``, and how many steps it lies before; 0 and ``far`` where there is none.

    Parameters
    ----------
    x, visible : (draws, batch, steps, channels).
    at : (1 or batch, count).
    """
    steps = torch.arange(x.shape[2], device=x.device)
    rank = torch.where(visible > 0, steps[:, None] + 1, 0)  # 0: none
    latest = torch.cat([torch.zeros_like(rank[:, :, :1]), _largest_so_far(rank)[:, :, :-1]], 2)
    found = taken(latest, at)
    value = x.expand(*found.shape[:2], *x.shape[2:]).gather(2, (found - 1).clamp(min=0))
    distance = torch.where(found > 0, at[None, :, :, None] + 1 - found, far)
    return torch.where(found > 0, value, 0.0), distance.clamp(max=far).to(x.dtype)


def _largest_so_far(rank: Tensor) -> Tensor:
    """The largest of each entry and those before it along axis 2, of numbers of at least 0."""
    if not is_traced():
        return rank.cummax(2).values
    steps = int(rank.shape[2])  # no ONNX operator has cumulative maxima
    earlier = torch.ones(steps, steps, dtype=torch.bool, device=rank.device).tril()[:, :, None]
    return torch.where(earlier, rank.unsqueeze(2), 0).amax(3)


def nearest_after(x: Tensor, visible: Tensor, at: Tensor, far: int) -> tuple[Tensor, Tensor]:
    """The first visible cell after steps ``at``, as ``nearest_before`` finds the last one before."""
    return nearest_before(x.flip(2), visible.flip(2), x.shape[2] - 1 - at, far)


def between(before: tuple[Tensor, Tensor], after: tuple[Tensor, Tensor], far: int) -> Tensor:
    """The line through the nearest visible cells of both sides; one of them where the other has none; else 0."""
    (left, to_left), (right, to_right) = before, after
    has_left, has_right = to_left < far, to_right < far
    share = to_left / (to_left + to_right)
    line = left + (right - left) * share
    return torch.where(has_left & has_right, line, torch.where(has_left, left, torch.where(has_right, right, 0.0)))


def nearest_in_window(window: StepWindow) -> tuple[Tensor, Tensor]:
    """The nearest visible cell of a window of earlier steps, and its distance; 0 and one more than the window has
    where there is none."""
    offsets = window.x.shape[3]
    rank = torch.arange(offsets, 0, -1, device=window.x.device, dtype=window.x.dtype)[:, None]
    nearness = torch.where(window.visible > 0, rank, 0.0)
    best = nearness.amax(3)
    place = (offsets - best).clamp(0, offsets - 1).to(torch.int64)
    value = window.x.gather(3, place.unsqueeze(3)).squeeze(3)
    return torch.where(best > 0, value, 0.0), offsets + 1 - best
