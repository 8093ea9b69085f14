"""Random visible cells of the series that train a context decoder of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from quintet.models.context.drawn_kind import drawn_kind
from quintet.noise import Noise

Kind = Literal["order", "steps", "cells", "gap", "future", "channels", "all"]
IN_ORDER = {True: 0.6, False: 0.35}
"""Share of the steps of training in which the earlier cells are visible, with and without latents: files know them,
hidden cells do without."""
OTHERS: dict[Kind, float] = {"steps": 0.15, "cells": 0.1, "gap": 0.25, "future": 0.25, "channels": 0.1, "all": 0.15}
"""Shares of the other steps: scattered steps or cells are visible, what lies outside of a gap, the past alone, some
channels or all but some channels of a stretch, or all other cells."""
NOISY: dict[Kind, float] = {
    "order": 0.0,
    "steps": 0.0,
    "cells": 0.2,
    "gap": 0.0,
    "future": 0.0,
    "channels": 0.0,
    "all": 0.6,
}
"""Share of the series of each kind that are seen through noise."""
DRAWN: dict[Kind, float] = {
    "order": 1.0,
    "steps": 0.2,
    "cells": 0.0,
    "gap": 0.35,
    "future": 0.35,
    "channels": 0.2,
    "all": 0.0,
}
"""Share of the series of each kind in which a chain has drawn the cells before."""


@dataclass(frozen=True)
class VisibleSets:
    """What is visible of some series, and the steps that are predicted from it.

    Parameters
    ----------
    at : (batch, count), steps.
    start : (batch, steps, channels) of 0 and 1, cells that are visible from the start.
    drawn : (batch,) of bool, where a cell sees those before it in time order, too.
    doubt : (batch,), 0 where cells are exact, up to 1 where normal noise lies on them.
    """

    at: Tensor
    start: Tensor
    drawn: Tensor
    doubt: Tensor


def random_kind(noise: Noise, with_latents: bool) -> Kind:
    """What is visible of the series of a training step."""
    if noise.chance() < IN_ORDER[with_latents]:
        return "order"
    return drawn_kind(noise, OTHERS)


def random_visible(kind: Kind, like: Tensor, count: int, noise: Noise) -> VisibleSets:
    """Random visible cells of series.

    Parameters
    ----------
    like : (batch, steps, channels), for the shape and the dtype.
    count : of steps of each series that are predicted.
    """
    batch, steps, channels = like.shape
    share, drawn, noisy, level = noise.uniform(batch, 4)[0].to(like.dtype).unbind(1)
    place = noise.uniform(batch, count)[0].to(like.dtype)
    low, high = torch.zeros_like(share), torch.full_like(share, steps)
    start = torch.zeros_like(like) if kind == "order" else torch.ones_like(like)
    if kind in ("steps", "cells"):
        planes = noise.uniform(batch, steps, 1 if kind == "steps" else channels)[0].to(like.dtype)
        start = (planes < share[:, None, None]).to(like.dtype).expand_as(like)
    elif kind in ("gap", "channels"):
        low, high = _stretch(share, steps, noise)
        start = _outside(low, high, like)
        if kind == "channels":
            start = torch.maximum(start, _some_channels(batch, channels, noise).to(like.dtype)[:, None])
    elif kind == "future":
        low = _beginning(share, steps)
        start = _outside(low, high, like)
    at = (low[:, None] + place * (high - low)[:, None]).floor().clamp(max=steps - 1).long()
    by_chain = drawn < DRAWN[kind]
    doubt = torch.where((noisy < NOISY[kind]) & ~by_chain, level.square(), 0.0)
    return VisibleSets(at, start, by_chain, doubt)


def _stretch(share: Tensor, steps: int, noise: Noise) -> tuple[Tensor, Tensor]:
    """First and last step + 1 of a stretch of each row: short ones are as frequent as long ones, on a log scale."""
    longest = torch.full((), float(steps), dtype=share.dtype, device=share.device)
    length = torch.exp(share * longest.log()).floor().clamp(1, steps)
    at = noise.uniform(len(share))[0].to(share.dtype)
    low = (at * (steps - length + 1)).floor()
    return low, low + length


def _beginning(share: Tensor, steps: int) -> Tensor:
    """The first step of the future of each row: at least one step, on a log scale for half of the rows."""
    longest = torch.full((), float(steps), dtype=share.dtype, device=share.device)
    short = torch.exp(2 * share * longest.log()).floor()
    length = torch.where(share < 0.5, short, ((2 * share - 1) * steps).floor()).clamp(1, steps)
    return steps - length


def _outside(low: Tensor, high: Tensor, like: Tensor) -> Tensor:
    """1 outside of the stretch of each row, 0 inside, (batch, steps, channels)."""
    step = torch.arange(like.shape[1], device=like.device)
    inside = (step >= low[:, None]) & (step < high[:, None])
    return (~inside).to(like.dtype)[:, :, None].expand_as(like)


def _some_channels(batch: int, channels: int, noise: Noise) -> Tensor:
    """Channels that stay visible, (batch, channels) of bool: not all of several."""
    rank = noise.uniform(batch, channels)[0].argsort(1).argsort(1)
    hidden = 1 + (noise.uniform(batch, 1)[0] * max(0, channels - 1)).floor()
    return rank >= hidden
