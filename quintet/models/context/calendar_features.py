"""Features of the place of steps in the cycles of the calendar."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.sequences.calendar import Calendar, Cycle

WAVES = {"day": 4, "year": 2}
"""Sines and cosines of a cycle, by the number of periods in it; a week is seven weekdays."""
WEEKDAYS = 7


def feature_count(calendar: Calendar | None) -> int:
    """The number of features of a step."""
    return 0 if calendar is None else sum(2 * WAVES.get(cycle.name, 0) or WEEKDAYS for cycle in calendar.cycles)


def calendar_features(calendar: Calendar, turns: Tensor, at: Tensor) -> Tensor:
    """Features of steps ``at`` of rows, (1, batch, count, features); 0 where the calendar is unknown.

    Parameters
    ----------
    turns : (1, batch or 1, cycles), where the rows begin, from 0 up to 1; NaN: unknown.
    at : (1 or batch, count), steps.
    """
    parts = [_of_cycle(cycle, turns[..., j, None], at[None]) for j, cycle in enumerate(calendar.cycles)]
    return torch.cat(parts, -1).nan_to_num(0.0)


def _of_cycle(cycle: Cycle, start: Tensor, at: Tensor) -> Tensor:
    """Features of one cycle; start (1, batch or 1, 1), at (1, 1 or batch, count)."""
    turn = start + at / cycle.steps
    if cycle.name == "week":
        # half a step later, or rounding would move midnight
        day = torch.remainder(torch.floor((turn + 0.5 / cycle.steps) * WEEKDAYS), WEEKDAYS)
        found = (day[..., None] == torch.arange(WEEKDAYS, dtype=day.dtype, device=day.device)).to(turn.dtype)
        return torch.where(torch.isnan(turn)[..., None], torch.nan, found)
    wave = torch.arange(1, WAVES[cycle.name] + 1, dtype=turn.dtype, device=turn.device)
    angle = 2 * torch.pi * torch.remainder(turn, 1.0)[..., None] * wave
    return torch.cat([angle.cos(), angle.sin()], -1)
