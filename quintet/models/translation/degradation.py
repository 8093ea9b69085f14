"""Synthetic degradation of rows, which gives training pairs for translation."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.models.partial_encoder_corruption import swapped
from quintet.noise import Noise
from quintet.transfers import constants

LINES, LINE_SHARE, FADING, GRAIN, MASKING = 3, 0.6, (0.0, 0.6), 0.04, (0.1, 0.6)
"""Largest number of scratches and the probability of each; range of the contrast loss; standard deviation of the
grain as a share of the cells' range; range of the share of masked cells."""
KINDS = ("auto", "scratches", "masking")


def kind_for(schema: Schema, kind: str) -> str:
    """Resolve "auto": "scratches" for 8-bit images, "masking" for all other rows."""
    scratched = schema.grey_levels > 0 and schema.is_image
    return ("scratches" if scratched else "masking") if kind == "auto" else kind


def degrade(schema: Schema, x: Tensor, noise: Noise, kind: str = "auto") -> Tensor:
    """Degraded copies of rows in the model's units, (batch, *row); a cell never depends on other cells.

    "scratches": reduced contrast, a little grain, and up to three light lines one or two pixels wide (the
    structured and unstructured defects of Wan et al., 2020). "masking": a share of the cells is set to 0; of levels it
    is replaced by any level, since none stands for the middle.
    """
    if kind_for(schema, kind) == "masking":
        rate = _within(noise, x, *MASKING)
        number = noise.uniform(*x.shape)[0].to(x)
        masked = torch.where(number < rate, torch.zeros_like(x), x)
        return swapped(schema.codes, x, (number < rate).to(x), number / rate, masked) if schema.columns else masked
    top = float(schema.levels - 1)
    share, grey = _within(noise, x, *FADING), _within(noise, x, 0.3, 0.7) * top
    worn = x + share * (grey - x) + GRAIN * top * noise.normal(*x.shape)[0].to(x)
    for _ in range(LINES):
        there = (_within(noise, x, 0.0, 1.0) < LINE_SHARE).to(x.dtype)
        ink = _within(noise, x, 0.7, 1.0) * top
        worn = torch.lerp(worn, ink.expand_as(worn), there * scratch(noise, x))
    return worn.round().clamp(0, top)


def scratch(noise: Noise, x: Tensor) -> Tensor:
    """Share of each pixel that one straight scratch covers, (batch, 1, height, width) in 0..1."""
    height, width = x.shape[-2:]
    size = constants([height, width], x.dtype, x.device)
    ends = noise.uniform(len(x), 2, 2)[0].to(x) * size  # (batch, end, axis)
    rows = torch.arange(height, dtype=x.dtype, device=x.device) + 0.5
    columns = torch.arange(width, dtype=x.dtype, device=x.device) + 0.5
    place = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), -1)  # (height, width, axis)
    start, along = ends[:, None, None, 0], (ends[:, 1] - ends[:, 0])[:, None, None]
    reach = ((place - start) * along).sum(-1, keepdim=True) / along.square().sum(-1, keepdim=True).clamp(min=1e-6)
    distance = (place - start - reach.clamp(0, 1) * along).norm(dim=-1)
    half = 0.5 + 0.5 * noise.uniform(len(x), 1, 1)[0].to(x) * max(height, width) / 28
    cover: Tensor = (half + 0.5 - distance).clamp(0, 1)
    return cover[:, None]


def _within(noise: Noise, x: Tensor, low: float, high: float) -> Tensor:
    """A uniform number for each row, (batch, 1, ...)."""
    return low + (high - low) * noise.uniform(len(x), *[1] * (x.ndim - 1))[0].to(x)
