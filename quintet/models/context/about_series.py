"""What a context decoder of series knows beside the windows of steps: latents, condition, noise, the calendar."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.sequences.calendar import Calendar
from quintet.models.context.calendar_features import calendar_features
from quintet.networks.step_inputs import NEAR_HINTS, AboutSteps
from quintet.networks.step_windows import StepWindows, taken


@dataclass(frozen=True)
class AboutSeries:
    """What is known of whole series beside their visible cells.

    Parameters
    ----------
    hint : (draws, batch, steps, channels), the mean of the plain decoder given z; zeros without latents.
    weight : (draws, batch), 1 where z is known, else 0.
    condition : (1, batch or 1, features).
    doubt : (draws, batch), 0 where visible cells are exact, up to 1 where they are noise.
    turns : (1, batch or 1, cycles), where the series begin in the cycles of the calendar; NaN: unknown.
    """

    hint: Tensor
    weight: Tensor
    condition: Tensor
    doubt: Tensor
    turns: Tensor

    def at_steps(self, at: Tensor, windows: StepWindows, calendar: Calendar | None) -> AboutSteps:
        """What is known of steps ``at``, (1 or batch, count)."""
        near = torch.arange(NEAR_HINTS, device=at.device) - NEAR_HINTS // 2
        places = (at[..., None] + near).clamp(0, windows.steps - 1)
        hint = taken(self.hint, places if self.hint.shape[1] > 1 else places[:1])
        place = windows.place[at].to(self.hint.dtype)[None]
        draws = max(len(self.weight), len(self.doubt))
        batch = max(self.weight.shape[1], *(t.shape[1] for t in (self.doubt, self.condition, self.turns)), len(at))
        rows = torch.cat([self.condition.expand(draws, batch, -1), self.doubt[..., None].expand(draws, batch, 1)], -1)
        count = at.shape[1]
        parts = [rows[:, :, None].expand(-1, -1, count, -1), place.expand(draws, batch, count, -1)]
        if calendar is not None:
            parts.append(calendar_features(calendar, self.turns, at).expand(draws, batch, count, -1))
        return AboutSteps(hint, self.weight[..., None, None], torch.cat(parts, -1))


def doubt_of(visible: Tensor, dtype: torch.dtype) -> Tensor:
    """How noisy the visible cells of each series are, (draws, batch) from 0 to 1, by their mean visibility.

    Parameters
    ----------
    visible : (draws, batch, cells).
    """
    seen = (visible > 0).to(dtype)
    trust = (visible.to(dtype) * seen).sum(-1) / seen.sum(-1).clamp(min=1.0)
    return torch.where(seen.sum(-1) > 0, (1 - trust).clamp(min=0.0), 0.0).sqrt()
