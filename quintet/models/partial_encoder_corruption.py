"""Masked and corrupted copies of training rows for the partial encoder, with a trust weight for each cell."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from quintet.data.full_mask import is_full
from quintet.data.schema import Schema
from quintet.distributions.noise_models.additive import SPREAD_AT_NO_TRUST
from quintet.noise import Noise
from quintet.transfers import constants

SHARE_FULL, SHARE_CELLS, SHARE_BLOCKS = 0.1, 0.3, 0.2
"""Shares of rows left intact, masked cell by cell, and masked in blocks (images only); the others are corrupted."""
REAL_SPAN = 3.0
"""Range ± within which standardised cells lie, about."""
TINY = 1e-9
"""Replaces a rate of 0 in a division."""


def span(schema: Schema) -> tuple[float, float]:
    """Lowest and highest value of a cell in the model's units; of numbers in rows of columns."""
    if schema.is_standardised:
        return -REAL_SPAN, REAL_SPAN
    return 0.0, schema.top


def swapped(codes_of: Sequence[int], x: Tensor, hit: Tensor, level: Tensor, soiled: Tensor) -> Tensor:
    """``soiled`` with every level cell that is hit replaced by a random code, and the others as in x.

    Parameters
    ----------
    codes_of : number of codes of each cell; 0 for numbers.
    hit : (batch, cells), 1 for replaced cells, otherwise 0.
    level : (batch, cells), uniform on 0..1 in the replaced cells.
    """
    codes = constants(codes_of, x.dtype, x.device)
    code = (level * codes).floor().minimum(codes - 1)
    return torch.where(codes > 0, torch.lerp(x, code, hit), soiled)


def spoil(schema: Schema, x: Tensor, observed: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
    """Mask or corrupt each row in one way, drawn at random.

    A row is corrupted in one way only, so all ways share one uniform and one normal number for each cell. Choices are
    weights of 0 and 1 instead of ``torch.where``, which is many times slower on a CPU; a weight of 1 copies exactly.

    Returns
    -------
    x : (batch, *row), corrupted in some rows.
    trust : (batch, *row) in 0..1; 0 where a cell is masked or was never observed.
    """
    batch, row = len(x), x.shape[1:]
    fate = _per_row(noise, x)
    share_blocks = SHARE_BLOCKS if len(row) == 3 else 0.0
    cuts = (SHARE_FULL, SHARE_FULL + SHARE_CELLS, SHARE_FULL + SHARE_CELLS + share_blocks)
    lies = (fate >= cuts[2]).to(x.dtype)
    rate = torch.lerp(_range(noise, x, 0.03, 0.97) * (fate >= cuts[0]), _range(noise, x, 0.0, 0.65), lies)
    number = noise.uniform(batch, *row)[0].to(x.dtype)
    hit = (rate - number).ceil()  # 1 with probability ``rate``, else 0
    trust = 1 - hit
    if share_blocks:
        trust = torch.lerp(trust, blocks(noise, x), (fate >= cuts[1]).to(x.dtype) - lies)
    soiled, belief = _corrupt(schema, x, rate, hit, number / rate.clamp(min=TINY), noise)
    trust = torch.lerp(trust, belief, lies)
    return torch.lerp(x, soiled, lies), trust if is_full(observed) else trust * observed


def _corrupt(
    schema: Schema, x: Tensor, rate: Tensor, hit: Tensor, level: Tensor, noise: Noise
) -> tuple[Tensor, Tensor]:
    """Replace cells (by uniform values, extremes or the lowest value) or shift them, and give each a noisy trust.

    Parameters
    ----------
    rate : (batch, 1, ...), share of replaced cells; for shifted rows the standard deviation as a share of the largest.
    hit : (batch, *row), 1 for replaced cells, otherwise 0.
    level : (batch, *row), uniform on 0..1 in the replaced cells.
    """
    low, high = span(schema)
    kind, normal = _per_row(noise, x), noise.normal(len(x), *x.shape[1:])[0].to(x.dtype)
    shifts = (kind > 0.84).to(x.dtype)
    level = torch.lerp(level, level.round(), ((kind >= 0.6) & (kind < 0.72)).to(x.dtype))
    value = level * ((high - low) * (kind < 0.72).to(x.dtype)) + low
    soiled = torch.lerp(x, value, hit * (1 - shifts))
    soiled = torch.addcmul(soiled, normal, shifts * rate, value=(high - low) * SPREAD_AT_NO_TRUST)
    if schema.columns:
        soiled = swapped(schema.codes, x, hit, level, soiled)
    elif schema.is_token:
        soiled = swapped((schema.levels,) * schema.size, x, hit * (1 - shifts), level, soiled)
    elif not schema.is_standardised:
        soiled = soiled.clamp(low, high)
    if schema.is_whole:
        soiled = soiled.round()
    # how well trust separates intact cells from corrupted ones: from not at all (1 - rate everywhere) to almost surely
    insight = _range(noise, x, -2.0, 5.0).clamp(min=0.0)
    doubt = torch.addcmul(torch.logit((1 - rate).clamp(0.05, 0.99)) + insight, hit, insight, value=-2)
    belief = torch.sigmoid(torch.addcmul(doubt, normal, (0.5 * insight).clamp(max=1.0)))
    return soiled, torch.lerp(belief, 1 - rate, shifts)


def blocks(noise: Noise, x: Tensor) -> Tensor:
    """1 outside a random rectangle and 0 inside, or the reverse; many rectangles reach the border and mask a half."""
    height, width = x.shape[-2:]
    ends = []
    for length in (height, width):
        u = noise.uniform(len(x), 2)[0].to(x.dtype) * 1.6 - 0.3
        start, stop = u.amin(1).clamp(0, 1) * length, u.amax(1).clamp(0, 1) * length
        place = torch.arange(length, device=x.device, dtype=x.dtype) + 0.5
        ends.append(((place >= start[:, None]) & (place <= stop[:, None])).to(x.dtype))
    inside = ends[0][:, None, :, None] * ends[1][:, None, None, :]
    flipped = (_per_row(noise, x) < 0.25).to(x.dtype)
    return torch.lerp(1 - inside, inside, flipped).expand_as(x)


def _per_row(noise: Noise, x: Tensor) -> Tensor:
    """A uniform number for each row, (batch, 1, ...)."""
    return noise.uniform(len(x), *[1] * (x.ndim - 1))[0].to(x.dtype)


def _range(noise: Noise, x: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * _per_row(noise, x)
