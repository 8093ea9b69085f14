"""The steps around each step of a series, gathered as windows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

PERIODS = 8
"""Most periods on each side from which values are read."""
NEAREST = 2
"""Visible values that are read of those on each side."""
BESIDE = (-1, 0, 1)
"""Steps read at each whole number of periods."""
FURTHER = 5
"""Visible values at whole periods that are read beyond those."""
HARMONICS = 3
"""Sines and cosines of a step's place in the row."""


@dataclass(frozen=True)
class SeriesCells:
    """Cells of series, (draws or 1, batch, steps, channels), and which of them a step sees, of 0 and 1.

    Parameters
    ----------
    earlier, later : the cells that are visible to the steps after and before them; both are the same but where a chain
        has drawn what lies before a step.
    """

    x: Tensor
    earlier: Tensor
    later: Tensor


@dataclass(frozen=True)
class StepWindow:
    """Cells at some offsets from some steps: values and visibility, (draws, batch, count, offsets, channels)."""

    x: Tensor
    visible: Tensor

    def and_others(self, other: StepWindow) -> StepWindow:
        """The cells of both."""
        return StepWindow(torch.cat([self.x, other.x], 3), torch.cat([self.visible, other.visible], 3))


class StepWindows(nn.Module):
    """Windows of the steps before each step, or on both sides of it, nearest first, and at whole periods from it.

    Parameters
    ----------
    steps : of a row.
    radius : steps on each side.
    both : whether later steps are read; otherwise earlier ones alone.
    """

    offsets: Tensor
    period: Tensor
    place: Tensor

    def __init__(self, steps: int, radius: int, both: bool) -> None:
        super().__init__()
        self.steps, self.radius, self.both = steps, radius, both
        self.sides = (-1, 1) if both else (-1,)
        self.further = FURTHER if both else 0
        near = [side * distance for distance in range(1, radius + 1) for side in self.sides]
        self.register_buffer("offsets", torch.tensor(near), persistent=False)
        self.register_buffer("period", torch.zeros((), dtype=torch.int64))
        at = (torch.arange(steps, dtype=torch.float32) + 0.5) / steps
        angle = torch.pi * at[:, None] * torch.arange(1, HARMONICS + 1, dtype=torch.float32)
        place = torch.cat([2 * at[:, None] - 1, angle.cos(), angle.sin()], -1)
        self.register_buffer("place", place, persistent=False)

    @property
    def cells(self) -> int:
        """Number of cells of a channel that a step reads."""
        return len(self.offsets) + self.at_whole_periods

    @property
    def at_whole_periods(self) -> int:
        """Number of cells of a channel at whole periods that a step reads."""
        return len(self.sides) * (len(BESIDE) * NEAREST + self.further) + 1

    def around(self, cells: SeriesCells, at: Tensor) -> StepWindow:
        """Windows around steps ``at``, (1 or batch, count)."""
        return gathered(cells, at, self.offsets)

    def at_periods(self, cells: SeriesCells, at: Tensor) -> StepWindow:
        """The nearest visible cells at whole periods from steps, and the mean of all of them; none are visible where
        training found no period."""
        times = torch.arange(1, PERIODS + 1, device=at.device)
        known, parts = (self.period > 1).to(cells.x.dtype), []
        total, count = 0 * cells.x[:, :, :1], 0 * cells.earlier[:, :, :1]
        for side in self.sides:
            for beside in BESIDE:
                found = gathered(cells, at, side * times * self.period + beside)
                seen = found.visible * known
                parts += nearest_of(StepWindow(found.x, seen), NEAREST if beside else NEAREST + self.further)
                if not beside:
                    total, count = total + (found.x * seen).sum(3), count + seen.sum(3)
        mean = total / torch.where(count > 0, count, 1.0), (count > 0).to(total.dtype)
        parts.append(mean)
        return StepWindow(torch.stack([x for x, _ in parts], 3), torch.stack([seen for _, seen in parts], 3))


def gathered(cells: SeriesCells, at: Tensor, offsets: Tensor) -> StepWindow:
    """Cells at offsets (offsets,) from steps ``at``, (1 or batch, count); those beyond the ends are hidden."""
    places = at[..., None] + offsets
    inside = ((places >= 0) & (places < cells.x.shape[2]))[..., None]
    places = places.clamp(0, cells.x.shape[2] - 1)
    x, earlier, later = (taken(t, places) for t in (cells.x, cells.earlier, cells.later))
    visible = torch.where((offsets < 0)[:, None], earlier, later)
    return StepWindow(x, visible * inside.to(visible.dtype))


def taken(x: Tensor, places: Tensor) -> Tensor:
    """Steps of series (draws, batch, steps, channels) at ``places``, (1 or batch, *), (draws, batch, *, channels)."""
    if len(places) == 1:
        return x[:, :, places[0]]
    flat = places.flatten(1)[None, :, :, None].expand(x.shape[0], -1, -1, x.shape[3])
    return x.gather(2, flat).reshape(*x.shape[:2], *places.shape[1:], x.shape[3])


def nearest_of(window: StepWindow, count: int) -> list[tuple[Tensor, Tensor]]:
    """The first ``count`` visible cells of a window, and which there are, (draws, batch, count, channels) each."""
    offsets, found = window.x.shape[3], []
    rank = torch.arange(offsets, 0, -1, device=window.x.device, dtype=window.x.dtype)[:, None]
    left = torch.where(window.visible > 0, rank, 0.0)
    for _ in range(count):
        best = left.amax(3, keepdim=True)
        there = best > 0
        place = (offsets - best).clamp(0, offsets - 1).to(torch.int64)
        value = torch.where(there, window.x.gather(3, place), 0.0)
        found.append((value.squeeze(3), there.to(value.dtype).squeeze(3)))
        left = torch.where(left == best, 0.0, left)
    return found
