"""Training copies for the guide: rows with cells masked or corrupted, and the trust that each cell would be given."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.distributions.noise_models.additive import SPREAD_AT_NO_TRUST
from quintet.noise import Noise

SHARE_FULL, SHARE_CELLS, SHARE_BLOCKS = 0.1, 0.3, 0.2
"""Shares of rows left whole, masked at random, masked in blocks (images only); the rest is corrupted."""
REAL_SPAN = 3.0
"""Standardised cells lie within about ±3."""


def span(schema: Schema) -> tuple[float, float]:
    """Lowest and highest value of a cell in the model's units."""
    if schema.kind == "real":
        return -REAL_SPAN, REAL_SPAN
    return 0.0, schema.top


def spoil(schema: Schema, x: Tensor, observed: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
    """Spoil each row in one way, drawn at random.

    Returns
    -------
    x : (batch, *row), corrupted in some rows.
    trust : (batch, *row) in 0..1; 0 where a cell is masked or was never observed.
    """
    batch, row = len(x), x.shape[1:]
    fate = _per_row(noise, x)
    share_blocks = SHARE_BLOCKS if len(row) == 3 else 0.0
    cuts = (SHARE_FULL, SHARE_FULL + SHARE_CELLS, SHARE_FULL + SHARE_CELLS + share_blocks)
    trust = torch.where(fate < cuts[0], 1.0, (noise.uniform(batch, *row)[0] > _range(noise, x, 0.03, 0.97)).to(x.dtype))
    if share_blocks:
        trust = torch.where((fate >= cuts[1]) & (fate < cuts[2]), blocks(noise, x), trust)
    soiled, belief = _corrupt(schema, x, noise)
    lies = fate >= cuts[2]
    trust = torch.where(lies, belief, trust) * observed
    return torch.where(lies, soiled, x), trust


def _corrupt(schema: Schema, x: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
    """Cells replaced (by uniform values, extremes or the lowest value) or shifted, and a noisy belief in each."""
    low, high = span(schema)
    batch, row = len(x), x.shape[1:]
    rate, kind = _range(noise, x, 0.0, 0.65), _per_row(noise, x)
    touched = noise.uniform(batch, *row)[0] < rate
    value = noise.uniform(batch, *row)[0]
    value = torch.where(kind < 0.6, value, torch.where(kind < 0.72, value.round(), 0.0)) * (high - low) + low
    normal = noise.normal(batch, *row)[0]
    shifts = kind > 0.84
    soiled = torch.where(shifts, x + normal * (high - low) * SPREAD_AT_NO_TRUST * rate, torch.where(touched, value, x))
    if schema.kind != "real":
        soiled = soiled.clamp(low, high)
    if schema.is_whole:
        soiled = soiled.round()
    # how well the untouched are told apart: not at all (every cell gets 1 - rate) up to almost surely
    insight = _range(noise, x, -2.0, 5.0).clamp(min=0.0)
    doubt = torch.logit((1 - rate).clamp(0.05, 0.99)) + insight * torch.where(touched, -1.0, 1.0).to(x.dtype)
    belief = torch.sigmoid(doubt + noise.normal(batch, *row)[0] * (0.5 * insight).clamp(max=1.0))
    return soiled, torch.where(shifts, (1 - rate).expand_as(belief), belief)


def blocks(noise: Noise, x: Tensor) -> Tensor:
    """1 outside a rectangle, 0 inside, or the reverse; rectangles reach the border often, so halves are among them."""
    height, width = x.shape[-2:]
    ends = []
    for length in (height, width):
        u = noise.uniform(len(x), 2)[0] * 1.6 - 0.3
        start, stop = u.amin(1).clamp(0, 1) * length, u.amax(1).clamp(0, 1) * length
        place = torch.arange(length, device=x.device, dtype=x.dtype) + 0.5
        ends.append((place >= start[:, None]) & (place <= stop[:, None]))
    inside = ends[0][:, None, :, None] & ends[1][:, None, None, :]
    flipped = _per_row(noise, x) < 0.25
    return (inside == flipped).to(x.dtype).expand_as(x)


def _per_row(noise: Noise, x: Tensor) -> Tensor:
    """A uniform number for each row, (batch, 1, ...)."""
    return noise.uniform(len(x), *[1] * (x.ndim - 1))[0]


def _range(noise: Noise, x: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * _per_row(noise, x)
