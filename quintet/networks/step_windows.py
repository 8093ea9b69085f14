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
        return len(self.offsets) + len(self.sides) * len(BESIDE) * NEAREST + 1

    def around(self, cells: SeriesCells, at: Tensor) -> StepWindow:
        """Windows around steps ``at``, (1 or batch, count)."""
        return gathered(cells, at, self.offsets)

    def at_periods(self, cells: SeriesCells, at: Tensor) -> StepWindow:
        """The nearest visible cells at whole periods from steps, and the mean of all of them; none are visible where
        training found no period."""
        times = torch.arange(1, PERIODS + 1, device=at.device)
        ways = [(side, beside) for side in self.sides for beside in BESIDE]
        offsets = torch.stack([side * times * self.period + beside for side, beside in ways], 1)
        whole = gathered(cells, at, offsets.flatten())
        shape = (*whole.x.shape[:3], PERIODS, len(ways), whole.x.shape[-1])
        x = whole.x.reshape(shape)
        visible = whole.visible.reshape(shape) * (self.period > 1).to(x.dtype)
        values, there = nearest_of(x, visible, NEAREST)
        total, count = 0 * cells.x[:, :, :1], 0 * cells.earlier[:, :, :1]
        for place, (_, beside) in enumerate(ways):
            if not beside:
                seen = visible[..., place, :]
                total, count = total + (x[..., place, :] * seen).sum(3), count + seen.sum(3)
        mean, known = total / torch.where(count > 0, count, 1.0), (count > 0).to(total.dtype)
        return StepWindow(
            torch.cat([values.flatten(3, 4), mean.unsqueeze(3)], 3),
            torch.cat([there.flatten(3, 4), known.unsqueeze(3)], 3),
        )


def gathered(cells: SeriesCells, at: Tensor, offsets: Tensor) -> StepWindow:
    """Cells at offsets (offsets,) from steps ``at``, (1 or batch, count); those beyond the ends are hidden."""
    places = at[..., None] + offsets
    inside = ((places >= 0) & (places < cells.x.shape[2]))[..., None]
    places = places.clamp(0, cells.x.shape[2] - 1)
    x, earlier = taken(cells.x, places), taken(cells.earlier, places)
    later = earlier if cells.later is cells.earlier else taken(cells.later, places)
    visible = torch.where((offsets < 0)[:, None], earlier, later)
    return StepWindow(x, visible * inside.to(visible.dtype))


def taken(x: Tensor, places: Tensor) -> Tensor:
    """Steps of series (draws, batch, steps, channels) at ``places``, (1 or batch, *), (draws, batch, *, channels)."""
    if len(places) == 1:
        return x[:, :, places[0]]
    draws, batch, steps, channels = x.shape
    rows = torch.arange(batch, device=x.device)[:, None] * steps + places.flatten(1)  # whole steps, channels together
    found = x.reshape(draws, batch * steps, channels).index_select(1, rows.flatten())
    return found.reshape(draws, batch, *places.shape[1:], channels)


def nearest_of(x: Tensor, visible: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The first ``count`` visible cells of several windows, and which there are, (draws, batch, steps, windows, count,
    channels) each.

    Parameters
    ----------
    x, visible : (draws, batch, steps, offsets, windows, channels), nearest first; visible of 0 and 1.
    """
    before = torch.zeros_like(x[..., 0, :, :])
    values, found = [before] * count, [before] * count
    for own, seen in zip(x.unbind(3), visible.unbind(3), strict=True):
        for number in range(count):
            chosen = seen * (before == number).to(x.dtype)
            values[number] = values[number] + own * chosen
            found[number] = found[number] + chosen
        before = before + seen
    return torch.stack(values, 4), torch.stack(found, 4)
