"""Distributions of numbers at the resolution that their columns are written with.

Of a column with a number of significant digits, such as 1.5e-07, a frequent value has an interval as narrow as floats
allow: beside it every rarer value, which is as legal, would look like a wrong digit of the frequent one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.distributions.binned import Binned, Intervals
from quintet.distributions.joint import Joint, Part


def resolved(schema: Schema, p: Joint) -> Joint:
    """The joint with intervals of numbers at least as wide as the last significant digit of their column."""
    return Joint(tuple(_resolved(schema, part) for part in p.parts))


def _resolved(schema: Schema, part: Part) -> Part:
    if not isinstance(part.distribution, Binned):
        return part
    supports: list[Any] = [schema.modelled[cell].support for cell in part.cells.tolist()]
    digits = torch.tensor([support.significant or 0 for support in supports])
    if not digits.any():
        return part
    loc, scale = (torch.tensor(t, dtype=torch.float64)[part.cells.cpu()] for t in (schema.loc, schema.scale))
    own = part.distribution.intervals
    low, high = _widened(own, *(t[:, None].to(own.low.device) for t in (loc, scale, digits)))
    wide = Intervals(low, high, own.centre, own.scale)
    return Part(part.cells, replace(part.distribution, intervals=wide))


def _widened(own: Intervals, loc: Tensor, scale: Tensor, digits: Tensor) -> tuple[Tensor, Tensor]:
    """Ends (cells, intervals) of intervals; those of length 0 are none, and stay."""
    low, high = own.low, own.high
    middle = (low.double() + high.double()) / 2
    number = (middle * scale + loc).abs()
    unit = 10.0 ** (number.clamp(min=1e-300).log10().floor() + 1 - digits)
    half = torch.where((digits > 0) & (high > low) & (number > 0), unit / scale / 2, 0.0)
    return torch.minimum(low, (middle - half).to(low)), torch.maximum(high, (middle + half).to(high))
