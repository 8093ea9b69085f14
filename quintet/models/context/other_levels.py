"""Training series at other levels and amplitudes than those of the rows.

A sensor drifts, a market grows: the next weeks lie higher or lower than all that a model was trained on, or swing
wider, and move otherwise as before. A context decoder of series therefore sees half of its training rows, drawn anew in
each step, at another level and amplitude; from the others it learns the usual ones. What z says of a row stays that of
the row as it was: where its neighbours contradict it, the decoder learns to believe them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.noise import Noise

SHARE = 0.5
"""Share of the rows that are moved."""
LEVEL, SCALE = 1.0, 0.3
"""Standard deviations of the change of the level, in those of a channel, and of the log of the amplitude."""
ABOUT_ZERO = 0.1
"""Least distance from 0 of the mean of a channel whose level may change, in standard deviations: sound and returns
swing about 0 for good."""


def drifting(schema: Schema) -> Tensor:
    """1 for each cell whose level may change, else 0, (cells,)."""
    mean, spread = (torch.tensor(part, dtype=torch.float32) for part in (schema.loc, schema.scale))
    return (mean.abs() > ABOUT_ZERO * spread).float()


def at_other_levels(x: Tensor, drifts: Tensor, noise: Noise) -> Tensor:
    """Rows of standardised cells (batch, cells), half of them at another level, where it ``drifts``, and amplitude.

    All channels of a row get the same change, in units of their standard deviations.
    """
    moved = (noise.uniform(len(x), 1)[0] < SHARE).to(x.dtype)
    level, scale = (moved * noise.normal(len(x), 2)[0].to(x.dtype)).unsqueeze(-1).unbind(1)
    return x * (SCALE * scale).exp() + LEVEL * level * drifts.to(x.dtype)
